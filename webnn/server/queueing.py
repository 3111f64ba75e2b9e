"""The JSON API of the queue: new runs, their order, and those that are over."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from webnn.core import shapes
from webnn.core.errors import WebNNError
from webnn.model.definition import ModelDefinition, load_model, parse_model
from webnn.model.settings import apply_settings
from webnn.server.api import json_answer, view_answer
from webnn.server.auth import require_owner
from webnn.server.bodies import read_body
from webnn.server.config import Places
from webnn.server.describing import describe
from webnn.server.keys import CONFIG, HOST
from webnn.server.tokens import Scope


@describe("Let a new run wait for its turn", body=shapes.NewRun, answer=shapes.RunView, status=201, owner=Scope.ADMIN)
async def create_run(request: web.Request) -> web.Response:
    require_owner(request)
    body = await read_body(request, shapes.NewRun)
    definition = await asyncio.to_thread(define, request.app[CONFIG].places, body["model"], body.get("settings", []))
    run = await request.app[HOST].create(
        definition, seed=_whole(body.get("seed")), bound=body.get("bound", False), place=_whole(body.get("order"))
    )
    answer = view_answer(request, 201, run)
    answer.headers["Location"] = str(request.url.path).rstrip("/") + f"/{run}"
    return answer


@describe("Remove a run that is over, or waits, and its files", status=204, owner=Scope.ADMIN)
async def delete_run(request: web.Request) -> web.Response:
    require_owner(request)
    await request.app[HOST].remove(request.match_info["run"])
    return web.Response(status=204)


@describe("Let a stopped or failed run wait to go on where it was left", answer=shapes.RunView, owner=Scope.CONTROL)
async def start_run(request: web.Request) -> web.Response:
    require_owner(request)
    await request.app[HOST].start_again(request.match_info["run"])
    return view_answer(request)


@describe("Give a waiting run another place", body=shapes.NewPlace, answer=shapes.RunView, owner=Scope.CONTROL)
async def move_run(request: web.Request) -> web.Response:
    require_owner(request)
    body = await read_body(request, shapes.NewPlace)
    await request.app[HOST].move(request.match_info["run"], int(body["order"]))
    return view_answer(request)


@describe("Show which runs go on and which wait", answer=shapes.QueueView)
async def show_queue(request: web.Request) -> web.Response:
    return json_answer(_queue(request))


@describe(
    "Change the order, or how many runs go on at once",
    body=shapes.QueueChange,
    answer=shapes.QueueView,
    owner=Scope.ADMIN,
)
async def change_queue(request: web.Request) -> web.Response:
    require_owner(request)
    body = await read_body(request, shapes.QueueChange)
    await request.app[HOST].change_queue(_whole(body.get("at_most")), body.get("waiting", []))
    return json_answer(_queue(request))


@describe("Name the run that one more volunteer helps most", answer=shapes.Help)
async def show_help(request: web.Request) -> web.Response:
    return json_answer({"run": request.app[HOST].running_in_need()})


def define(places: Places, model: str | dict[str, Any], settings: list[str]) -> ModelDefinition:
    """Find or read a model and lay settings over it. Blocks; raises `WebNNError` for what the owner has to mend.

    Whoever sends a definition sends all of it: what it names by a path would be a file of the server's.
    """
    if isinstance(model, str):
        if model.endswith(".json") or "/" in model:
            raise WebNNError("unknown_name", "Name a model that the server has, or send its definition: paths are not.")
        return apply_settings(load_model(model, places.models), settings)
    definition = apply_settings(parse_model(model, "the model that was sent", None, _topology(model)), settings)
    for name, value in (("topology", definition.raw.get("topology")), ("dataset", definition.dataset)):
        if isinstance(value, str) and (name == "topology" or "/" in value or value.endswith(".py")):
            raise WebNNError("invalid_model", f"{name} names the file {value!r}: a model that is sent names no files.")
    if definition.initial_weights is not None:
        raise WebNNError("invalid_model", "initialWeights names a file: a model that is sent names no files.")
    return definition


def _topology(model: dict[str, Any]) -> dict[str, Any] | None:
    topology = model.get("topology")
    if isinstance(topology, str):
        raise WebNNError("invalid_model", f"topology names the file {topology[:80]!r}: send the topology itself.")
    return None


def _queue(request: web.Request) -> dict[str, Any]:
    queue = request.app[HOST].queue
    return {"at_most": queue.at_most, "running": list(queue.running), "waiting": list(queue.waiting)}


def _whole(number: float | None) -> int | None:
    """JSON's 2.0 is a whole number too."""
    return None if number is None else int(number)
