"""Runs as later commands take them: found by their id or their model's name, with the weights that they left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from webnn.core.errors import WebNNError
from webnn.core.words import did_you_mean

if TYPE_CHECKING:
    from webnn.core.events import Vector
    from webnn.evaluator.results import BuiltModel
    from webnn.model.definition import ModelDefinition
    from webnn.server.resuming import FoundRun

CHECKPOINTS = {"best": "checkpoint/best", "final": "checkpoint"}


class Which(StrEnum):
    """Weights that a run leaves."""

    BEST = "best"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class TrainedRun:
    """A run of the runs folder, and what it was told. `definition` starts from no other's weights."""

    folder: Path
    definition: ModelDefinition
    seed: int
    config: dict[str, Any]

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def dataset(self) -> dict[str, Any]:
        """The dataset as it was: `dataset` of docs/protocol.md."""
        found: dict[str, Any] = self.config["dataset"]
        return found

    def weights_path(self, which: Which) -> Path | None:
        """The file of the run's weights; None where there is only a checkpoint, or nothing."""
        path = self.folder / f"{which}.safetensors"
        return path if path.is_file() else None

    def weights(self, which: Which, built: BuiltModel) -> Vector:
        """Read the weights as one flat vector, from its file or its checkpoint.

        The best are the last where none did best. Raises `WebNNError("no_checkpoint")` where there are none.
        """
        from webnn.evaluator.initial import read_initial_weights
        from webnn.store.checkpoint import read_checkpoint

        for name in (which, Which.FINAL):
            path = self.weights_path(name)
            if path is not None:
                return read_initial_weights(path, built.weights)
            checkpoint = read_checkpoint(self.folder / CHECKPOINTS[name])
            if checkpoint is not None and len(checkpoint.weights) == built.num_weights:
                return checkpoint.weights
        raise WebNNError("no_checkpoint", f"The run {self.id} has no weights yet: nothing was merged and saved.")


def find_trained(runs_dir: Path, text: str) -> TrainedRun:
    """Find a run by its id, the beginning of it, or the name of its model (the newest then).

    Raises `WebNNError`: `unknown_name` with the nearest, `invalid_checkpoint` where its files cannot be read.
    """
    from webnn.server.earlier import read_earlier

    found = find_one(runs_dir, text)
    earlier = read_earlier(found.folder)
    definition = replace(earlier.definition, initial_weights=None)
    return TrainedRun(found.folder, definition, earlier.seed, earlier.config)


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
