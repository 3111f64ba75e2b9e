"""Weights to start from: a safetensors or NPZ file, or a TF.js layers model on disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webnn.core.errors import WebNNError
from webnn.core.events import Vector
from webnn.evaluator.results import WeightSpec
from webnn.model.weights_files import read_weights

Arrays = Mapping[str, NDArray[Any]]


def read_initial_weights(path: Path, specs: Sequence[WeightSpec]) -> Vector:
    """Read `path` as the flat vector of `specs`: by name where all names agree, else in order where all shapes do.

    `path` is a `.safetensors` or `.npz` file, a TF.js `model.json`, or the folder of one. Raises
    `WebNNError("invalid_model")`.
    """
    try:
        arrays = read_weights(path)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _refusal(path, f"cannot be read: {error}") from error
    ordered = _by_name(arrays, specs) or _in_order(arrays, specs)
    if ordered is None:
        raise _refusal(path, f"holds {_shapes(arrays)}, but the model has {_shapes({s.name: s for s in specs})}")
    vector = np.concatenate([np.ravel(array).astype(np.float32) for array in ordered])
    if not np.isfinite(vector).all():
        raise _refusal(path, "holds numbers that are not finite")
    return vector


def _by_name(arrays: Arrays, specs: Sequence[WeightSpec]) -> list[NDArray[Any]] | None:
    if all(spec.name in arrays and arrays[spec.name].shape == spec.shape for spec in specs):
        return [arrays[spec.name] for spec in specs]
    return None


def _in_order(arrays: Arrays, specs: Sequence[WeightSpec]) -> list[NDArray[Any]] | None:
    """Other tools name weights in other ways, but list them in the order of the layers.

    Safetensors sorts by size and name, so only shapes that all differ can be told apart there; those that do not are
    refused rather than guessed.
    """
    shapes = [spec.shape for spec in specs]
    if sorted(array.shape for array in arrays.values()) != sorted(shapes) or len(set(shapes)) != len(shapes):
        return None
    by_shape = {array.shape: array for array in arrays.values()}
    return [by_shape[shape] for shape in shapes]


def _shapes(arrays: Mapping[str, Any], most: int = 6) -> str:
    named = [f"{name} {list(array.shape)}" for name, array in arrays.items()]
    return ", ".join(named[:most]) + (f" and {len(named) - most} more" if len(named) > most else "")


def _refusal(path: Path, problem: str) -> WebNNError:
    return WebNNError("invalid_model", f"initialWeights: {path} {problem}.")
