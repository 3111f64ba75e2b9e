"""`dc-asgd`: a stale gradient, corrected for how far the weights have moved since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import numpy as np

from webnn.core.events import Vector
from webnn.core.merging.base import Contribution, State, Wants, chunks
from webnn.core.merging.defaults import Accumulating
from webnn.core.merging.options import Choice, Number, Option, Options, Whole
from webnn.core.merging.rounds import MAX_ITERATIONS

EPSILON = 1e-7  # the paper's, in the adaptive form


class Form(StrEnum):
    """Whether lambda is the same for all weights and times, or follows the size of the gradients."""

    ADAPTIVE = "adaptive"
    CONSTANT = "constant"


LAMBDAS = {Form.ADAPTIVE: 2.0, Form.CONSTANT: 0.04}


@dataclass(frozen=True)
class DcAsgd(Accumulating):
    """W -= r (g + l g g (W - W_backup)). Zheng 2017, arXiv 1609.08326, eq. 10 and Algorithm 2.

    W_backup are the weights that the volunteer started from. `constant`: l = `strength`; `adaptive`: s <- m s + (1 - m)
    g g, l = `strength`/sqrt(s + 1e-7), with m = `decay` (section 6, DC-ASGD-a). A lease of H steps brings the sum of H
    gradients: g is then their mean, and the step is H times as long. r is `learning_rate`, or the lease's. t <- t + H.
    Several at once are applied one after another.

    Ours: the correction is never larger than g itself. Beyond that, the Taylor expansion that it comes from does not
    hold, and a single odd gradient, cubed, would throw the weights away.
    """

    form: Form = Form.ADAPTIVE
    strength: float = LAMBDAS[Form.ADAPTIVE]
    decay: float = 0.95
    learning_rate: float | None = None
    lease_iterations: int | None = 1
    name: ClassVar[str] = "dc-asgd"
    wants: ClassVar[Wants] = Wants.GRADIENT
    needs_base: ClassVar[bool] = True

    def state(self, num_trainable: int) -> State:
        return {"mean_square": np.zeros(num_trainable, np.float32)} if self.form is Form.ADAPTIVE else {}

    def merge(self, weights: Vector, contributions: Sequence[Contribution], iterations: int, state: State) -> None:
        for contribution in contributions:
            assert contribution.base is not None
            rate = contribution.learning_rate if self.learning_rate is None else self.learning_rate
            length = np.float32(rate * contribution.weight * contribution.iterations)
            for chunk in chunks(len(weights)):
                step = contribution.payload[chunk] / np.float32(contribution.iterations)
                step *= 1 + self._relative(step, weights[chunk] - contribution.base[chunk], chunk, state)
                step *= length
                weights[chunk] -= step

    def _relative(self, gradient: Vector, moved: Vector, chunk: slice, state: State) -> Vector:
        """Give l g (W - W_backup), within [-1, 1], for one slice, and take g g into the running mean of squares."""
        moved *= gradient
        moved *= np.float32(self.strength)
        if self.form is Form.ADAPTIVE:
            mean_square = state["mean_square"][chunk]
            mean_square *= np.float32(self.decay)
            mean_square += np.float32(1 - self.decay) * np.square(gradient)
            moved /= np.sqrt(mean_square + np.float32(EPSILON))
        np.clip(moved, -1, 1, out=moved)
        return moved


OPTIONS: Mapping[str, Option] = {
    "form": Choice(tuple(Form), "how lambda is found"),
    "lambda": Number(None, 0, 1000, what="strength of the correction; absent: 2 for adaptive, 0.04 for constant"),
    "decay": Number(0.95, 0, 0.9999, what="adaptive: of the running mean of squared gradients"),
    "learningRate": Number(None, 0, 1000, above=True, what="the server's rate; absent: the lease's"),
    "iterations": Whole(1, 1, MAX_ITERATIONS, "local steps of a lease"),
}


def dc_asgd(given: Mapping[str, object]) -> DcAsgd:
    """Make the rule from its options."""
    options = Options("dc-asgd", given, OPTIONS)
    form = Form(options.word("form"))
    strength = options.number_or_none("lambda")
    return DcAsgd(
        form=form,
        strength=LAMBDAS[form] if strength is None else strength,
        decay=options.number("decay"),
        learning_rate=options.number_or_none("learningRate"),
        lease_iterations=options.whole("iterations"),
    )
