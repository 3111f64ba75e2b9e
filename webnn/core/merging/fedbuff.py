"""`fedbuff`: asynchronous volunteers, merged a handful at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from webnn.core.events import Vector
from webnn.core.merging.base import Buffer, Contribution, Match, State, Wants, chunks
from webnn.core.merging.combine import weighted_sum
from webnn.core.merging.defaults import Defaults
from webnn.core.merging.options import Choice, Number, Option, Options, Whole
from webnn.core.merging.rounds import LEASE_OPTIONS, MAX_VOLUNTEERS
from webnn.core.merging.staleness import PARAMETERS, STANDARD, Discount, Form, read_discount


@dataclass(frozen=True)
class FedBuff(Defaults):
    """W += r v, v <- m v + (1/K) sum over k of s(staleness_k) d_k. Nguyen 2022, arXiv 2106.06639, Algorithm 1.

    d_k is a delta, trained minus base; K = `size` of them are merged at once (fewer, and K their number, when no more
    come for `seconds`). The paper's s is `polynomial` with a = 1/2, and m, `momentum`, 0. t <- max(t, p).
    """

    size: int = 10
    seconds: float = 30.0
    rate: float = 1.0
    momentum: float = 0.0
    discount: Discount = STANDARD
    max_staleness: int | None = None
    lease_iterations: int | None = None
    match: Match = Match.ITERATIONS
    name: ClassVar[str] = "fedbuff"
    wants: ClassVar[Wants] = Wants.DELTA

    @property
    def collect(self) -> Buffer:
        return Buffer(self.size, self.seconds)

    def state(self, num_trainable: int) -> State:
        return {"velocity": np.zeros(num_trainable, np.float32)} if self.momentum else {}

    def merge(self, weights: Vector, contributions: Sequence[Contribution], iterations: int, state: State) -> None:
        factors = [self.discount.factor(each.staleness) * each.weight / len(contributions) for each in contributions]
        for chunk in chunks(len(weights)):
            step = weighted_sum(contributions, factors, chunk)
            if self.momentum:
                velocity = state["velocity"][chunk]
                velocity *= np.float32(self.momentum)
                velocity += step
                np.copyto(step, velocity)
            step *= np.float32(self.rate)
            weights[chunk] += step


OPTIONS: Mapping[str, Option] = {
    "size": Whole(10, 1, MAX_VOLUNTEERS, "updates that are merged at once"),
    "seconds": Number(30.0, 0, 86_400, above=True, what="fewer are merged this long after the first of them"),
    "rate": Number(1.0, 0, 100, above=True, what="the server's rate"),
    "momentum": Number(0.0, 0, 0.9999, what="of the server's velocity"),
    "staleness": Choice(tuple(Form), "how an update counts less with staleness"),
    **PARAMETERS,
    "maxStaleness": Whole(None, 0, 1_000_000, "staler updates are dropped; absent: none are"),
    **LEASE_OPTIONS,
}


def fedbuff(given: Mapping[str, object]) -> FedBuff:
    """Make the rule from its options."""
    options = Options("fedbuff", given, OPTIONS)
    return FedBuff(
        size=options.whole("size"),
        seconds=options.number("seconds"),
        rate=options.number("rate"),
        momentum=options.number("momentum"),
        discount=read_discount(options),
        max_staleness=options.whole_or_none("maxStaleness"),
        lease_iterations=options.whole_or_none("iterations"),
        match=Match(options.word("match")),
    )
