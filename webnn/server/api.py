"""The JSON API: what runs there are and how they stand, and the owner's control."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from aiohttp import web

from webnn import __version__
from webnn.core.errors import WebNNError
from webnn.core.events import Event, Pause, Resume, Stop
from webnn.core.states import RunState
from webnn.export import history_csv
from webnn.model import model_schema
from webnn.server.auth import require_owner
from webnn.server.keys import ASSETS, RUNS, TOKEN
from webnn.server.rolling_back import BEST, roll_back
from webnn.server.run_task import RunTask

_NO_STORE = {"Cache-Control": "no-store"}


def find_run(request: web.Request) -> RunTask:
    """The run that the address names; raises `WebNNError("no_such_run")`."""
    return request.app[RUNS].get(request.match_info["run"])


async def health(request: web.Request) -> web.Response:
    body = {"status": "ok", "version": __version__, "build": request.app[ASSETS].build, "runs": len(request.app[RUNS])}
    return json_answer(body)


async def list_runs(request: web.Request) -> web.Response:
    return json_answer([task.status() for task in request.app[RUNS]])


async def show_run(request: web.Request) -> web.Response:
    return json_answer(find_run(request).status())


async def show_metrics(request: web.Request) -> web.Response:
    history = find_run(request).history.as_dict()
    match request.query.get("format", "json"):
        case "json":
            return json_answer(history)
        case "csv":
            return web.Response(text=history_csv(history), content_type="text/csv", headers=_NO_STORE)
        case other:
            raise WebNNError("settings", f"The format is json or csv, not {other[:40]!r}.")


async def show_model(request: web.Request) -> web.Response:
    info = find_run(request).info
    return json_answer({"model": info.model, "dataset": info.dataset})


async def show_model_schema(request: web.Request) -> web.Response:
    return json_answer(model_schema())


async def pause_run(request: web.Request) -> web.Response:
    return await _control(request, Pause("The owner paused the run."), {RunState.RUNNING})


async def resume_run(request: web.Request) -> web.Response:
    return await _control(request, Resume(), {RunState.PAUSED})


async def stop_run(request: web.Request) -> web.Response:
    allowed = {state for state in RunState if not state.over}
    return await _control(request, Stop("The owner stopped the run."), allowed)


async def roll_back_run(request: web.Request) -> web.Response:
    """`{"to": VERSION}` or `{"to": "best"}`."""
    require_owner(request, request.app[TOKEN])
    task = find_run(request)
    try:
        to = (await request.json())["to"]
    except (ValueError, KeyError, TypeError):
        to = None
    if to != BEST and (not isinstance(to, int) or isinstance(to, bool)):
        raise WebNNError("settings", 'The body is {"to": VERSION} or {"to": "best"}.')
    version = await roll_back(task, to)
    return json_answer({**task.status(), "returned_to": version})


async def save_run(request: web.Request) -> web.Response:
    """Write a checkpoint and the model's files now."""
    require_owner(request, request.app[TOKEN])
    task = find_run(request)
    if task.saver is None or task.run.version == 0:
        raise WebNNError("not_running", "The run cannot be saved now.")
    try:
        folder = await task.saver()
    except (OSError, sqlite3.Error) as error:
        raise WebNNError("disk", f"The run could not be saved: {error}.") from error
    return json_answer({**task.status(), "folder": str(folder.resolve())})


async def _control(request: web.Request, event: Event, allowed: set[RunState]) -> web.Response:
    require_owner(request, request.app[TOKEN])
    task = find_run(request)
    if task.state not in allowed:
        raise WebNNError("not_running", f"The run is {task.state}, which does not allow this.")
    await task.ask(event)
    if task.keeper is not None:
        await task.keeper.settle()
    return json_answer(task.status())


def json_answer(body: Any) -> web.Response:
    """Answer with JSON that no cache keeps."""
    return web.json_response(body, headers=_NO_STORE, dumps=lambda value: json.dumps(value, allow_nan=False))
