"""`copy`: the best weights that anyone has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import numpy as np

from webnn.core.events import Vector
from webnn.core.merging.base import Contribution, Local, Offer, State
from webnn.core.merging.eager import AT, At, Eager
from webnn.core.merging.options import Choice, Option, Options
from webnn.core.metrics import Validation


class By(StrEnum):
    """What makes a validation better."""

    LOSS = "loss"
    ACCURACY = "accuracy"


@dataclass(frozen=True)
class Copy(Eager):
    """W <- P if its validation is better than that of W, else W. WebNN report 2018, section 1.7.1.

    t <- max(t, p). The first P is taken, whatever it reaches; one without an appraisal, or as good as W, is not. They
    are compared on the same held-out examples, by their loss where the model has no accuracy.
    """

    by: By = By.LOSS
    name: ClassVar[str] = "copy"
    takes_whole: ClassVar[bool] = False
    needs_appraisal: ClassVar[bool] = True
    merges_tail: ClassVar[bool] = True

    def state(self, num_trainable: int) -> State:
        return {"penalty": np.full(1, np.inf, np.float64)}

    def merge_here(self, weights: Vector, contributions: Sequence[Contribution], iterations: int, state: State) -> None:
        for contribution in contributions:
            if contribution.appraisal is None or contribution.weight <= 0:
                continue
            penalty = self._penalty(contribution.appraisal)
            if penalty < state["penalty"][0]:
                state["penalty"][0] = penalty
                np.copyto(weights, contribution.payload[: len(weights)])

    def peer_share(self, local: Local, offer: Offer) -> float:
        if local.appraisal is None or offer.appraisal is None:
            return 0
        return int(self._penalty(offer.appraisal) < self._penalty(local.appraisal))

    def _penalty(self, appraisal: Validation) -> float:
        """Give what is to be as small as can be."""
        if self.by is By.ACCURACY and appraisal.accuracy is not None:
            return -appraisal.accuracy
        return appraisal.loss


OPTIONS: Mapping[str, Option] = {"by": Choice(tuple(By), "what makes a validation better"), **AT}


def copy(given: Mapping[str, object]) -> Copy:
    """Make the rule from its options."""
    options = Options("copy", given, OPTIONS)
    return Copy(At(options.word("at")), By(options.word("by")))
