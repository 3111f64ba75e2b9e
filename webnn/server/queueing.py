"""The JSON API of the queue: new runs, their order, and those that are over."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

from aiohttp import web

from webnn.core import shapes
from webnn.core.errors import WebNNError
from webnn.model.definition import ModelDefinition, load_model, parse_model
from webnn.model.settings import apply_settings
from webnn.server.again import from_the_beginning_of, from_weights_of
from webnn.server.api import json_answer, show_any_run, view_answer
from webnn.server.auth import require_owner
from webnn.server.bench import BENCH
from webnn.server.bodies import read_body
from webnn.server.config import Places
from webnn.server.describing import Query, describe
from webnn.server.keys import CONFIG, HOST
from webnn.server.still import not_here
from webnn.server.tokens import Scope
from webnn.server.trained import TrainedRun, Which, read_trained


@describe("Let a new run wait for its turn", body=shapes.NewRun, answer=shapes.RunView, status=201, owner=Scope.ADMIN)
async def create_run(request: web.Request) -> web.Response:
    require_owner(request)
    body = await read_body(request, shapes.NewRun)
    definition = await asyncio.to_thread(define, request.app[CONFIG].places, body["model"], body.get("settings", []))
    return await _create(request, definition, body, str(request.url.path).rstrip("/"))


@describe(
    "Train on from the weights that a run left, as a new run",
    body=shapes.Retrain,
    answer=shapes.RunView,
    status=201,
    owner=Scope.ADMIN,
)
async def retrain_run(request: web.Request) -> web.Response:
    require_owner(request)
    body = await read_body(request, shapes.Retrain)
    earlier = await _earlier(request)
    definition = from_weights_of(earlier, Which(body.get("weights", Which.BEST)))
    return await _create_again(request, definition, body)


@describe(
    "Do a run again from its beginning, as a new run",
    body=shapes.Again,
    answer=shapes.RunView,
    status=201,
    owner=Scope.ADMIN,
)
async def reset_run(request: web.Request) -> web.Response:
    require_owner(request)
    body = await read_body(request, shapes.Again)
    earlier = await _earlier(request)
    seed = body.get("seed")
    again = {**body, "seed": earlier.seed if seed is None else seed}
    return await _create_again(request, from_the_beginning_of(earlier), again)


@describe(
    "Say what a model is, and whether it can be trained",
    body=shapes.ModelToCheck,
    answer=shapes.CheckReport,
    owner=Scope.ADMIN,
)
async def check_model(request: web.Request) -> web.Response:
    """As `wnn check`: the server builds it, and tries a step; nothing is left behind."""
    require_owner(request)
    body = await read_body(request, shapes.ModelToCheck)
    definition = await asyncio.to_thread(define, request.app[CONFIG].places, body["model"], body.get("settings", []))
    seed = _whole(body.get("seed"))
    return json_answer(await request.app[BENCH].check(definition, secrets.randbits(32) if seed is None else seed))


@describe(
    "Remove a run that is over, or waits, and its files",
    status=204,
    owner=Scope.ADMIN,
    query={"force": Query({"type": "boolean"}, "also one whose weights another run starts from")},
)
async def delete_run(request: web.Request) -> web.Response:
    require_owner(request)
    await request.app[HOST].remove(request.match_info["run"], force=request.query.get("force") == "true")
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


async def _create_again(request: web.Request, definition: ModelDefinition, body: dict[str, Any]) -> web.Response:
    definition = apply_settings(definition, body.get("settings", []))
    return await _create(request, definition, body, str(request.url.path).rpartition("/")[0].rpartition("/")[0])


async def _create(
    request: web.Request, definition: ModelDefinition, body: dict[str, Any], runs_path: str
) -> web.Response:
    run = await request.app[HOST].create(
        definition, seed=_whole(body.get("seed")), bound=body.get("bound", False), place=_whole(body.get("order"))
    )
    answer = view_answer(request, 201, run)
    answer.headers["Location"] = f"{runs_path}/{run}"
    return answer


async def _earlier(request: web.Request) -> TrainedRun:
    """What the run that the address names was told. Raises `WebNNError("not_running")` for one that never began."""
    run = show_any_run(request)
    folder = request.app[CONFIG].runs_dir / run.info.id
    if not await asyncio.to_thread((folder / "config.json").is_file):
        raise not_here(run)
    return await asyncio.to_thread(read_trained, folder)


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
