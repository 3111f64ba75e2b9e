"""The pages' addresses."""

from __future__ import annotations

from aiohttp import web

from webnn.server.api import find_run
from webnn.server.keys import PAGES, RUNS


async def home_page(request: web.Request) -> web.Response:
    """All runs; each with a way to join and to watch."""
    return request.app[PAGES].render(request, "home.html", runs=[task.status() for task in request.app[RUNS]])


async def join_page(request: web.Request) -> web.Response:
    """Where a volunteer lends a device."""
    return request.app[PAGES].render(request, "join.html", run=find_run(request).status())


async def watch_page(request: web.Request) -> web.Response:
    """Where anyone follows a run."""
    return request.app[PAGES].render(request, "watch.html", run=find_run(request).status())
