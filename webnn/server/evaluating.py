"""What a live run's network is worth, and what it says of examples that somebody sends."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
from aiohttp import web
from numpy.typing import NDArray

from webnn.core import shapes
from webnn.core.errors import WebNNError
from webnn.core.words import did_you_mean
from webnn.engine.base import Snapshot
from webnn.server.api import find_run, json_answer
from webnn.server.bodies import parse_json
from webnn.server.describing import Query, describe
from webnn.server.looks import insight_of
from webnn.server.run_task import RunTask

CURRENT, BEST = "current", "best"
_KEYS = ("rows", "weights")
_FORM = 'The body is {"rows": [[NUMBER, ...], ...]}, a row for each example, all of one length'


def add_evaluation_routes(app: web.Application, run: str) -> None:
    """Add the addresses of this module under `run`, the path of one run."""
    app.router.add_get(f"{run}/evaluation", show_evaluation)
    app.router.add_post(f"{run}/predict", predict)


@describe(
    "Score a live run's network on held-out examples",
    answer=shapes.Evaluation,
    query={"weights": Query({"enum": [CURRENT, BEST]}, "which version; current where it is left out")},
)
async def show_evaluation(request: web.Request) -> web.Response:
    """As `wnn evaluate` scores it, on the examples that `predictions` is about."""
    task, insight = find_run(request), insight_of(request)
    which = request.query.get("weights", CURRENT)
    found = await insight.evaluation(_snapshot(task, which), which)
    return json_answer({"run": task.info.id, "weights": which, **found})


@describe("Show examples to a live run's network", body=shapes.Rows, answer=shapes.Predictions)
async def predict(request: web.Request) -> web.Response:
    """What the network says of each row of inputs."""
    task, insight = find_run(request), insight_of(request)
    which, rows = await asyncio.to_thread(read_rows, await request.read())
    snapshot = _snapshot(task, which)
    said = await insight.predict(snapshot, rows)
    return json_answer({"run": task.info.id, "weights": which, "version": snapshot.version, "predictions": said})


def read_rows(body: bytes) -> tuple[str, NDArray[np.float32]]:
    """Which weights a body asks for, and its rows as float32 [examples, numbers]. Blocks.

    Raises `WebNNError("settings")`.
    """
    asked = parse_json(body)
    if not isinstance(asked, dict) or "rows" not in asked:
        raise WebNNError("settings", f"{_FORM}.")
    unknown = next((key for key in asked if key not in _KEYS), None)
    if unknown is not None:
        raise WebNNError(
            "settings", f"The body has an unknown key {unknown[:40]!r}.{did_you_mean(unknown[:40], _KEYS)}"
        )
    return asked.get("weights", CURRENT), _numbers(asked["rows"])


def _numbers(rows: Any) -> NDArray[np.float32]:
    if isinstance(rows, list) and len(rows) > shapes.MAX_ROWS:
        message = f"Up to {shapes.MAX_ROWS} examples are shown at once, not {len(rows):,}."
        raise WebNNError("settings", message)
    try:
        numbers = np.array(rows)
    except (ValueError, OverflowError) as error:
        raise WebNNError("settings", f"{_FORM}; the rows differ.") from error
    if numbers.ndim != 2 or numbers.size == 0 or numbers.dtype.kind not in "iuf":
        raise WebNNError("settings", f"{_FORM}.")
    with np.errstate(over="ignore"):
        found = numbers.astype(np.float32)
    if not np.isfinite(found).all():
        raise WebNNError("settings", "A row has a number that is not finite, or too large for a float32.")
    return found


def _snapshot(task: RunTask, which: Any) -> Snapshot:
    if which not in (CURRENT, BEST):
        raise WebNNError("settings", f"The weights are {CURRENT} or {BEST}, not {str(which)[:40]!r}.")
    snapshot = task.best if which == BEST else task.current
    if snapshot is None:
        raise WebNNError("not_found", "No version has been validated yet, so none did best.")
    return snapshot
