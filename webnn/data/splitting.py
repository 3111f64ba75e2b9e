"""Splitting a source that comes in one piece into training and validation examples."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from webnn.core.errors import WebNNError

Rows = NDArray[np.intp]


def stratified_split(labels: NDArray[Any], fraction: float, seed: int) -> tuple[Rows, Rows]:
    """Row numbers (kept, held out), ascending, with `fraction` of each class held out at random.

    Each class gives round(fraction * its size) examples, at least one where it has two. The same seed gives the same
    split. Raises `WebNNError("invalid_dataset")` unless 0 < fraction < 1.
    """
    if not 0 < fraction < 1:
        raise WebNNError("invalid_dataset", f"The fraction held out must be between 0 and 1, not {fraction}.")
    rng = np.random.default_rng(seed)
    held_out = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        count = min(max(1, round(fraction * len(rows))), len(rows) - 1)
        held_out[rng.permutation(rows)[:count]] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)
