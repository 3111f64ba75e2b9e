"""`multi-krum`: the mean of the contributions that Krum finds best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from webnn.core.events import Vector
from webnn.core.merging.base import State
from webnn.core.merging.options import Option, Options
from webnn.core.robust.base import Piece, distances, mean
from webnn.core.robust.krum import SHARE, ranked, stands


@dataclass(frozen=True)
class MultiKrum:
    """x = the mean of the n - f contributions with the least Krum scores. Blanchard 2017, arXiv 1703.02757, section 4
    (m = n - f). f as in `krum`.
    """

    share: float = 0.3
    name: ClassVar[str] = "multi-krum"
    needs_several: ClassVar[bool] = True
    works_on_deltas: ClassVar[bool] = False

    def reduce(self, pieces: Sequence[Piece], state: State) -> list[Vector]:
        count = len(pieces)
        if count == 1:
            return [pieces[0].vector]
        liars = stands(self.share, count)
        order = ranked(pieces, distances(pieces), liars)
        made = mean([pieces[place] for place in order[: count - liars]])
        return [made] * count


OPTIONS: Mapping[str, Option] = {"share": SHARE}


def multi_krum(given: Mapping[str, object]) -> MultiKrum:
    """Make the reducer from its options."""
    return MultiKrum(Options("multi-krum", given, OPTIONS, section="robust").number("share"))
