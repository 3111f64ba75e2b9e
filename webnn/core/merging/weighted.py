"""`weighted`: the mean weighted by the iterations behind each set of weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from webnn.core.events import Vector
from webnn.core.merging.base import Contribution, Local, Offer, State, move_towards
from webnn.core.merging.eager import AT, At, Eager
from webnn.core.merging.options import Options


@dataclass(frozen=True)
class Weighted(Eager):
    """W <- (W t + P p)/(t + p); t <- max(t, p). WebNN report 2018, eq. 1.3. Several at once: one mean of all."""

    name: ClassVar[str] = "weighted"

    def merge_here(self, weights: Vector, contributions: Sequence[Contribution], iterations: int, state: State) -> None:
        total = iterations
        for contribution in contributions:
            total += contribution.position
            move_towards(weights, contribution.payload, contribution.position / total)

    def step(self, contributions: Sequence[Contribution], iterations: int) -> float | None:
        if self.at is At.PEER or len(contributions) != 1:
            return None
        position = contributions[0].position
        return position / (iterations + position)

    def peer_share(self, local: Local, offer: Offer) -> float:
        return offer.iterations / (local.iterations + offer.iterations)


def weighted(given: Mapping[str, object]) -> Weighted:
    """Make the rule from its options."""
    return Weighted(At(Options("weighted", given, AT).word("at")))
