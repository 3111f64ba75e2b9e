"""A run's folder as what comes after the run takes it: its definition, its data, the weights that it left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from webnn.core.errors import WebNNError
from webnn.core.events import Vector
from webnn.evaluator.initial import read_initial_weights
from webnn.evaluator.results import BuiltModel
from webnn.model.definition import ModelDefinition
from webnn.server.earlier import read_earlier
from webnn.store.checkpoint import read_checkpoint

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
        for name in (which, Which.FINAL):
            path = self.weights_path(name)
            if path is not None:
                return read_initial_weights(path, built.weights)
            checkpoint = read_checkpoint(self.folder / CHECKPOINTS[name])
            if checkpoint is not None and len(checkpoint.weights) == built.num_weights:
                return checkpoint.weights
        raise WebNNError("no_checkpoint", f"The run {self.id} has no weights yet: nothing was merged and saved.")


def read_trained(folder: Path) -> TrainedRun:
    """Read the run in `folder`. Blocks; raises `WebNNError("invalid_checkpoint")` where its files cannot be read."""
    earlier = read_earlier(folder)
    return TrainedRun(folder, replace(earlier.definition, initial_weights=None), earlier.seed, earlier.config)
