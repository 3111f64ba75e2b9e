"""`bulyan`: Krum again and again to choose, then a trimmed mean of what was chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from webnn.core.events import Vector
from webnn.core.merging.base import State
from webnn.core.merging.options import Option, Options
from webnn.core.robust.base import Piece, distances, outvoted, rows
from webnn.core.robust.krum import SHARE, ranked


@dataclass(frozen=True)
class Bulyan:
    """Choose n - 2 f by repeated Krum; then x_j = the mean of the n - 4 f chosen x_kj nearest to their median.
    El Mhamdi 2018, arXiv 1802.07927, section 4. f is `share` of the n contributions, rounded up, as far as n >= 4 f + 3
    allows: below seven contributions it stands none.
    """

    share: float = 0.3
    name: ClassVar[str] = "bulyan"
    needs_several: ClassVar[bool] = True
    works_on_deltas: ClassVar[bool] = False

    def reduce(self, pieces: Sequence[Piece], state: State) -> list[Vector]:
        count = len(pieces)
        if count == 1:
            return [pieces[0].vector]
        liars = outvoted(self.share, count, (count - 3) // 4)
        chosen = self._choose(pieces, liars)
        kept = len(chosen) - 2 * liars
        made = np.empty_like(pieces[0].vector)
        for part, block in rows(chosen):
            away = np.abs(block - np.median(block, axis=0))
            nearest = np.argsort(away, axis=0, kind="stable")[:kept]
            made[part] = np.take_along_axis(block, nearest, axis=0).mean(axis=0, dtype=np.float64)
        return [made] * count

    @staticmethod
    def _choose(pieces: Sequence[Piece], liars: int) -> list[Piece]:
        apart, left = distances(pieces), list(range(len(pieces)))
        chosen: list[Piece] = []
        while len(chosen) < len(pieces) - 2 * liars:
            there = [pieces[place] for place in left]
            best = ranked(there, apart[np.ix_(left, left)], liars)[0] if len(left) > 1 else 0
            chosen.append(pieces[left.pop(best)])
        return chosen


OPTIONS: Mapping[str, Option] = {"share": SHARE}


def bulyan(given: Mapping[str, object]) -> Bulyan:
    """Make the reducer from its options."""
    return Bulyan(Options("bulyan", given, OPTIONS, section="robust").number("share"))
