"""The pages' shells: templates filled with what the first view needs."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from webnn.core.errors import ERRORS
from webnn.server.assets import Assets
from webnn.server.config import ServerConfig


class Pages:
    """Renders templates; everything that goes into one is escaped."""

    def __init__(self, templates: Path, assets: Assets, config: ServerConfig) -> None:
        self._assets = assets
        self._config = config
        loader = FileSystemLoader(templates)
        self._environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)

    def render(self, request: web.Request, template: str, http_status: int = 200, **context: object) -> web.Response:
        """Answer with a template; it knows `base`, `build` and `assets` (addresses by name) besides `context`."""
        base = self.base(request)
        known = {"base": base, "build": self._assets.build or "", "assets": self._assets.urls(base), "run": None}
        html = self._environment.get_template(template).render(known | context)
        headers = {"Cache-Control": "no-cache"}
        return web.Response(text=html, status=http_status, content_type="text/html", headers=headers)

    def error(self, request: web.Request, code: str, message: str, status: int) -> web.Response:
        """Answer with the page for an error, in words."""
        title = ERRORS[code].sentence
        return self.render(request, "error.html", status, code=code, message=message, title=title, status=status)

    def base(self, request: web.Request) -> str:
        """The path before this application's addresses, as the browser sees it, without a slash at its end.

        That is where the application is mounted, unless the request came through the public address, whose proxy may
        strip a path.
        """
        public = urlsplit(self._config.public_url) if self._config.public_url is not None else None
        if public is not None and public.netloc == request.host:
            return public.path.rstrip("/")
        return mounted_at(request)


def mounted_at(request: web.Request) -> str:
    """The path under which the application that handles `request` is mounted."""
    return request.app.router["home"].url_for().path.rstrip("/")
