"""Runs as later commands take them: found by their id or their model's name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from webnn.core.errors import WebNNError
from webnn.core.words import did_you_mean

if TYPE_CHECKING:
    from webnn.server.resuming import FoundRun
    from webnn.server.trained import TrainedRun


def find_trained(runs_dir: Path, text: str) -> TrainedRun:
    """Find a run by its id, the beginning of it, or the name of its model (the newest then).

    Raises `WebNNError`: `unknown_name` with the nearest, `invalid_checkpoint` where its files cannot be read.
    """
    from webnn.server.trained import read_trained

    return read_trained(find_one(runs_dir, text).folder)


def find_one(runs_dir: Path, text: str, *, by_model: bool = True) -> FoundRun:
    """Find a run as `find_trained` does (not `by_model`: only by id), without reading more of it.

    Raises `WebNNError("unknown_name")`.
    """
    from webnn.server.resuming import find_runs

    found = find_runs(runs_dir)
    of_id = [run for run in found if run.id == text]
    of_model = [run for run in found if by_model and run.name == text]
    begin = [run for run in found if text and run.id.startswith(text)]
    if of_id or of_model:
        return (of_id or of_model)[-1]
    if len(begin) == 1:
        return begin[0]
    if begin:
        names = ", ".join(run.id for run in begin[-5:])
        raise WebNNError("unknown_name", f'Several runs begin with "{text}": {names}. Write more of the one you mean.')
    if not found:
        raise WebNNError("unknown_name", f'There is no run "{text}": {runs_dir} has none. `wnn train NAME` makes one.')
    hint = did_you_mean(text, {name for run in found[-50:] for name in (run.id, run.name)})
    raise WebNNError("unknown_name", f'There is no run "{text}" in {runs_dir}.{hint}')
