"""What a run that is taken up again need not wait for: the model as it was built the first time."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from webnn import __version__
from webnn.evaluator.results import BuiltModel, LayerSummary, WeightSpec
from webnn.server.run_folder import write_json
from webnn.store.checkpoint import list_checkpoints

NAME = "built.json"


def keep_built(folder: Path, built: BuiltModel, request: str) -> None:
    """Write down a built model, without its initial weights; `request` names what it was built from."""
    described = {
        "topology": built.topology,
        "weights": [asdict(spec) for spec in built.weights],
        "num_weights": built.num_weights,
        "num_trainable": built.num_trainable,
        "layers": [asdict(layer) for layer in built.layers],
        "config": built.config,
    }
    write_json(folder / NAME, {"webnn": __version__, "request": request, "built": described})


def known_built(folder: Path, request: str, checkpoints: str) -> BuiltModel | None:
    """Read a model that this version built from the same `request`; None where it has to be built again.

    Its initial weights are zeros: with a checkpoint in the folder `checkpoints`, without which there is none, nobody
    asks for them.
    """
    try:
        kept: dict[str, Any] = json.loads((folder / NAME).read_text("utf-8"))
        if (kept["webnn"], kept["request"]) != (__version__, request) or not list_checkpoints(folder / checkpoints):
            return None
        built = kept["built"]
        return BuiltModel(
            topology=built["topology"],
            weights=tuple(WeightSpec(**{**spec, "shape": tuple(spec["shape"])}) for spec in built["weights"]),
            num_weights=built["num_weights"],
            num_trainable=built["num_trainable"],
            layers=tuple(
                LayerSummary(**{**layer, "output_shape": tuple(layer["output_shape"])}) for layer in built["layers"]
            ),
            config=built["config"],
            initial=np.zeros(built["num_weights"], np.float32),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
