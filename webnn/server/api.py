"""The JSON API: what runs there are and how they stand, and the owner's control."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import suppress
from functools import partial
from typing import Any

from aiohttp import web

from webnn import __version__
from webnn.core import shapes
from webnn.core.errors import WebNNError
from webnn.core.events import Event, Pause, Resume, Stop
from webnn.core.states import RunState
from webnn.export import history_csv
from webnn.model import model_schema
from webnn.server.auth import require_owner
from webnn.server.describing import JSON, Query, describe
from webnn.server.keys import ASSETS, HOST, RUNS
from webnn.server.rolling_back import BEST, roll_back
from webnn.server.run_task import RunTask
from webnn.server.still import Shown
from webnn.server.tokens import Scope

_FORMAT = {"format": Query({"enum": ["json", "csv"]}, "json (where it is left out) or csv")}
STOP_SECONDS = 10.0
"""For so long whoever stops a run waits for its last validation."""

_NO_STORE = {"Cache-Control": "no-store"}


def find_run(request: web.Request) -> RunTask:
    """The run that the address names; raises `WebNNError("no_such_run")`."""
    return request.app[RUNS].get(request.match_info["run"])


def show_any_run(request: web.Request) -> Shown:
    """The run that the address names, whether it goes on or not; raises `WebNNError("no_such_run")`."""
    return request.app[RUNS].show(request.match_info["run"])


@describe("Say that the server is well", answer=shapes.Health)
async def health(request: web.Request) -> web.Response:
    body = {
        "status": "ok",
        "version": __version__,
        "build": request.app[ASSETS].build,
        "runs": len(request.app[RUNS].ids),
    }
    return json_answer(body)


@describe("List the runs", answer=list[shapes.RunView])
async def list_runs(request: web.Request) -> web.Response:
    runs = request.app[RUNS]
    return json_answer([runs.view(run) for run in runs.ids])


@describe("Show how a run stands", answer=shapes.RunView)
async def show_run(request: web.Request) -> web.Response:
    return view_answer(request)


@describe(
    "Show the history of a run",
    answer=shapes.History,
    types=(JSON, "text/csv"),
    query={"format": Query({"enum": ["json", "csv"]}, "json (as it is left out) or csv")},
)
async def show_metrics(request: web.Request) -> web.Response:
    history = show_any_run(request).history.as_dict()
    match request.query.get("format", "json"):
        case "json":
            return json_answer(history)
        case "csv":
            return web.Response(text=history_csv(history), content_type="text/csv", headers=_NO_STORE)
        case other:
            raise WebNNError("settings", f"The format is json or csv, not {other[:40]!r}.")


@describe("Show what a run trains, on what", answer=shapes.ModelView)
async def show_model(request: web.Request) -> web.Response:
    info = show_any_run(request).info
    return json_answer({"model": info.model, "dataset": info.dataset})


@describe("The JSON Schema of model files", answer=shapes.JsonObject)
async def show_model_schema(request: web.Request) -> web.Response:
    return json_answer(model_schema())


@describe("Pause a run; volunteers wait", answer=shapes.RunView, owner=Scope.CONTROL)
async def pause_run(request: web.Request) -> web.Response:
    return await _control(request, Pause("The owner paused the run."), {RunState.RUNNING})


@describe("Let a paused run go on", answer=shapes.RunView, owner=Scope.CONTROL)
async def resume_run(request: web.Request) -> web.Response:
    return await _control(request, Resume(), {RunState.PAUSED})


@describe("End a run and save it, or take it out of the queue", answer=shapes.RunView, owner=Scope.CONTROL)
async def stop_run(request: web.Request) -> web.Response:
    require_owner(request)
    run = request.match_info["run"]
    if request.app[HOST].queue.place(run) is not None:
        await request.app[HOST].withdraw(run)
        return view_answer(request)
    allowed = {state for state in RunState if not state.over}
    return await _control(request, Stop("The owner stopped the run."), allowed, wait_over=True)


@describe("Go on from an earlier version", body=shapes.RollBack, answer=shapes.ReturnedRun, owner=Scope.CONTROL)
async def roll_back_run(request: web.Request) -> web.Response:
    """`{"to": VERSION}` or `{"to": "best"}`."""
    require_owner(request)
    task = find_run(request)
    try:
        to = (await request.json())["to"]
    except (ValueError, KeyError, TypeError, LookupError):
        to = None
    if to != BEST and (not isinstance(to, int) or isinstance(to, bool)):
        raise WebNNError("settings", 'The body is {"to": VERSION} or {"to": "best"}.')
    version = await roll_back(task, to)
    return view_answer(request, returned_to=version)


@describe("Write a checkpoint and the model's files now", answer=shapes.SavedRun, owner=Scope.CONTROL)
async def save_run(request: web.Request) -> web.Response:
    """Write a checkpoint and the model's files now."""
    require_owner(request)
    task = find_run(request)
    if task.saver is None or task.run.version == 0:
        raise WebNNError("not_running", "The run cannot be saved now.")
    try:
        folder = await task.saver()
    except (OSError, sqlite3.Error) as error:
        raise WebNNError("disk", f"The run could not be saved: {error}.") from error
    return view_answer(request, folder=str(folder.resolve()))


async def _control(
    request: web.Request, event: Event, allowed: set[RunState], *, wait_over: bool = False
) -> web.Response:
    """Hand an event to a run and answer how it stands then; `wait_over`: or, if that comes soon, when it is over."""
    require_owner(request)
    task = find_run(request)
    if task.state not in allowed:
        raise WebNNError("not_running", f"The run is {task.state}, which does not allow this.")
    await task.ask(event)
    if wait_over:
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await task.wait_over()
    if task.keeper is not None:
        await task.keeper.settle()
    return view_answer(request)


def view_answer(request: web.Request, status: int = 200, run: str | None = None, **more: Any) -> web.Response:
    """Answer with the run that the address names (or `run`) as it stands, and `more`."""
    view = request.app[RUNS].view(run or request.match_info["run"])
    return json_answer({**view, **more}, status)


def json_answer(body: Any, status: int = 200) -> web.Response:
    """Answer with JSON that no cache keeps."""
    return web.json_response(body, status=status, headers=_NO_STORE, dumps=partial(json.dumps, allow_nan=False))
