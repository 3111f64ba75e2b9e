"""Some rows of an array, or of several end to end, in an order of their own: read when they are asked for.

So a memory map of more than the memory is shuffled, split and dealt out without being copied.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

EAGER_BYTES = 64 * 2**20
"""Rows of up to so many bytes are copied at once, which is simpler and faster."""

SCRATCH_BYTES = 256 * 2**20
"""Arrays that are made here and are larger lie in an unnamed file, which the system may write out."""


class Rows:
    """Stands in for the array `concatenate(pieces)[rows]` wherever rows are read: `len`, `shape`, `dtype`, and
    indexing along the first axis by a number, a slice or an array of numbers, which copies what it gives.
    """

    def __init__(self, pieces: Sequence[NDArray[Any]], rows: NDArray[np.intp]) -> None:
        self._pieces = tuple(pieces)
        self._ends = np.cumsum([len(piece) for piece in self._pieces])
        self._rows = rows
        self.shape = (len(rows), *self._pieces[0].shape[1:])
        self.dtype = self._pieces[0].dtype

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        return self.size * self.dtype.itemsize

    def __getitem__(self, key: int | slice | NDArray[np.intp]) -> NDArray[Any]:
        chosen = self._rows[key]
        return gather(self._pieces, self._ends, chosen) if chosen.ndim else self._one(int(chosen))

    def _one(self, row: int) -> NDArray[Any]:
        return cast(NDArray[Any], gather(self._pieces, self._ends, np.array([row]))[0])


def gather(pieces: Sequence[NDArray[Any]], ends: NDArray[np.intp], rows: NDArray[np.intp]) -> NDArray[Any]:
    """`concatenate(pieces)[rows]`; `ends` are the running totals of their lengths. Each is read in ascending order,
    which a disk likes.
    """
    result = np.empty((len(rows), *pieces[0].shape[1:]), pieces[0].dtype)
    order = np.argsort(rows, kind="stable")
    bounds = np.searchsorted(rows[order], ends)
    first, start = 0, 0
    for piece, last, end in zip(pieces, bounds, ends, strict=True):
        places = order[first:last]
        if len(places):
            result[places] = piece[rows[places] - start]
        first, start = last, end
    return result


def take(pieces: Sequence[NDArray[Any]], rows: NDArray[np.intp]) -> NDArray[Any]:
    """`concatenate(pieces)[rows]`, as `Rows` where that is large (numbers one a row, such as class ids, never are)."""
    view = Rows(pieces, rows)
    if view.ndim == 1 or view.nbytes <= EAGER_BYTES:
        return view[:]
    return cast(NDArray[Any], view)


def scratch(shape: Sequence[int], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return a new array to fill, in memory or, where it is large, in an unnamed temporary file."""
    if math.prod(shape) * dtype.itemsize <= SCRATCH_BYTES:
        return np.empty(tuple(shape), dtype)
    with tempfile.TemporaryFile() as file:
        return np.memmap(file, dtype=dtype, mode="w+", shape=tuple(shape))
