"""`diloco-async`: many local steps merged as they come, with momentum that is brought up to date now and then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from webnn.core.errors import WebNNError
from webnn.core.events import Vector
from webnn.core.merging.base import Contribution, Match, State, Wants, chunks
from webnn.core.merging.defaults import Defaults
from webnn.core.merging.options import Choice, Number, Option, Options, Whole
from webnn.core.merging.rounds import LEASE_OPTIONS, MAX_VOLUNTEERS


@dataclass(frozen=True)
class DiLoCoAsync(Defaults):
    """Delayed Nesterov. Liu 2024, arXiv 2401.09135, its update with momentum decay b, activation c and buffer N.

    For each delta d (trained minus base): W += r (c b m + d/N); but for every N-th, m <- b m + (the mean of the last N)
    first, and W += r ((1 - c N + c) b m + d/N). In N updates, momentum so acts once, spread by c over them (0: all at
    the N-th; 1/N: evenly). With b = 0, the N deltas move W by r times their mean.

    The paper's dynamic local updates are `match` "speed": leases matched to each device's. t <- max(t, p). Several at
    once are taken one after another.
    """

    rate: float = 0.7
    momentum: float = 0.9
    activation: float = 0.0
    size: int = 4
    max_staleness: int | None = None
    lease_iterations: int | None = None
    match: Match = Match.SPEED
    name: ClassVar[str] = "diloco-async"
    wants: ClassVar[Wants] = Wants.DELTA

    def state(self, num_trainable: int) -> State:
        return {
            "momentum": np.zeros(num_trainable, np.float32),
            "sum": np.zeros(num_trainable, np.float32),
            "count": np.zeros(1, np.int64),
        }

    def merge(self, weights: Vector, contributions: Sequence[Contribution], iterations: int, state: State) -> None:
        for contribution in contributions:
            state["count"] += 1
            last = bool(state["count"][0] == self.size)
            for chunk in chunks(len(weights)):
                self._take(
                    weights[chunk], contribution.payload[chunk] * np.float32(contribution.weight), chunk, state, last
                )
            if last:
                state["count"][:] = 0

    def _take(self, weights: Vector, delta: Vector, chunk: slice, state: State, last: bool) -> None:
        momentum, total = state["momentum"][chunk], state["sum"][chunk]
        total += delta
        activation = self.activation
        if last:
            momentum *= np.float32(self.momentum)
            momentum += total / np.float32(self.size)
            total[:] = 0
            activation = 1 - self.activation * (self.size - 1)
        delta /= np.float32(self.size)
        delta += np.float32(activation * self.momentum) * momentum
        delta *= np.float32(self.rate)
        weights += delta


OPTIONS: Mapping[str, Option] = {
    "rate": Number(0.7, 0, 100, above=True, what="the outer rate"),
    "momentum": Number(0.9, 0, 0.9999, what="the outer momentum"),
    "activation": Number(0.0, 0, 1, what="the share of the momentum in each update between; at most 1/size"),
    "size": Whole(4, 1, MAX_VOLUNTEERS, "updates from one change of the momentum to the next; about the volunteers"),
    "maxStaleness": Whole(None, 0, 1_000_000, "staler updates are dropped; absent: none are"),
    "iterations": LEASE_OPTIONS["iterations"],
    "match": Choice((Match.SPEED, Match.ITERATIONS), "what `iterations` are: the fastest device's, or every lease's"),
}


def diloco_async(given: Mapping[str, object]) -> DiLoCoAsync:
    """Make the rule from its options."""
    options = Options("diloco-async", given, OPTIONS)
    size, activation = options.whole("size"), options.number("activation")
    if activation * size > 1:
        raise WebNNError("settings", f"merge.diloco-async.activation must be at most 1/size = {1 / size:g}.")
    return DiLoCoAsync(
        rate=options.number("rate"),
        momentum=options.number("momentum"),
        activation=activation,
        size=size,
        max_staleness=options.whole_or_none("maxStaleness"),
        lease_iterations=options.whole_or_none("iterations"),
        match=Match(options.word("match")),
    )
