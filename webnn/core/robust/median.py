"""`median`: the middle of every coordinate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from webnn.core.events import Vector
from webnn.core.merging.base import State
from webnn.core.merging.options import Option, Options
from webnn.core.robust.base import Piece, rows


@dataclass(frozen=True)
class Median:
    """x_j = median over k of x_kj, each coordinate j by itself. Yin 2018, arXiv 1803.01498, Definition 1.

    Stands any minority of liars. Among an even number it is the mean of the two in the middle.
    """

    name: ClassVar[str] = "median"
    needs_several: ClassVar[bool] = True
    works_on_deltas: ClassVar[bool] = False

    def reduce(self, pieces: Sequence[Piece], state: State) -> list[Vector]:
        made = np.empty_like(pieces[0].vector)
        for part, block in rows(pieces):
            made[part] = np.median(block, axis=0)
        return [made] * len(pieces)


OPTIONS: Mapping[str, Option] = {}


def median(given: Mapping[str, object]) -> Median:
    """Make the reducer from its options, of which it has none."""
    Options("median", given, OPTIONS, section="robust")
    return Median()
