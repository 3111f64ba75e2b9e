"""Removing runs: which may go, what that frees, and doing it."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from webnn.core.errors import WebNNError
from webnn.model.definition import ModelDefinition
from webnn.server.earlier import read_earlier
from webnn.server.resuming import FoundRun, find_runs
from webnn.server.tickets import read_tickets
from webnn.store.lock import RunLock

_OF_USE_WHILE_IT_GOES_ON = ("checkpoint",)


@dataclass(frozen=True, slots=True)
class Removal:
    """A folder that may go, and why, in words."""

    run: str
    path: Path
    reason: str
    num_bytes: int

    def as_dict(self) -> dict[str, Any]:
        return {"run": self.run, "path": str(self.path), "reason": self.reason, "bytes": self.num_bytes}


def plan_pruning(
    found: Sequence[FoundRun],
    now: datetime,
    keep: int | None,
    older_than: timedelta | None,
    waiting: Collection[Path] = (),
) -> list[Removal]:
    """Choose what may go: runs beyond the newest `keep` of their model, runs older than `older_than` (both, where both
    are given), and of finished runs that stay their checkpoints. Live runs, and those that another starts from, stay;
    `waiting` are folders that runs which have not begun start from.
    """
    newest: dict[str, list[str]] = defaultdict(list)
    for run in reversed(found):
        newest[run.name].append(run.id)
    needed = {*waiting, *(base for run in found for base in [started_from(run)] if base is not None)}
    removals = []
    for run in found:
        if run.live:
            continue
        beyond = keep is not None and newest[run.name].index(run.id) >= keep
        old = older_than is not None and now - datetime.fromisoformat(run.created) > older_than
        asked = [wanted for wanted, given in ((beyond, keep), (old, older_than)) if given is not None]
        if asked and all(asked) and run.folder.resolve() not in needed:
            removals.append(Removal(run.id, run.folder, why(run, keep, older_than), size_of(run.folder)))
        elif run.state == "finished":
            paths = [run.folder / name for name in _OF_USE_WHILE_IT_GOES_ON]
            reason = "checkpoints of a finished run"
            removals += [Removal(run.id, path, reason, size_of(path)) for path in paths if path.is_dir()]
    return removals


def why(run: FoundRun, keep: int | None, older_than: timedelta | None) -> str:
    """Say why a run goes."""
    words = [] if keep is None else [f"{keep} newer of {run.name}"]
    return ", ".join([*words, *([] if older_than is None else [f"of {run.created[:10]}"])])


def started_from(run: FoundRun) -> Path | None:
    """The folder of the run whose weights `run` started from."""
    try:
        return _base(read_earlier(run.folder).definition)
    except WebNNError:
        return None


def waited_for(runs_dir: Path) -> set[Path]:
    """The folders of runs whose weights a run that waits is to start from. Blocks."""
    bases = (_base(ticket.definition) for ticket in read_tickets(runs_dir) if not ticket.state.over)
    return {base for base in bases if base is not None}


def check_unneeded(folder: Path) -> None:
    """Raise `WebNNError("settings")` where another run of the runs folder starts from this one's weights. Blocks."""
    place = folder.resolve()
    user = next((other.id for other in find_runs(folder.parent) if started_from(other) == place), None)
    if user is None and place in waited_for(folder.parent):
        user = "that waits"
    if user is not None:
        message = f"The run {user} starts from the weights of {folder.name}. --force removes them all the same."
        raise WebNNError("settings", message)


def _base(definition: ModelDefinition) -> Path | None:
    path = definition.initial_weights
    return None if path is None else path.resolve().parent


def size_of(path: Path) -> int:
    """Bytes in a folder."""
    return sum(file.lstat().st_size for file in path.rglob("*") if file.is_file() and not file.is_symlink())


def remove(removal: Removal) -> None:
    """Remove a folder of a run that nobody serves. Raises `WebNNError`: `run_in_use`, or `disk`."""
    run_folder = removal.path if removal.path.name == removal.run else removal.path.parent
    try:
        RunLock.take(run_folder).release()
        shutil.rmtree(removal.path)
    except OSError as error:
        raise WebNNError("disk", f"{removal.path} cannot be removed: {error.strerror or error}.") from error
