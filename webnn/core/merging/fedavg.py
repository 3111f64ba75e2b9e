"""`fedavg`: rounds that end in the mean of the volunteers' weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from webnn.core.events import Vector
from webnn.core.merging.base import Contribution, Match, State, Wants
from webnn.core.merging.combine import replace_by_mean
from webnn.core.merging.options import Option, Options
from webnn.core.merging.rounds import LEASE_OPTIONS, QUORUM_OPTIONS, Rounds


@dataclass(frozen=True)
class FedAvg(Rounds):
    """W <- sum over k of (n_k/n) P_k, n_k the examples of volunteer k. McMahan 2017, arXiv 1602.05629, Algorithm 1.

    t <- max(t, p). What the paper calls C is the quorum; its E epochs are `iterations` of local steps.
    """

    name: ClassVar[str] = "fedavg"
    wants: ClassVar[Wants] = Wants.WEIGHTS

    def merge(self, weights: Vector, contributions: Sequence[Contribution], iterations: int, state: State) -> None:
        replace_by_mean(weights, contributions, [each.num_examples * each.weight for each in contributions])


OPTIONS: Mapping[str, Option] = {**LEASE_OPTIONS, **QUORUM_OPTIONS}


def fedavg(given: Mapping[str, object]) -> FedAvg:
    """Make the rule from its options."""
    options = Options("fedavg", given, OPTIONS)
    return FedAvg(
        quorum=options.whole_or_none("quorum"),
        backup=options.whole("backup"),
        seconds=options.number("seconds"),
        lease_iterations=options.whole_or_none("iterations"),
        match=Match(options.word("match")),
    )
