"""`krum`: the one contribution that lies nearest to most others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from webnn.core.events import Vector
from webnn.core.merging.base import State
from webnn.core.merging.options import Number, Option, Options
from webnn.core.robust.base import Piece, distances, lengths, outvoted

SHARE = Number(0.3, 0, 0.5, what="of the contributions that may be lies")


def stands(share: float, count: int) -> int:
    """Count the liars that Krum stands among `count`: n >= 2 f + 3."""
    return outvoted(share, count, (count - 3) // 2)


def scores(apart: NDArray[np.float64], liars: int) -> NDArray[np.float64]:
    """Add up each one's squared distances to its n - f - 2 nearest others (at least one)."""
    count = len(apart)
    nearest = max(count - liars - 2, 1)
    sums: NDArray[np.float64] = np.sort(apart, axis=1)[:, 1 : 1 + nearest].sum(axis=1)
    return sums


def ranked(pieces: Sequence[Piece], apart: NDArray[np.float64], liars: int) -> list[int]:
    """List the places of the pieces, the best first; of equally good ones the shortest, whatever their order."""
    sums = scores(apart, liars)
    highest = float(sums.max())
    return [int(place) for place in np.lexsort((np.array(lengths(pieces)), np.round(sums / (highest or 1.0), 9)))]


@dataclass(frozen=True)
class Krum:
    """x = the x_k with the least sum of squared distances to its n - f - 2 nearest. Blanchard 2017, arXiv 1703.02757,
    section 4. f is `share` of the n contributions, rounded up, as far as n >= 2 f + 3 allows.
    """

    share: float = 0.3
    name: ClassVar[str] = "krum"
    needs_several: ClassVar[bool] = True
    works_on_deltas: ClassVar[bool] = False

    def reduce(self, pieces: Sequence[Piece], state: State) -> list[Vector]:
        if len(pieces) == 1:
            return [pieces[0].vector]
        best = ranked(pieces, distances(pieces), stands(self.share, len(pieces)))[0]
        return [pieces[best].vector] * len(pieces)


OPTIONS: Mapping[str, Option] = {"share": SHARE}


def krum(given: Mapping[str, object]) -> Krum:
    """Make the reducer from its options."""
    return Krum(Options("krum", given, OPTIONS, section="robust").number("share"))
