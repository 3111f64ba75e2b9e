"""`centred-clipping`: clip what differs from the last aggregate, not the updates themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from webnn.core.events import Vector
from webnn.core.merging.base import State, chunks
from webnn.core.merging.options import Number, Option, Options, Whole
from webnn.core.robust.base import Piece, norm

CENTRE = "robust.centre"
RADII = "robust.radii"
REMEMBERED = 64


@dataclass(frozen=True)
class CentredClipping:
    """v <- b v of the merge before; then, `passes` times, v <- v + mean over k of (x_k - v) min(1, r / |x_k - v|).
    Karimireddy 2021, arXiv 2012.10333, Algorithm 2; b is the momentum, kept here and not on the devices.

    r is `radius`, or else the median of the distances of the last updates. Liars who know the others' updates gain
    little: each of them moves v by r/n at most in a pass. The first update of all passes.
    """

    radius: float | None = None
    momentum: float = 0.9
    passes: int = 3
    name: ClassVar[str] = "centred-clipping"
    needs_several: ClassVar[bool] = False
    works_on_deltas: ClassVar[bool] = True

    def reduce(self, pieces: Sequence[Piece], state: State) -> list[Vector]:
        before = state.get(CENTRE)
        if before is None and len(pieces) == 1:
            state[CENTRE] = pieces[0].vector.copy()
            return [pieces[0].vector]
        centre = np.zeros_like(pieces[0].vector) if before is None else before * np.float32(self.momentum)
        for _ in range(self.passes):
            lengths = np.array([_distance(piece.vector, centre) for piece in pieces])
            radius = self._radius(lengths, state)
            shares = np.where(lengths > radius, radius / np.maximum(lengths, 1e-300), 1.0) / len(pieces)
            centre = _moved(centre, pieces, shares)
        state[CENTRE] = centre
        return [centre] * len(pieces)

    def _radius(self, lengths: NDArray[np.float64], state: State) -> float:
        if self.radius is not None:
            return self.radius
        known = state.get(RADII, np.empty(0))
        radius = float(np.median(np.concatenate([known, lengths])))
        state[RADII] = np.concatenate([known, np.minimum(lengths, radius)])[-REMEMBERED:]
        return radius


def _distance(vector: Vector, centre: Vector) -> float:
    return norm(vector - centre)


def _moved(centre: Vector, pieces: Sequence[Piece], shares: NDArray[np.float64]) -> Vector:
    made = centre.copy()
    for chunk in chunks(len(made)):
        for piece, share in zip(pieces, shares, strict=True):
            made[chunk] += np.float32(share) * (piece.vector[chunk] - centre[chunk])
    return made


OPTIONS: Mapping[str, Option] = {
    "radius": Number(None, 0, 1e9, above=True, what="how far one update can pull; absent: the usual distance"),
    "momentum": Number(0.9, 0, 0.9999, what="of the last aggregate, from which distances are measured"),
    "passes": Whole(3, 1, 100, "how often the centre is moved in one merge"),
}


def centred_clipping(given: Mapping[str, object]) -> CentredClipping:
    """Make the reducer from its options."""
    options = Options("centred-clipping", given, OPTIONS, section="robust")
    return CentredClipping(options.number_or_none("radius"), options.number("momentum"), options.whole("passes"))
