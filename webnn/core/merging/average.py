"""`average`: the plain mean of the run's weights and the volunteer's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from webnn.core.events import Vector
from webnn.core.merging.base import Contribution, Local, Offer, State, move_towards
from webnn.core.merging.eager import AT, At, Eager
from webnn.core.merging.options import Options


@dataclass(frozen=True)
class Average(Eager):
    """W <- (W + P)/2; t <- max(t, p). WebNN report 2018, eq. 1.2. Several at once: the mean of W and every P."""

    name: ClassVar[str] = "average"

    def merge_here(self, weights: Vector, contributions: Sequence[Contribution], iterations: int, state: State) -> None:
        for count, contribution in enumerate(contributions, start=2):
            move_towards(weights, contribution.payload, 1 / count)

    def step(self, contributions: Sequence[Contribution], iterations: int) -> float | None:
        return 1 / 2 if self.at is At.SERVER and len(contributions) == 1 else None

    def peer_share(self, local: Local, offer: Offer) -> float:
        return 1 / 2


def average(given: Mapping[str, object]) -> Average:
    """Make the rule from its options."""
    return Average(At(Options("average", given, AT).word("at")))
