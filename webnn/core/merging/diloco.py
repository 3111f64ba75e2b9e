"""`diloco`: rounds of many local steps, with momentum between the rounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from webnn.core.events import Vector
from webnn.core.merging.base import Contribution, Match, State, Wants, chunks
from webnn.core.merging.combine import equal_shares, weighted_sum
from webnn.core.merging.options import Number, Option, Options
from webnn.core.merging.rounds import LEASE_OPTIONS, QUORUM_OPTIONS, Rounds


@dataclass(frozen=True)
class DiLoCo(Rounds):
    """m <- b m + d, W += r (d + b m), d = (1/N) sum over k of d_k. Douillard 2023, arXiv 2311.08105, Algorithm 1.

    d_k is a delta, trained minus base: the outer gradient with its sign turned. The outer optimiser is SGD with
    Nesterov momentum, b = `momentum`, r = `rate`. With r = 1 and b = 0 it is the plain mean of the weights.
    t <- max(t, p).
    """

    rate: float = 0.7
    momentum: float = 0.9
    name: ClassVar[str] = "diloco"
    wants: ClassVar[Wants] = Wants.DELTA

    def state(self, num_trainable: int) -> State:
        return {"momentum": np.zeros(num_trainable, np.float32)}

    def merge(self, weights: Vector, contributions: Sequence[Contribution], iterations: int, state: State) -> None:
        shares = equal_shares(contributions)
        if not any(shares):
            return
        for chunk in chunks(len(weights)):
            step = weighted_sum(contributions, shares, chunk)
            momentum = state["momentum"][chunk]
            momentum *= np.float32(self.momentum)
            momentum += step
            step += np.float32(self.momentum) * momentum
            step *= np.float32(self.rate)
            weights[chunk] += step


OPTIONS: Mapping[str, Option] = {
    "rate": Number(0.7, 0, 100, above=True, what="the outer rate"),
    "momentum": Number(0.9, 0, 0.9999, what="the outer Nesterov momentum"),
    **LEASE_OPTIONS,
    **QUORUM_OPTIONS,
}


def diloco(given: Mapping[str, object]) -> DiLoCo:
    """Make the rule from its options."""
    options = Options("diloco", given, OPTIONS)
    return DiLoCo(
        quorum=options.whole_or_none("quorum"),
        backup=options.whole("backup"),
        seconds=options.number("seconds"),
        lease_iterations=options.whole_or_none("iterations"),
        match=Match(options.word("match")),
        rate=options.number("rate"),
        momentum=options.number("momentum"),
    )
