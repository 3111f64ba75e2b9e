"""What most merge rules answer to what a run asks of them."""

from __future__ import annotations

from collections.abc import Sequence

from webnn.core.merging.base import Collect, Contribution, Crew, Immediate, Match, State, Terms


class Defaults:
    """A strategy without memory that merges each update as it comes, from leases sized in seconds.

    A rule derives from this and overrides what is different, with a property, a class variable or a field.
    """

    @property
    def collect(self) -> Collect:
        return Immediate()

    @property
    def takes_whole(self) -> bool:
        return False

    @property
    def lease_iterations(self) -> int | None:
        return None

    @property
    def match(self) -> Match:
        return Match.ITERATIONS

    @property
    def carries(self) -> bool:
        return False

    @property
    def hands_peers(self) -> bool:
        return False

    @property
    def has_terms(self) -> bool:
        return type(self).terms is not Defaults.terms

    def terms(self, crew: Crew) -> Terms | None:
        return None

    @property
    def max_staleness(self) -> int | None:
        return None

    @property
    def needs_base(self) -> bool:
        return False

    @property
    def needs_appraisal(self) -> bool:
        return False

    @property
    def merges_tail(self) -> bool:
        return False

    def reduce(self, contributions: Sequence[Contribution], state: State) -> Sequence[Contribution]:
        return contributions

    def state(self, num_trainable: int) -> State:
        return {}

    def step(self, contributions: Sequence[Contribution], iterations: int) -> float | None:
        return None

    def iterations_after(self, iterations: int, contributions: Sequence[Contribution]) -> int:
        """Count t <- max(t, p): weights that were averaged have as much behind them as the furthest of them."""
        return max(iterations, *(contribution.position for contribution in contributions))


class Accumulating(Defaults):
    """A strategy that adds every update to what the weights have learnt, rather than averaging."""

    def iterations_after(self, iterations: int, contributions: Sequence[Contribution]) -> int:
        """Count t <- t + the iterations of every update."""
        return iterations + sum(contribution.iterations for contribution in contributions)
