"""A run's settings and its owner's notes, over HTTP: everyone may read them, the owner may change them."""

from __future__ import annotations

import sqlite3

from aiohttp import web

from webnn.core import shapes
from webnn.core.errors import WebNNError
from webnn.core.events import SettingsChanged
from webnn.core.merging import merge_schema
from webnn.model.changing import read_changes, show_settings
from webnn.server.api import find_run, json_answer, view_answer
from webnn.server.auth import require_owner
from webnn.server.bodies import parse_json
from webnn.server.describing import describe
from webnn.server.run_task import RunTask
from webnn.server.tokens import Scope

MAX_NOTES = 20_000


def add_settings_routes(app: web.Application, run: str) -> None:
    """Add the addresses of this module under `run`, the path of one run."""
    app.router.add_get(f"{run}/settings", show)
    app.router.add_post(f"{run}/settings", change)
    app.router.add_get(f"{run}/notes", show_notes)
    app.router.add_put(f"{run}/notes", write_notes)


@describe("Show a run's settings, and how they changed", answer=shapes.SettingsView)
async def show(request: web.Request) -> web.Response:
    task = find_run(request)
    body = {"settings": show_settings(task.run.config), "changes": task.memory.changes, "rules": sorted(merge_schema())}
    return json_answer(body)


@describe("Change settings of a run that goes on", body=shapes.JsonObject, answer=shapes.RunView, owner=Scope.CONTROL)
async def change(request: web.Request) -> web.Response:
    """Change settings for the leases to come; answers when that is on the disk."""
    require_owner(request)
    task = find_run(request)
    await task.ask(SettingsChanged(read_changes(parse_json(await request.read()))))
    await _flush(task)
    return view_answer(request)


@describe("Show the owner's notes", answer=shapes.Notes)
async def show_notes(request: web.Request) -> web.Response:
    return json_answer({"text": find_run(request).memory.notes})


@describe("Write the owner's notes", body=shapes.Notes, answer=shapes.Notes, owner=Scope.CONTROL)
async def write_notes(request: web.Request) -> web.Response:
    """`{"text": TEXT}`."""
    require_owner(request)
    task, body = find_run(request), parse_json(await request.read())
    text = body.get("text") if isinstance(body, dict) else None
    if not isinstance(text, str) or len(text) > MAX_NOTES:
        raise WebNNError("settings", f'The body is {{"text": TEXT}}, of at most {MAX_NOTES:,} characters.')
    task.memory.write_notes(text)
    await _flush(task)
    return json_answer({"text": text})


async def _flush(task: RunTask) -> None:
    if task.keeper is not None:
        try:
            await task.keeper.flush()
        except (OSError, sqlite3.Error) as error:
            raise WebNNError("disk", f"It is so now, but could not be written down yet: {error}.") from error
