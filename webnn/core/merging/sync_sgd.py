"""`sync-sgd`: one big batch, computed by many volunteers, a few of them in reserve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from webnn.core.events import Vector
from webnn.core.merging.base import Contribution, State, Wants, chunks
from webnn.core.merging.combine import equal_shares, weighted_sum
from webnn.core.merging.options import Number, Option, Options, Whole
from webnn.core.merging.rounds import MAX_ITERATIONS, QUORUM_OPTIONS, Rounds


@dataclass(frozen=True)
class SyncSgd(Rounds):
    """W -= r v, v <- m v + (1/N) sum over k of g_k. Chen 2016, arXiv 1604.00981, Algorithms 3 and 4.

    N is the number of gradients that came in time: the first `quorum` of `quorum + backup` volunteers', the others are
    dropped. r is `learning_rate`, or the mean of the leases' rates; m, `momentum`, is 0 in the paper's rule and makes
    v superfluous. A lease is one step unless `lease_iterations` says otherwise; g_k is then the sum over its steps.
    t <- max(t, p).
    """

    learning_rate: float | None = None
    momentum: float = 0.0
    lease_iterations: int | None = 1
    name: ClassVar[str] = "sync-sgd"
    wants: ClassVar[Wants] = Wants.GRADIENT

    def state(self, num_trainable: int) -> State:
        return {"velocity": np.zeros(num_trainable, np.float32)} if self.momentum else {}

    def merge(self, weights: Vector, contributions: Sequence[Contribution], iterations: int, state: State) -> None:
        shares = equal_shares(contributions)
        if not any(shares):
            return
        rate = self.learning_rate
        if rate is None:
            rate = sum(share * each.learning_rate for share, each in zip(shares, contributions, strict=True))
        for chunk in chunks(len(weights)):
            step = weighted_sum(contributions, shares, chunk)
            if self.momentum:
                velocity = state["velocity"][chunk]
                velocity *= np.float32(self.momentum)
                velocity += step
                np.copyto(step, velocity)
            step *= np.float32(rate)
            weights[chunk] -= step


OPTIONS: Mapping[str, Option] = {
    "learningRate": Number(None, 0, 1000, above=True, what="the server's rate; absent: the lease's"),
    "momentum": Number(0.0, 0, 0.9999, what="of the server's velocity"),
    "iterations": Whole(1, 1, MAX_ITERATIONS, "local steps whose gradients are summed"),
    **QUORUM_OPTIONS,
}


def sync_sgd(given: Mapping[str, object]) -> SyncSgd:
    """Make the rule from its options."""
    options = Options("sync-sgd", given, OPTIONS)
    return SyncSgd(
        quorum=options.whole_or_none("quorum"),
        backup=options.whole("backup"),
        seconds=options.number("seconds"),
        lease_iterations=options.whole("iterations"),
        learning_rate=options.number_or_none("learningRate"),
        momentum=options.number("momentum"),
    )
