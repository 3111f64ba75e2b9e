"""`downpour`: gradients applied as they come, each weight with a rate of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import numpy as np

from webnn.core.errors import WebNNError
from webnn.core.events import Vector
from webnn.core.merging.base import Contribution, Crew, State, Terms, Wants, chunks
from webnn.core.merging.defaults import Accumulating
from webnn.core.merging.options import Choice, Number, Option, Options, Whole
from webnn.core.merging.rounds import MAX_ITERATIONS


class ServerOptimizer(StrEnum):
    """What turns a gradient into a step."""

    ADAGRAD = "adagrad"
    SGD = "sgd"


@dataclass(frozen=True)
class Downpour(Accumulating):
    """s += g g, W -= r g / sqrt(s). Dean 2012, section 4.1 (Downpour SGD with Adagrad) and Algorithm 1.1.

    g is what a volunteer accumulated in `lease_iterations` local steps (the paper's n_push). It fetches W before every
    `updates_a_fetch`-th lease (so n_fetch is n_push times that), and goes on from its own weights in between. r is
    `learning_rate`, or the lease's; s starts at `initial_accumulator`, so that the first steps are not the largest.
    `sgd`: W -= r g. t <- t + the iterations of g. Several at once are applied one after another.
    """

    optimizer: ServerOptimizer = ServerOptimizer.ADAGRAD
    learning_rate: float | None = None
    initial_accumulator: float = 0.1
    lease_iterations: int | None = 1
    updates_a_fetch: int = 1
    name: ClassVar[str] = "downpour"
    wants: ClassVar[Wants] = Wants.GRADIENT

    def state(self, num_trainable: int) -> State:
        if self.optimizer is ServerOptimizer.SGD:
            return {}
        return {"squares": np.full(num_trainable, self.initial_accumulator, np.float32)}

    def terms(self, crew: Crew) -> Terms | None:
        fetches = crew.local is None or crew.local.updates >= self.updates_a_fetch
        return Terms(self.lease_iterations, keep=None if fetches else 1.0)

    def merge(self, weights: Vector, contributions: Sequence[Contribution], iterations: int, state: State) -> None:
        for contribution in contributions:
            rate = contribution.learning_rate if self.learning_rate is None else self.learning_rate
            for chunk in chunks(len(weights)):
                step = contribution.payload[chunk] * np.float32(contribution.weight)
                if self.optimizer is ServerOptimizer.ADAGRAD:
                    squares = state["squares"][chunk]
                    squares += step * step
                    step /= np.sqrt(squares)
                step *= np.float32(rate)
                weights[chunk] -= step


OPTIONS: Mapping[str, Option] = {
    "optimizer": Choice(tuple(ServerOptimizer), "what the server does with a gradient"),
    "learningRate": Number(None, 0, 1000, above=True, what="the server's rate; absent: the lease's"),
    "initialAccumulator": Number(0.1, 0, 1e6, above=True, what="what Adagrad's sums of squares start at"),
    "nPush": Whole(1, 1, MAX_ITERATIONS, "local steps from one push of the accumulated gradient to the next"),
    "nFetch": Whole(None, 1, MAX_ITERATIONS, "local steps from one fetch of the weights to the next; absent: nPush"),
}


def downpour(given: Mapping[str, object]) -> Downpour:
    """Make the rule from its options."""
    options = Options("downpour", given, OPTIONS)
    push = options.whole("nPush")
    fetch = options.whole_or_none("nFetch") or push
    if fetch % push:
        raise WebNNError("settings", f"merge.downpour.nFetch must be a multiple of nPush ({push}), not {fetch}.")
    return Downpour(
        optimizer=ServerOptimizer(options.word("optimizer")),
        learning_rate=options.number_or_none("learningRate"),
        initial_accumulator=options.number("initialAccumulator"),
        lease_iterations=push,
        updates_a_fetch=fetch // push,
    )
