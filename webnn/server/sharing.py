"""Passing a run on: its address as a QR code, and the page as an installable application."""

from __future__ import annotations

import io

import segno
from aiohttp import web

from webnn.server.api import json_answer, show_any_run
from webnn.server.keys import ASSETS, CONFIG, PAGES


def public_address(request: web.Request) -> str:
    """The address of this application as the browser sees it, without a slash at its end."""
    config = request.app[CONFIG]
    base = request.app[PAGES].base(request)
    scheme = config.public_url.partition("://")[0] if config.public_url is not None else request.scheme
    return f"{scheme}://{request.host}{base}"


async def show_qr(request: web.Request) -> web.Response:
    """The join page's address as an SVG, black on white whatever the page's colours: cameras want it so."""
    task = show_any_run(request)
    address = f"{public_address(request)}/join/{task.info.id}"
    out = io.BytesIO()
    segno.make(address[:1000], error="m", micro=False).save(
        out, kind="svg", border=3, dark="#111", light="#fff", xmldecl=False, svgns=True, omitsize=True
    )
    return web.Response(body=out.getvalue(), content_type="image/svg+xml", headers={"Cache-Control": "no-cache"})


async def show_manifest(request: web.Request) -> web.Response:
    """A web application manifest: pages can be put on a phone's home screen. Nothing here works offline."""
    base = request.app[PAGES].base(request)
    icons = request.app[ASSETS].urls(base)
    manifest = {
        "name": "WebNN",
        "short_name": "WebNN",
        "description": "Lend your device to a neural network",
        "id": f"{base}/",
        "start_url": f"{base}/",
        "scope": f"{base}/",
        "display": "standalone",
        "background_color": "#faf9f7",
        "theme_color": "#0b7267",
        "icons": [
            {"src": icons[name], "sizes": sizes, "type": kind, "purpose": "any maskable"}
            for name, sizes, kind in (
                ("icon-192.png", "192x192", "image/png"),
                ("icon-512.png", "512x512", "image/png"),
                ("icon.svg", "any", "image/svg+xml"),
            )
            if name in icons
        ],
    }
    answer = json_answer(manifest)
    answer.content_type = "application/manifest+json"
    return answer
