"""The pages' addresses."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from aiohttp import web

from webnn.core.errors import WebNNError
from webnn.core.states import RunState
from webnn.server.admission import ADMISSION
from webnn.server.api import show_any_run
from webnn.server.keys import HOST, PAGES, RUNS
from webnn.server.sharing import public_address
from webnn.server.sparkline import draw_sparkline
from webnn.server.still import Shown

MOST_PAST_RUNS = 24
"""So many of the runs that are over stand on the home page, the newest first; the API has them all."""


async def home_page(request: web.Request) -> web.Response:
    """All runs; each with a way to join and to watch."""
    shown = request.app[RUNS]
    cards = [shown.view(run) | _looks(shown.show(run)) for run in shown.ids]
    over = [card for card in cards if RunState(card["state"]).over]
    return request.app[PAGES].render(
        request, "home.html", going=[card for card in cards if card not in over], over=over[::-1][:MOST_PAST_RUNS]
    )


async def help_page(request: web.Request) -> web.Response:
    """Send whoever wants to help wherever needed to the run that it helps most."""
    neediest = request.app[HOST].running_in_need()
    if neediest is None:
        raise WebNNError("no_such_run", "No run here needs help at the moment. Come back later.")
    place = f"{request.app[PAGES].base(request)}/join/{quote(neediest, safe='')}?wherever"
    raise web.HTTPTemporaryRedirect(place, headers={"Cache-Control": "no-store"})


async def join_page(request: web.Request) -> web.Response:
    """Where a volunteer lends a device."""
    task = show_any_run(request)
    address = f"{public_address(request)}/join/{task.info.id}"
    return request.app[PAGES].render(
        request, "join.html", run=task.status(), address=address, **asking(request), **facts(task)
    )


async def watch_page(request: web.Request) -> web.Response:
    """Where anyone follows a run."""
    task = show_any_run(request)
    known = {"run": task.status(), "notes": task.notes.strip(), **facts(task)}
    return request.app[PAGES].render(request, "watch.html", **known)


async def new_page(request: web.Request) -> web.Response:
    """Where the owner begins a run. What can be chosen, and whether it may be, the page asks with the token."""
    return request.app[PAGES].render(request, "new.html")


def _looks(run: Shown) -> dict[str, Any]:
    return {"description": run.info.description, "curve": draw_sparkline(run.history.validation.points)}


def asking(request: web.Request) -> dict[str, Any]:
    """What the pages on which one can start say of the run that the address names, besides its facts."""
    return {"asks_code": request.app[ADMISSION].asks(request.match_info["run"])}


def facts(task: Shown) -> dict[str, Any]:
    """What the pages say of a run besides its status."""
    return {"description": task.info.description, "about": task.info.about, "dataset": task.info.dataset}
