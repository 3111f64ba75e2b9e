"""What a run's network is worth, and what it says of examples that are sent: of a live run, or one that is over."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
from aiohttp import web
from numpy.typing import NDArray

from webnn.core import shapes
from webnn.core.errors import WebNNError
from webnn.core.words import did_you_mean
from webnn.engine.base import Snapshot
from webnn.server.api import find_run, json_answer, show_any_run
from webnn.server.auth import given_token, require_owner
from webnn.server.bench import BENCH
from webnn.server.bodies import parse_json
from webnn.server.describing import Query, describe
from webnn.server.keys import CONFIG
from webnn.server.looks import insight_of
from webnn.server.run_task import RunTask
from webnn.server.still import StillRun
from webnn.server.tokens import Scope

CURRENT, BEST = "current", "best"
SPLITS = ("train", "validation", "test")
_KEYS = ("rows", "weights")
_FORM = 'The body is {"rows": [[NUMBER, ...], ...]}, a row for each example, all of one length'


def add_evaluation_routes(app: web.Application, run: str) -> None:
    """Add the addresses of this module under `run`, the path of one run."""
    app.router.add_get(f"{run}/evaluation", show_evaluation)
    app.router.add_post(f"{run}/predict", predict)


@describe(
    "Score a run's network on held-out examples",
    answer=shapes.Evaluation,
    query={
        "weights": Query({"enum": [CURRENT, BEST]}, "which version; current where it is left out"),
        "split": Query({"enum": list(SPLITS)}, "of a run that is over; else test, where there is none validation"),
    },
)
async def show_evaluation(request: web.Request) -> web.Response:
    """As `wnn evaluate` scores it: a live run on the examples that `predictions` is about, one that is over on all."""
    which, split = _checked(request.query.get("weights", CURRENT)), request.query.get("split")
    if split is not None and split not in SPLITS:
        raise WebNNError("settings", f"The split is train, validation or test, not {split[:40]!r}.")
    folder = _folder_of_past(request)
    if folder is not None:
        report = await request.app[BENCH].evaluate(folder, which, split)
        return json_answer({**report, "weights": which, "version": None, "held_out": report["num_examples"]})
    if split not in (None, "validation"):
        raise WebNNError("settings", f"A live run is scored on its validation split, not on {split}.")
    task, insight = find_run(request), insight_of(request)
    found = await insight.evaluation(_snapshot(task, which), which)
    return json_answer({"run": task.info.id, "weights": which, **found})


@describe("Show examples to a run's network", body=shapes.Rows, answer=shapes.Predictions)
async def predict(request: web.Request) -> web.Response:
    """What the network says of each row of inputs."""
    which, rows = await asyncio.to_thread(read_rows, await request.read())
    folder = _folder_of_past(request)
    if folder is not None:
        said = await request.app[BENCH].predict(folder, which, rows)
        return json_answer({"run": folder.name, "weights": which, "version": None, "predictions": said})
    task, insight = find_run(request), insight_of(request)
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
    return _checked(asked.get("weights", CURRENT)), _numbers(asked["rows"])


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


def _folder_of_past(request: web.Request) -> Path | None:
    """The folder of a run that is over, for whoever has a token to have it looked into anew; None: of one that is not.

    Raises `WebNNError("unauthorized")` where the server remembers nothing that it could tell without.
    """
    run = show_any_run(request)
    if not run.state.over or not (given_token(request) or isinstance(run, StillRun)):
        return None
    require_owner(request, Scope.WATCH)
    return request.app[CONFIG].runs_dir / run.info.id


def _checked(which: Any) -> str:
    if which not in (CURRENT, BEST):
        raise WebNNError("settings", f"The weights are {CURRENT} or {BEST}, not {str(which)[:40]!r}.")
    return str(which)


def _snapshot(task: RunTask, which: str) -> Snapshot:
    snapshot = task.best if which == BEST else task.current
    if snapshot is None:
        raise WebNNError("not_found", "No version has been validated yet, so none did best.")
    return snapshot
