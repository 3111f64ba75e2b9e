"""`trimmed-mean`: of every coordinate, the mean of what is left when both ends are cut off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from webnn.core.events import Vector
from webnn.core.merging.base import State
from webnn.core.merging.options import Number, Option, Options
from webnn.core.robust.base import Piece, outvoted, rows


@dataclass(frozen=True)
class TrimmedMean:
    """x_j = mean of the x_kj without the f largest and the f smallest. Yin 2018, arXiv 1803.01498, Definition 2.

    f is `share` of the contributions, rounded up, and leaves at least one.
    """

    share: float = 0.2
    name: ClassVar[str] = "trimmed-mean"
    needs_several: ClassVar[bool] = True
    works_on_deltas: ClassVar[bool] = False

    def reduce(self, pieces: Sequence[Piece], state: State) -> list[Vector]:
        count = len(pieces)
        cut = outvoted(self.share, count, (count - 1) // 2)
        made = np.empty_like(pieces[0].vector)
        for part, block in rows(pieces):
            block.sort(axis=0)
            made[part] = block[cut : count - cut].mean(axis=0, dtype=np.float64)
        return [made] * count


OPTIONS: Mapping[str, Option] = {"share": Number(0.2, 0, 0.5, what="of the contributions, cut off at each end")}


def trimmed_mean(given: Mapping[str, object]) -> TrimmedMean:
    """Make the reducer from its options."""
    return TrimmedMean(Options("trimmed-mean", given, OPTIONS, section="robust").number("share"))
