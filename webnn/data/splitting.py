"""Splitting a source that comes in one piece: training and held-out examples, and the folds of a cross-validation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webnn.core.errors import WebNNError

RowNumbers = NDArray[np.intp]


def stratified_split(labels: NDArray[Any], fraction: float, seed: int) -> tuple[RowNumbers, RowNumbers]:
    """Row numbers (kept, held out), ascending, with `fraction` of each class held out at random.

    Each class gives round(fraction * its size) examples, at least one where it has two. The same seed gives the same
    split. Raises `WebNNError("invalid_dataset")` unless 0 < fraction < 1.
    """
    _check_fraction(fraction)
    rng = np.random.default_rng(seed)
    held_out = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        count = min(max(1, round(fraction * len(rows))), len(rows) - 1)
        held_out[rng.permutation(rows)[:count]] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def random_split(count: int, fraction: float, seed: int) -> tuple[RowNumbers, RowNumbers]:
    """Row numbers (kept, held out) of `count` rows, ascending, with round(fraction * count) held out at random, at
    least one. The same seed gives the same split. Raises `WebNNError("invalid_dataset")` unless 0 < fraction < 1.
    """
    _check_fraction(fraction)
    order = np.random.default_rng(seed).permutation(count)
    size = min(max(1, round(fraction * count)), count - 1)
    return np.sort(order[size:]), np.sort(order[:size])


def split_rows(targets: NDArray[Any], fraction: float, seed: int, *, stratified: bool) -> tuple[RowNumbers, RowNumbers]:
    """Row numbers (kept, held out), each class alike where `stratified`."""
    if stratified:
        return stratified_split(targets, fraction, seed)
    return random_split(len(targets), fraction, seed)


def folds(targets: NDArray[Any], count: int, seed: int, *, stratified: bool) -> list[RowNumbers]:
    """Cut the rows of `targets` into `count` held-out sets (ascending row numbers) for a cross-validation.

    Every row is in exactly one, their sizes differ by one at most, and, where `stratified`, so does the number of rows
    of each class. The same seed gives the same folds. Raises `WebNNError("invalid_dataset")` unless 2 <= count <= rows.
    """
    if not 2 <= count <= len(targets):
        raise WebNNError(
            "invalid_dataset", f"{len(targets)} examples cannot be cut into {count} folds: take 2 to {len(targets)}."
        )
    order = np.random.default_rng(seed).permutation(len(targets))
    if stratified:  # like with like; dealt out in turn, each fold gets as many of a class
        order = order[np.argsort(targets[order], kind="stable")]
    return [np.sort(order[first::count]) for first in range(count)]


def rows_without(count: int, held_out: Sequence[RowNumbers]) -> RowNumbers:
    """The rows of 0 to `count` - 1 that none of `held_out` has, ascending."""
    kept = np.ones(count, dtype=bool)
    for rows in held_out:
        kept[rows] = False
    return np.flatnonzero(kept)


def _check_fraction(fraction: float) -> None:
    if not 0 < fraction < 1:
        raise WebNNError("invalid_dataset", f"The fraction held out must be between 0 and 1, not {fraction}.")
