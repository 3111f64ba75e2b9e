"""`GET /metrics` for Prometheus, with a token of its own, and how late the event loop is."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
from collections import deque
from collections.abc import AsyncIterator

from aiohttp import web

from webnn.core.errors import WebNNError
from webnn.server.auth import require_owner
from webnn.server.exposition import CONTENT_TYPE, expose
from webnn.server.keys import CONFIG, RUNS
from webnn.server.secrets import keep_secret
from webnn.server.tokens import Scope

METRICS_TOKEN_FILE = "metrics-token"
"""Beside the owner's token: a secret that reads `/metrics` and nothing else."""

METRICS_TOKEN = web.AppKey("metrics_token", str)

_EVERY_SECONDS = 0.5
_KEPT = 120


class Lag:
    """How late a short sleep ends, over the last minute."""

    def __init__(self) -> None:
        self._seen: deque[float] = deque(maxlen=_KEPT)

    @property
    def seconds(self) -> float | None:
        """The longest in the last minute; None before the first."""
        return max(self._seen, default=None)

    async def watch(self) -> None:
        """Look, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            wanted = loop.time() + _EVERY_SECONDS
            await asyncio.sleep(_EVERY_SECONDS)
            self._seen.append(max(0.0, loop.time() - wanted))


LAG = web.AppKey("lag", Lag)


def add_monitoring(app: web.Application) -> None:
    """Add `/metrics` to the application."""
    app[LAG] = Lag()
    app[METRICS_TOKEN] = keep_secret(app[CONFIG].runs_dir / METRICS_TOKEN_FILE)
    app.router.add_get("/metrics", show_metrics)
    app.cleanup_ctx.append(_watch_lag)


async def show_metrics(request: web.Request) -> web.Response:
    """Answer Prometheus; raises `WebNNError` `unauthorized` or `forbidden`."""
    check_reader(request)
    runs = request.app[RUNS]
    text = expose(runs, request.app[LAG].seconds)
    return web.Response(body=text.encode(), headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"})


def check_reader(request: web.Request) -> None:
    """Let in who has the token of metrics, or the owner's."""
    given = request.headers.get("Authorization", "").partition(" ")[2].strip()
    if hmac.compare_digest(given.encode(), request.app[METRICS_TOKEN].encode()):
        return
    try:
        require_owner(request, Scope.WATCH)
    except WebNNError as error:
        where = f"{METRICS_TOKEN_FILE} beside the owner's token"
        raise WebNNError(error.code, f"Metrics are for who has the token in the file {where}.") from error


async def _watch_lag(app: web.Application) -> AsyncIterator[None]:
    watching = asyncio.create_task(app[LAG].watch())
    yield
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching
