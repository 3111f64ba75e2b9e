"""What the owner does on the watch page beyond pausing and stopping: downloads, and who may take part."""

from __future__ import annotations

import asyncio
import io
import json
import re
import tempfile
import zipfile
from pathlib import Path

from aiohttp import web

from webnn.core import shapes
from webnn.core.errors import WebNNError
from webnn.core.words import did_you_mean
from webnn.engine.base import Snapshot
from webnn.export import Format, history_csv, write_model
from webnn.server.api import find_run, json_answer, show_any_run
from webnn.server.auth import require_owner, scope_of
from webnn.server.bench import BENCH
from webnn.server.describing import BYTES, describe
from webnn.server.exporting import RunModel
from webnn.server.keys import CONFIG
from webnn.server.run_task import RunTask
from webnn.server.still import Shown, StillRun, not_here
from webnn.server.tokens import Scope

FORMATS = {
    "current.safetensors": "The newest weights (safetensors)",
    "current-tfjs.zip": "The newest network (TensorFlow.js)",
    "current.keras": "The newest network (Keras)",
    "current.npz": "The newest weights (NumPy)",
    "best.safetensors": "The best weights (safetensors)",
    "best-tfjs.zip": "The best network (TensorFlow.js)",
    "best.keras": "The best network (Keras)",
    "best.npz": "The best weights (NumPy)",
    "metrics.csv": "All measurements (CSV)",
    "model.json": "What the network is (JSON)",
}
"""What the run's page offers; `_MODEL` has all names of models."""

CARD = "MODEL_CARD.md"
_MODEL = re.compile(r"(current|best|version-(\d{1,15}))(-tfjs\.zip|\.(?:keras|h5|npz|safetensors))")


def add_owner_routes(app: web.Application, run: str) -> None:
    """Add the addresses of this module under `run`, the path of one run; each needs the owner's token."""
    app.router.add_get("/api/v1/owner", show_owner)
    app.router.add_get(f"{run}/owner", show_rights)
    app.router.add_get(f"{run}/download/{{name}}", download)
    app.router.add_post(f"{run}/volunteers/{{label}}/kick", kick)
    app.router.add_post(f"{run}/volunteers/{{label}}/block", block)
    app.router.add_post(f"{run}/volunteers/{{label}}/unblock", unblock)


@describe("Say whether the token is the owner's", answer=shapes.Owner, owner=Scope.ADMIN)
async def show_owner(request: web.Request) -> web.Response:
    """Whether the token is the owner's, for pages that are of no run."""
    require_owner(request)
    return json_answer({"owner": True})


@describe("Say what the token allows", answer=shapes.Rights, owner=Scope.WATCH)
async def show_rights(request: web.Request) -> web.Response:
    """What the token allows: whether it is the owner's is the question that a page asks here."""
    require_owner(request)
    task = find_run(request)
    names = [name for name in FORMATS if _snapshot(task, name) is not None or not name.startswith("best")]
    downloads = [{"name": name, "title": FORMATS[name]} for name in names]
    rights = {"scope": scope_of(request), "downloads": downloads, "blocked": len(task.blocked)}
    return json_answer(rights)


@describe("Send the result, as it is now or as it was at the end", types=(BYTES,), owner=Scope.WATCH)
async def download(request: web.Request) -> web.Response:
    """One of FORMATS, of a run that is over too; `version-N` in the place of `current` is one that a checkpoint has."""
    require_owner(request)
    run, name = show_any_run(request), request.match_info["name"]
    body = await _body_of(request, run, name)
    disposition = f'attachment; filename="{run.info.id}-{name}"'
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
    return web.Response(body=body, content_type="application/octet-stream", headers=headers)


@describe("Send a volunteer away for now", answer=shapes.Dismissed, owner=Scope.CONTROL)
async def kick(request: web.Request) -> web.Response:
    """End a volunteer's connection; it may come back."""
    return _send_away(request, blocking=False)


@describe("Send a volunteer away for good", answer=shapes.Dismissed, owner=Scope.CONTROL)
async def block(request: web.Request) -> web.Response:
    """End a volunteer's connection for good, over restarts too."""
    return _send_away(request, blocking=True)


@describe("Let a volunteer come back", answer=shapes.Dismissed, owner=Scope.CONTROL)
async def unblock(request: web.Request) -> web.Response:
    require_owner(request)
    task, volunteer_id = _find_volunteer(request)
    task.memory.unblock(volunteer_id)
    return json_answer({"here": task.audience.volunteer(volunteer_id) is not None, "blocked": False})


def _find_volunteer(request: web.Request) -> tuple[RunTask, str]:
    task = find_run(request)
    volunteer_id = task.activity.find(f"#{request.match_info['label']}")
    if volunteer_id is None:
        raise WebNNError("unknown_name", "There is no volunteer of that number.")
    return task, volunteer_id


def _send_away(request: web.Request, *, blocking: bool) -> web.Response:
    require_owner(request)
    task, volunteer_id = _find_volunteer(request)
    if blocking:
        task.memory.block(volunteer_id)
    connection = task.audience.volunteer(volunteer_id)
    if connection is not None:
        connection.close("blocked" if blocking else "kicked")
    return json_answer({"here": connection is not None, "blocked": volunteer_id in task.blocked})


def _snapshot(task: RunTask, name: str) -> Snapshot | None:
    return task.best if name.startswith("best") else task.current


async def _body_of(request: web.Request, run: Shown, name: str) -> bytes:
    """The bytes of a download. Raises `WebNNError`: `not_found`, `not_running` for a run that has not begun."""
    folder = request.app[CONFIG].runs_dir / run.info.id
    named = _MODEL.fullmatch(name)
    if name == "metrics.csv":
        return history_csv(run.history.as_dict()).encode()
    if isinstance(run, StillRun) and not run.state.over:
        raise not_here(run)
    if name == "model.json":
        return json.dumps({"model": run.info.model, "dataset": run.info.dataset}, indent=2).encode()
    if name == CARD:
        return await asyncio.to_thread(_card, folder)
    if named is None:
        raise WebNNError("not_found", f"There is no download {name[:80]!r}.{did_you_mean(name[:80], (*FORMATS, CARD))}")
    which = int(named[2]) if named[2] else named[1]
    model = _held(run, which) or await request.app[BENCH].model(folder, "final" if which == "current" else which)
    form = Format.TFJS if named[3] == "-tfjs.zip" else Format(named[3][1:])
    return await asyncio.to_thread(_packed, form, model, run.info.id)


def _card(folder: Path) -> bytes:
    try:
        return (folder / CARD).read_bytes()
    except OSError as error:
        raise WebNNError("not_found", "The run has no model card yet: it is written when the run is saved.") from error


def _held(run: Shown, which: str | int) -> RunModel | None:
    """A version that the run's task holds; None where it is to be read from a file."""
    if not isinstance(run, RunTask) or run.insight is None or isinstance(which, int):
        return None
    snapshot, built = _snapshot(run, which), run.insight.built
    if snapshot is None:
        raise WebNNError("not_found", "There is no such version yet.")
    return RunModel(run.info.name, built.topology, built.weights, snapshot.weights, which, snapshot.version)


def _packed(form: Format, model: RunModel, run: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="webnn-") as folder:
        path = Path(folder) / "model"
        metadata = {"run": run, "version": str(model.version or "")}
        write_model(form, path, model.vector, model.topology, model.weights, metadata)
        if path.is_file():
            return path.read_bytes()
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
            for file in sorted(path.iterdir()):
                archive.write(file, file.name)
        return packed.getvalue()
