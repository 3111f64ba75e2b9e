"""A run inside other people's pages: the frame, and the script that puts it there."""

from __future__ import annotations

import asyncio

from aiohttp import web

from webnn.server.api import find_run
from webnn.server.downloads import send_bytes_of_asset
from webnn.server.headers import policy
from webnn.server.keys import ASSETS, CONFIG, PAGES
from webnn.server.views import asking, facts

_ANYWHERE = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
"""The script is the same for all and says nothing of anybody: any page may load it."""


async def embed_page(request: web.Request) -> web.Response:
    """The join page made small, for a frame. Only pages of the owner's choice may show it."""
    task = find_run(request)
    answer = request.app[PAGES].render(request, "embed.html", run=task.status(), **asking(request), **facts(task))
    answer.headers["Content-Security-Policy"] = policy(" ".join(("'self'", *request.app[CONFIG].embed_origins)))
    return answer


async def embed_script(request: web.Request) -> web.StreamResponse:
    """The custom element `<webnn-volunteer>`, at an address that stays."""
    asset = await asyncio.to_thread(request.app[ASSETS].get, "embed.js")
    return await send_bytes_of_asset(request, asset, list(_ANYWHERE.items()))


async def client_script(request: web.Request) -> web.StreamResponse:
    """The client package for pages of this server's own origin, at an address that stays."""
    asset = await asyncio.to_thread(request.app[ASSETS].get, "client.js")
    return await send_bytes_of_asset(request, asset)
