"""The model of a run's folder, live or over, at one of its versions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from webnn.core.errors import WebNNError
from webnn.core.events import Vector
from webnn.core.states import RunState
from webnn.evaluator.evaluator import Evaluator
from webnn.evaluator.initial import read_initial_weights
from webnn.evaluator.results import WeightSpec
from webnn.server.earlier import read_earlier
from webnn.server.keeping import BEST_FOLDER, CHECKPOINT_FOLDER
from webnn.store.checkpoint import Checkpoint, read_checkpoint, read_version
from webnn.store.journal import Journal

BEST, FINAL = "best", "final"


@dataclass(frozen=True, slots=True, eq=False)
class RunModel:
    """A model with weights. `which`: "best", "final" or a version's number; `version`: None where no file tells it."""

    name: str
    topology: Mapping[str, Any]
    weights: Sequence[WeightSpec]
    vector: Vector
    which: str
    version: int | None


async def read_run_model(folder: Path, which: str | int | None = None) -> RunModel:
    """Read the model of the run in `folder`: its best version, its newest ("final"), or one that a checkpoint has.

    None: the best where one was validated, else the newest. Reads files alone, so the run may be live. Raises
    `WebNNError` `no_checkpoint` or `invalid_checkpoint`.
    """
    earlier = read_earlier(folder)
    topology, specs = _saved_model(folder) or await _built_model(folder)
    if which is None:
        which = BEST if _best(folder) or (folder / "best.safetensors").is_file() else FINAL
    checkpoint = _checkpoint(folder, which)
    name = earlier.definition.name
    if checkpoint is not None:
        version = int(checkpoint.manifest["version"])
        return RunModel(name, topology, specs, checkpoint.weights, str(which), version)
    path = folder / f"{which}.safetensors"
    if not path.is_file():
        raise WebNNError(
            "no_checkpoint", f"The run {folder.name} has no {which} weights yet: nothing was written down."
        )
    return RunModel(name, topology, specs, read_initial_weights(path, specs), str(which), None)


def _checkpoint(folder: Path, which: str | int) -> Checkpoint | None:
    """The checkpoint of a version; None where the run's own files are to be taken, as at its end."""
    if isinstance(which, int):
        best = _best(folder)
        same = best is not None and best.manifest["version"] == which
        return best if same else read_version(folder / CHECKPOINT_FOLDER, which)
    if _is_over(folder) and (folder / f"{which}.safetensors").is_file():
        return None
    return _best(folder) if which == BEST else read_checkpoint(folder / CHECKPOINT_FOLDER)


def _is_over(folder: Path) -> bool:
    journal = Journal.look(folder)
    if journal is None:
        return True
    try:
        return RunState(journal.fact("state") or RunState.CREATED).over
    finally:
        journal.close()


def _best(folder: Path) -> Checkpoint | None:
    """The checkpoint of the best version, unless the run went back over it."""
    best = read_checkpoint(folder / BEST_FOLDER)
    journal = None if best is None else Journal.look(folder)
    if best is None or journal is None:
        return best
    try:
        gone = journal.has_gone_back_over(best.manifest["snapshot"]["incarnation"], best.manifest["version"])
    finally:
        journal.close()
    return None if gone else best


def _saved_model(folder: Path) -> tuple[Mapping[str, Any], tuple[WeightSpec, ...]] | None:
    """What the run's TF.js export says of the model."""
    try:
        model = json.loads((folder / "final" / "model.json").read_text("utf-8"))
        entries = [entry for group in model["weightsManifest"] for entry in group["weights"]]
        return model["modelTopology"], tuple(WeightSpec(each["name"], tuple(each["shape"]), True) for each in entries)
    except (OSError, ValueError, KeyError, TypeError):
        return None


async def _built_model(folder: Path) -> tuple[Mapping[str, Any], tuple[WeightSpec, ...]]:
    """Build the model of a run that has not been saved yet; its data are not needed for that."""
    earlier = read_earlier(folder)
    async with await Evaluator.start() as evaluator:
        built = await evaluator.build(earlier.definition, earlier.config["dataset"], earlier.seed)
    return built.topology, built.weights
