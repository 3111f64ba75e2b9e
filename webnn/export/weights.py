"""Weights as safetensors and as a TF.js layers model."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from webnn import __version__
from webnn.core.events import Vector


class NamedShape(Protocol):
    """One weight of the flat vector: its name in TF.js and its shape."""

    @property
    def name(self) -> str: ...

    @property
    def shape(self) -> Sequence[int]: ...


def named_views(vector: Vector, weights: Sequence[NamedShape]) -> dict[str, NDArray[np.float32]]:
    """Cut the flat vector into its named arrays, without a copy. `vector` holds exactly the numbers of `weights`."""
    views: dict[str, NDArray[np.float32]] = {}
    offset = 0
    for spec in weights:
        size = math.prod(spec.shape)
        views[spec.name] = vector[offset : offset + size].reshape(tuple(spec.shape))
        offset += size
    assert len(views) == len(weights), "two weights have one name"
    assert offset == len(vector), f"the weights hold {offset} numbers, the vector {len(vector)}"
    return views


def write_safetensors(path: Path, vector: Vector, weights: Sequence[NamedShape], metadata: Mapping[str, str]) -> None:
    """Write one float32 tensor for each weight, under its name; `metadata` goes into the file's header."""
    save_file(named_views(vector, weights), path, metadata=dict(metadata))


def write_tfjs(folder: Path, vector: Vector, topology: Mapping[str, Any], weights: Sequence[NamedShape]) -> None:
    """Write `model.json` and `weights.bin`, which `tf.loadLayersModel` opens.

    `topology` is TF.js layers-model JSON; the names in `weights` are those that TF.js gives its weights on loading it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    entries = [{"name": spec.name, "shape": list(spec.shape), "dtype": "float32"} for spec in weights]
    model = {
        "format": "layers-model",
        "generatedBy": f"WebNN {__version__}",
        "convertedBy": None,
        "modelTopology": topology,
        "weightsManifest": [{"paths": ["weights.bin"], "weights": entries}],
    }
    (folder / "weights.bin").write_bytes(np.ascontiguousarray(vector, "<f4").data)
    (folder / "model.json").write_text(json.dumps(model), encoding="utf-8")
