"""Definitions of new runs that come from earlier ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webnn.core.errors import WebNNError
from webnn.model.definition import parse_again
from webnn.server.trained import TrainedRun, Which

if TYPE_CHECKING:
    from webnn.model.definition import ModelDefinition


def from_weights_of(run: TrainedRun, which: Which) -> ModelDefinition:
    """The definition that a run had, starting from the weights that it left; from the last where none did best.

    Raises `WebNNError("no_checkpoint")` where it left none.
    """
    path = run.weights_path(which) or run.weights_path(Which.FINAL)
    if path is None:
        how = f"`wnn train {run.definition.name} --resume` goes on with it; `wnn save` writes them while it is live."
        raise WebNNError("no_checkpoint", f"The run {run.id} has not ended, so it has no files of weights. {how}")
    raw = {**run.definition.raw, "initialWeights": path.resolve().as_posix()}
    return parse_again(raw, f"{run.folder / 'config.json'} with the weights {path.name}", run.definition.path)


def from_the_beginning_of(run: TrainedRun) -> ModelDefinition:
    """The definition that a run had, with the weights that it was told to start from."""
    return parse_again(run.definition.raw, str(run.folder / "config.json"), run.definition.path)
