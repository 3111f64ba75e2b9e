"""What the server keeps of a volunteer: theirs to read, and to have deleted."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from typing import Any

from aiohttp import web

from webnn.core import shapes
from webnn.core.errors import WebNNError
from webnn.core.events import Forget
from webnn.server.api import json_answer
from webnn.server.describing import describe
from webnn.server.keys import IDENTITIES, RUNS
from webnn.server.run_task import RunTask
from webnn.server.updates import prove


@describe("Show a volunteer what is stored of it", answer=shapes.Stored, volunteer=True)
async def show_me(request: web.Request) -> web.Response:
    """Everything that is stored under the volunteer's id, run by run."""
    volunteer_id = prove(request, request.app[IDENTITIES])
    runs = {task.info.id: _stored(task, volunteer_id) for task in request.app[RUNS]}
    body = {"volunteer_id": volunteer_id, "runs": {name: stored for name, stored in runs.items() if stored}}
    return json_answer(body)


@describe("Forget a volunteer", answer=shapes.Forgotten, volunteer=True)
async def delete_me(request: web.Request) -> web.Response:
    """Forget the volunteer in every run; its connection ends. What it trained stays in the weights, without a name."""
    volunteer_id = prove(request, request.app[IDENTITIES])
    forgotten = 0
    for task in request.app[RUNS]:
        forgotten += await _forget(task, volunteer_id)
    return json_answer({"volunteer_id": volunteer_id, "forgotten": forgotten})


def _stored(task: RunTask, volunteer_id: str) -> dict[str, Any]:
    stored: dict[str, Any] = {}
    account = task.activity.account(volunteer_id)
    if account is not None:
        stored["activity"] = {**asdict(account), "outcomes": dict(account.outcomes)}
    known = task.run.volunteer(volunteer_id)
    if known is not None:
        stored["device"] = asdict(known.device)
        stored["seconds_per_iteration"] = known.seconds_per_iteration
    standing = asdict(task.run.standing.of(volunteer_id))
    if any(standing.values()):
        stored["standing"] = standing
    if volunteer_id in task.blocked:
        stored["blocked"] = True
    return stored


async def _forget(task: RunTask, volunteer_id: str) -> bool:
    if not _stored(task, volunteer_id):
        return False
    connection = task.audience.volunteer(volunteer_id)
    if connection is not None:
        connection.close("kicked", "You asked to be forgotten.")
    task.activity.forget(volunteer_id)
    with suppress(WebNNError):  # a run that is over decides nothing any more
        await task.ask(Forget(volunteer_id))
    if task.keeper is not None:
        task.keeper.forget_volunteer(volunteer_id)
    return True
