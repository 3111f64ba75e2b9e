"""`fedasync`: each volunteer's weights are mixed in as they come, the staler the less."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from webnn.core.events import Vector
from webnn.core.merging.base import Contribution, Match, State, Wants, move_towards
from webnn.core.merging.defaults import Defaults
from webnn.core.merging.options import Choice, Number, Option, Options, Whole
from webnn.core.merging.rounds import LEASE_OPTIONS
from webnn.core.merging.staleness import PARAMETERS, STANDARD, Discount, Form, read_discount


@dataclass(frozen=True)
class FedAsync(Defaults):
    """W <- (1 - a_t) W + a_t P, a_t = alpha s(staleness). Xie 2019, arXiv 1903.03934, Algorithm 1.

    s is one of `staleness.Form`. The paper's proximal term of the local loss is left to the client's optimiser, and is
    not there. t <- max(t, p). Several at once are mixed in one after another.
    """

    alpha: float = 0.6
    discount: Discount = STANDARD
    max_staleness: int | None = None
    lease_iterations: int | None = None
    match: Match = Match.ITERATIONS
    name: ClassVar[str] = "fedasync"
    wants: ClassVar[Wants] = Wants.WEIGHTS

    def merge(self, weights: Vector, contributions: Sequence[Contribution], iterations: int, state: State) -> None:
        for contribution in contributions:
            move_towards(weights, contribution.payload, self._share(contribution))

    def step(self, contributions: Sequence[Contribution], iterations: int) -> float | None:
        return self._share(contributions[0]) if len(contributions) == 1 else None

    def _share(self, contribution: Contribution) -> float:
        return min(self.alpha * self.discount.factor(contribution.staleness) * contribution.weight, 1.0)


OPTIONS: Mapping[str, Option] = {
    "alpha": Number(0.6, 0, 1, above=True, what="the share of weights that are not stale"),
    "staleness": Choice(tuple(Form), "how that share falls with staleness"),
    **PARAMETERS,
    "maxStaleness": Whole(None, 0, 1_000_000, "staler updates are dropped; absent: none are"),
    **LEASE_OPTIONS,
}


def fedasync(given: Mapping[str, object]) -> FedAsync:
    """Make the rule from its options."""
    options = Options("fedasync", given, OPTIONS)
    return FedAsync(
        alpha=options.number("alpha"),
        discount=read_discount(options),
        max_staleness=options.whole_or_none("maxStaleness"),
        lease_iterations=options.whole_or_none("iterations"),
        match=Match(options.word("match")),
    )
