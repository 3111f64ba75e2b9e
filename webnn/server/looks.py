"""The JSON twins of what the watch page shows beyond status and metrics."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

from aiohttp import web

from webnn.core import shapes
from webnn.core.encoding import Encoding
from webnn.core.errors import WebNNError
from webnn.server.api import find_run, json_answer, show_any_run
from webnn.server.describing import ENCODING, Query, describe
from webnn.server.insight import Insight
from webnn.server.keys import CONNECTIONS, PAGES
from webnn.server.resident import memory_bytes
from webnn.server.run_task import RunTask

_SINCE = {"since": Query({"type": "integer", "minimum": 0}, "how many events are known already")}


def add_look_routes(app: web.Application, run: str) -> None:
    """Add the addresses of this module under `run`, the path of one run."""
    app.router.add_get(f"{run}/about", show_about)
    app.router.add_get(f"{run}/samples", show_samples)
    app.router.add_get(f"{run}/predictions", show_predictions)
    app.router.add_get(f"{run}/network", show_network)
    app.router.add_get(f"{run}/histograms", show_histograms)
    app.router.add_get(f"{run}/volunteers", show_volunteers)
    app.router.add_get(f"{run}/server", show_server)
    app.router.add_get(f"{run}/vitals", show_vitals)
    app.router.add_get(f"{run}/events", show_events)
    app.router.add_get(f"{run}/weights/latest", send_to_latest_weights)


@describe("Say who asks for help, why, until when, and what it costs", answer=shapes.JsonObject)
async def show_about(request: web.Request) -> web.Response:
    return json_answer(show_any_run(request).info.about)


@describe("Show some held-out examples", answer=shapes.JsonObject)
async def show_samples(request: web.Request) -> web.Response:
    return json_answer(await asyncio.to_thread(insight_of(request).gallery.samples))


@describe("Show what the newest version gets right", answer=shapes.JsonObject)
async def show_predictions(request: web.Request) -> web.Response:
    return json_answer(await insight_of(request).verdict(find_run(request).current))


@describe("Show the layers", answer=shapes.JsonObject)
async def show_network(request: web.Request) -> web.Response:
    return json_answer(insight_of(request).network())


@describe("Show how weights were distributed", answer=shapes.JsonObject)
async def show_histograms(request: web.Request) -> web.Response:
    return json_answer(insight_of(request).histograms.as_dict())


@describe("List the volunteers of a run", answer=shapes.Volunteers)
async def show_volunteers(request: web.Request) -> web.Response:
    task = find_run(request)
    return json_answer({"volunteers": task.activity.volunteers(task.run)})


@describe(
    "Show what befell a run",
    answer=shapes.Events,
    query={"since": Query({"type": "integer", "minimum": 0}, "how many events are known already")},
)
async def show_events(request: web.Request) -> web.Response:
    since = _count_known(request, "events")
    shown = show_any_run(request)
    nothing = {"count": 0, "events": []}  # of a run that waits, or that was over before this server came
    return json_answer(shown.activity.log(since) if isinstance(shown, RunTask) else nothing)


@describe(
    "Show how the server fared over time",
    answer=shapes.Vitals,
    query={"since": Query({"type": "integer", "minimum": 0}, "how many points are known already")},
)
async def show_vitals(request: web.Request) -> web.Response:
    return json_answer(find_run(request).vitals.since(_count_known(request, "points")))


def _count_known(request: web.Request, what: str) -> int:
    since = request.query.get("since", "0")
    if not since.isascii() or not since.isdigit() or len(since) > 15:
        raise WebNNError("settings", f"since is the count of {what} known already.")
    return int(since)


@describe("Show how the server fares", answer=shapes.ServerNumbers)
async def show_server(request: web.Request) -> web.Response:
    task = find_run(request)
    return json_answer(server_numbers(task) | {"connections": request.app[CONNECTIONS].total})


@describe("Redirect to the newest weights", status=307, query={"encoding": ENCODING})
async def send_to_latest_weights(request: web.Request) -> web.Response:
    """Redirect to the address of the current version, which never changes."""
    current = find_run(request).current
    encoding = request.query.get("encoding", Encoding.F32)
    run = quote(request.match_info["run"], safe="")
    base = request.app[PAGES].base(request)
    place = f"{base}/api/v1/runs/{run}/weights/{current.version}-{current.hash}?encoding={quote(encoding[:40])}"
    raise web.HTTPTemporaryRedirect(place, headers={"Cache-Control": "no-store"})


def server_numbers(task: RunTask) -> dict[str, Any]:
    """`server` of docs/protocol.md, but for `connections`."""
    seconds = task.run.seconds(task.now)
    return {
        "merges_per_second": round(task.run.num_merges / seconds, 3) if seconds > 0 else 0.0,
        "bytes_in": task.traffic.bytes_in,
        "bytes_out": task.traffic.bytes_out,
        "bytes_per_second": round((task.traffic.bytes_in + task.traffic.bytes_out) / seconds) if seconds > 0 else 0,
        "memory_bytes": memory_bytes(),
        "queue": task.queued,
        "watchers": len(task.audience.watchers),
        "volunteers": len(task.audience.volunteers),
    }


def insight_of(request: web.Request) -> Insight:
    """Looks into the run that the address names; raises `WebNNError`."""
    insight = find_run(request).insight
    if insight is None:
        raise WebNNError("not_found", "This server keeps no data of that run to look into.")
    return insight
