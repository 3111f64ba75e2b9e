"""The pages' addresses."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from webnn.server.api import find_run
from webnn.server.keys import PAGES, RUNS
from webnn.server.run_task import RunTask
from webnn.server.sharing import public_address


async def home_page(request: web.Request) -> web.Response:
    """All runs; each with a way to join and to watch."""
    return request.app[PAGES].render(request, "home.html", runs=[task.status() for task in request.app[RUNS]])


async def join_page(request: web.Request) -> web.Response:
    """Where a volunteer lends a device."""
    task = find_run(request)
    address = f"{public_address(request)}/join/{task.info.id}"
    return request.app[PAGES].render(request, "join.html", run=task.status(), address=address, **facts(task))


async def watch_page(request: web.Request) -> web.Response:
    """Where anyone follows a run."""
    task = find_run(request)
    return request.app[PAGES].render(request, "watch.html", run=task.status(), **facts(task))


def facts(task: RunTask) -> dict[str, Any]:
    """What the pages say of a run besides its status."""
    return {"description": task.info.description, "about": task.info.about, "dataset": task.info.dataset}
