"""The formats that a model is exported in, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from webnn.core.events import Vector
from webnn.export.keras import write_keras, write_keras_h5
from webnn.export.weights import NamedShape, named_views, write_safetensors, write_tfjs


class Format(StrEnum):
    """What a model can be written as. `ending` is what a file's name ends in; `tfjs` is a folder."""

    KERAS = "keras"
    H5 = "h5"
    TFJS = "tfjs"
    SAFETENSORS = "safetensors"
    NPZ = "npz"

    @property
    def ending(self) -> str:
        return "-tfjs" if self is Format.TFJS else f".{self.value}"


def write_model(  # noqa: PLR0917 - in this format, there, these weights of this model
    form: Format,
    path: Path,
    vector: Vector,
    topology: Mapping[str, Any],
    weights: Sequence[NamedShape],
    metadata: Mapping[str, str],
) -> None:
    """Write the flat float32 `vector` of a model as `form`; `metadata` goes into a safetensors file alone.

    What is at `path` is written over. Raises `WebNNError` (`webnn.export.keras.write_keras`) and `OSError`.
    """
    match form:
        case Format.KERAS:
            write_keras(path, vector, topology, weights)
        case Format.H5:
            write_keras_h5(path, vector, topology, weights)
        case Format.TFJS:
            write_tfjs(path, vector, topology, weights)
        case Format.SAFETENSORS:
            write_safetensors(path, vector, weights, metadata)
        case Format.NPZ:
            with path.open("wb") as file:
                np.savez(file, **named_views(vector, weights))  # type: ignore[arg-type]
