"""`clip`: no contribution is longer than a few times what is usual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from webnn.core.events import Vector
from webnn.core.merging.base import State
from webnn.core.merging.options import Number, Option, Options, Whole
from webnn.core.robust.base import Piece, lengths

NORMS = "robust.norms"


@dataclass(frozen=True)
class Clip:
    """d_k <- d_k min(1, c m sqrt(s_k) / |d_k|), s_k its steps, m the median of the last |d| / sqrt(s) that were
    accepted (as they were: clipped) and of those at hand. Sun 2019, arXiv 1911.07963, section 4.2 (norm thresholding),
    with the bound found from the history, as Andrew 2021, arXiv 1905.03871, does.

    It bounds what one update can do, and also works where updates are merged one at a time. The first update of all
    passes as it is.
    """

    factor: float = 3.0
    memory: int = 64
    name: ClassVar[str] = "clip"
    needs_several: ClassVar[bool] = False
    works_on_deltas: ClassVar[bool] = True

    def reduce(self, pieces: Sequence[Piece], state: State) -> list[Vector]:
        known = state.get(NORMS, np.empty(0))
        roots = np.sqrt([piece.iterations for piece in pieces])
        long = np.array(lengths(pieces))
        bounds = self.factor * float(np.median(np.concatenate([known, long / roots]))) * roots
        state[NORMS] = np.concatenate([known, np.minimum(long, bounds) / roots])[-self.memory :]
        return [
            piece.vector if length <= bound else piece.vector * np.float32(bound / length)
            for piece, length, bound in zip(pieces, long, bounds, strict=True)
        ]


OPTIONS: Mapping[str, Option] = {
    "factor": Number(3.0, 1, 1000, what="times the usual length, and no more"),
    "memory": Whole(64, 2, 4096, "updates whose lengths say what is usual"),
}


def clip(given: Mapping[str, object]) -> Clip:
    """Make the reducer from its options."""
    options = Options("clip", given, OPTIONS, section="robust")
    return Clip(options.number("factor"), options.whole("memory"))
