"""What a robust reducer is, and the small arithmetic that several of them share."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from webnn.core.events import Vector
from webnn.core.merging.base import CHUNK, State, chunks


@dataclass(frozen=True, slots=True)
class Piece:
    """One contribution as a reducer sees it: a flat float32 vector, and the optimiser steps behind it."""

    vector: Vector = field(compare=False, repr=False)
    iterations: int = 1


class Reducer(Protocol):
    """Makes of several vectors as many that a few arbitrary ones among them cannot move far. Pure: it never alters its
    inputs, and keeps its memory in `state` alone.
    """

    @property
    def name(self) -> str: ...

    @property
    def needs_several(self) -> bool:
        """Whether one update at a time gives it nothing to compare, so that it needs a rule that collects."""

    @property
    def works_on_deltas(self) -> bool:
        """Whether it measures lengths, so that trained weights must have their base taken off first."""

    def reduce(self, pieces: Sequence[Piece], state: State) -> list[Vector]:
        """Return one vector for each piece, in order; the same object may stand for several. One piece alone, with
        nothing remembered, comes back as it is.
        """


def outvoted(share: float, count: int, limit: int) -> int:
    """Count the liars among `count` that a reducer shall stand: `share` of them, rounded up, at most `limit`."""
    return max(min(math.ceil(share * count - 1e-9), limit), 0)


def rows(pieces: Sequence[Piece]) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Stack the pieces, a slice of all of them at a time that fits the cache: (slice, [pieces, numbers])."""
    vectors = [piece.vector for piece in pieces]
    length, width = len(vectors[0]), max(CHUNK // len(vectors), 1024)
    for first in range(0, length, width):
        part = slice(first, min(first + width, length))
        yield part, np.stack([vector[part] for vector in vectors])


def norm(vector: Vector) -> float:
    """The Euclidean norm, summed in float64."""
    total = 0.0
    for chunk in chunks(len(vector)):
        wide = vector[chunk].astype(np.float64)
        total += float(np.dot(wide, wide))
    return math.sqrt(total)


def lengths(pieces: Sequence[Piece]) -> list[float]:
    """The Euclidean norm of each piece."""
    return [norm(piece.vector) for piece in pieces]


def distances(pieces: Sequence[Piece]) -> NDArray[np.float64]:
    """Squared Euclidean distances between all pieces, [pieces, pieces]."""
    count = len(pieces)
    products = np.zeros((count, count))
    for _, block in rows(pieces):
        wide = block.astype(np.float64)
        products += wide @ wide.T
    squares = np.diag(products)
    apart = squares[:, None] + squares[None, :] - 2 * products
    np.fill_diagonal(apart, 0.0)
    return np.maximum(apart, 0.0)


def mean(pieces: Sequence[Piece]) -> Vector:
    """The mean of the pieces, which stays within their range but for rounding."""
    made = np.empty_like(pieces[0].vector)
    for part, block in rows(pieces):
        made[part] = block.mean(axis=0, dtype=np.float64)
    return made
