"""`weighted`: the mean weighted by the iterations behind each set of weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from webnn.core.events import Vector
from webnn.core.merging.base import Contribution, State, move_towards
from webnn.core.merging.eager import Eager


@dataclass(frozen=True)
class Weighted(Eager):
    """W <- (W t + P p)/(t + p); t <- max(t, p). WebNN report 2018, eq. 1.3. Several at once: one mean of all."""

    name: ClassVar[str] = "weighted"

    def merge(self, weights: Vector, contributions: Sequence[Contribution], iterations: int, state: State) -> None:
        total = iterations
        for contribution in contributions:
            total += contribution.position
            move_towards(weights, contribution.payload, contribution.position / total)
