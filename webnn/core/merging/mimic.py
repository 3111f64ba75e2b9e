"""`mimic`: follow a volunteer that is ahead, move away from one that is behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import numpy as np

from webnn.core.errors import WebNNError
from webnn.core.events import Vector
from webnn.core.merging.base import Contribution, Local, Offer, State, move_towards
from webnn.core.merging.eager import AT, At, Eager
from webnn.core.merging.options import Choice, Option, Options


class MimicForm(StrEnum):
    """Which telling of the rule: the report's prose, its program, or its equations. The last two can diverge."""

    PROSE = "prose"
    CODE = "code"
    PRINTED = "printed"


@dataclass(frozen=True)
class Mimic(Eager):
    """WebNN report 2018, section 1.5.3; t <- max(t, p). Several at once are folded one after another.

    - `prose`: d = p - t. d > 0: W += (P - W)/(d + 1); d = 0: W <- (W + P)/2; d < 0: W += (W - P)/(|d| + 1)
    - `code`, what ran in 2018: as `prose`, but d = 0 repels too: W += W - P
    - `printed`, eqs. 1.4 to 1.7: d = t - p, W <- (W + D)/(|d| + 1), where D leads towards a volunteer that is ahead
      (P - W) and away from any other (W - P)

    Repulsion pushes the weights outside the range of what they came from, so `code` and `printed` (which also shrinks
    the weights themselves) are for study.
    """

    form: MimicForm = MimicForm.PROSE
    name: ClassVar[str] = "mimic"

    def merge_here(self, weights: Vector, contributions: Sequence[Contribution], iterations: int, state: State) -> None:
        for contribution in contributions:
            lead = contribution.position - iterations
            if self.form is MimicForm.PRINTED:
                _merge_printed(weights, contribution.payload, lead)
            else:
                move_towards(weights, contribution.payload, self._share(lead))
            iterations = max(iterations, contribution.position)

    def peer_share(self, local: Local, offer: Offer) -> float:
        return self._share(offer.iterations - local.iterations)

    def _share(self, lead: int) -> float:
        """Give the part of the way from W to P for a volunteer `lead` iterations ahead; negative: away."""
        if lead > 0:
            return 1 / (lead + 1)
        if lead == 0 and self.form is MimicForm.PROSE:
            return 1 / 2
        return -1 / (1 - lead)


def _merge_printed(weights: Vector, payload: Vector, lead: int) -> None:
    move_towards(weights, payload, 1.0 if lead > 0 else -1.0)
    weights /= np.float32(abs(lead) + 1)


OPTIONS: Mapping[str, Option] = {"form": Choice(tuple(MimicForm), "which telling of the rule"), **AT}


def mimic(given: Mapping[str, object]) -> Mimic:
    """Make the rule from its options."""
    options = Options("mimic", given, OPTIONS)
    at, form = At(options.word("at")), MimicForm(options.word("form"))
    if at is At.PEER and form is MimicForm.PRINTED:
        raise WebNNError("settings", 'merge.mimic: the form "printed" shrinks weights, and is not for "at": "peer".')
    return Mimic(at, form)
