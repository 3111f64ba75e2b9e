"""A merge rule with a robust reducer before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from webnn.core.events import Vector
from webnn.core.merging.base import (
    Collect,
    Contribution,
    Crew,
    Match,
    State,
    Strategy,
    Terms,
    Wants,
)
from webnn.core.robust.base import Piece, Reducer


@dataclass(frozen=True)
class Robust:
    """`rule`, which is given what `reducer` makes of the contributions: each keeps its weight, staleness and place, and
    gets another payload. The reducer's memory lies beside the rule's own, under names that begin with `robust.`.

    Nothing is taken whole any more, since what was sent need not be what counts.
    """

    rule: Strategy
    reducer: Reducer

    def reduce(self, contributions: Sequence[Contribution], state: State) -> Sequence[Contribution]:
        """Reduce whole payloads, non-trainable weights included."""
        bases = [each.base if self._based else None for each in contributions]
        pieces = [
            Piece(each.payload if base is None else each.payload - base, each.iterations)
            for each, base in zip(contributions, bases, strict=True)
        ]
        reduced = self.reducer.reduce(pieces, state)
        return [
            replace(each, payload=vector if base is None else base + vector)
            for each, vector, base in zip(contributions, reduced, bases, strict=True)
        ]

    @property
    def _based(self) -> bool:
        """Whether payloads are weights whose lengths mean nothing."""
        return self.reducer.works_on_deltas and self.rule.wants is Wants.WEIGHTS

    @property
    def name(self) -> str:
        return self.rule.name

    @property
    def wants(self) -> Wants:
        return self.rule.wants

    @property
    def collect(self) -> Collect:
        return self.rule.collect

    @property
    def takes_whole(self) -> bool:
        return False

    @property
    def lease_iterations(self) -> int | None:
        return self.rule.lease_iterations

    @property
    def match(self) -> Match:
        return self.rule.match

    @property
    def carries(self) -> bool:
        return self.rule.carries

    @property
    def has_terms(self) -> bool:
        return self.rule.has_terms

    def terms(self, crew: Crew) -> Terms | None:
        return self.rule.terms(crew)

    @property
    def max_staleness(self) -> int | None:
        return self.rule.max_staleness

    @property
    def needs_base(self) -> bool:
        return self.rule.needs_base or self._based

    @property
    def needs_appraisal(self) -> bool:
        return self.rule.needs_appraisal

    @property
    def hands_peers(self) -> bool:
        return self.rule.hands_peers

    @property
    def merges_tail(self) -> bool:
        return self.rule.merges_tail

    def state(self, num_trainable: int) -> State:
        return self.rule.state(num_trainable)

    def merge(self, weights: Vector, contributions: Sequence[Contribution], iterations: int, state: State) -> None:
        self.rule.merge(weights, contributions, iterations, state)

    def step(self, contributions: Sequence[Contribution], iterations: int) -> float | None:
        return self.rule.step(contributions, iterations)

    def iterations_after(self, iterations: int, contributions: Sequence[Contribution]) -> int:
        return self.rule.iterations_after(iterations, contributions)
