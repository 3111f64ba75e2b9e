"""The aiohttp application: JSON API, volunteers' sockets, pages, the owner's control, limits and metrics."""
