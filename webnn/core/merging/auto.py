"""`auto`: the rule for those who do not want to choose one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from webnn.core.events import Vector
from webnn.core.merging.base import Contribution, Crew, Flock, State, Terms, Wants, chunks
from webnn.core.merging.combine import weighted_sum
from webnn.core.merging.defaults import Defaults
from webnn.core.merging.options import Number, Option, Options

FIRST_ITERATIONS = 1
"""Of a lease of a volunteer whose pace is not known, beside others."""


@dataclass(frozen=True)
class Auto(Defaults):
    """W += sum over k of w_k d_k, w = s_max / (sum of all s), s: a volunteer's speed in iterations a second.

    d_k is what the lease added (trained minus where it started). While all train one lease each, W moves as far as
    the fastest of them does, in the mean direction of all steps of all volunteers: for equal devices it is the mean of
    their deltas (local SGD: Stich 2019, arXiv 1805.09767), and for one volunteer W simply follows it.

    Nobody waits for anybody: a volunteer goes on from W plus its own work that is not in W yet (`carries`), which hides
    the exchange behind the next lease and leaves little of the harm of staleness (Wang 2020, overlap local SGD,
    arXiv 2002.09539). Leases are short, since what is averaged often stays near together; they are stretched only
    where the exchange takes longer than training. The learning rate grows with the `growth` power of sum s / s_max,
    the volunteers' number in units of the fastest, because the mean of more steps has less noise. A newcomer's speed
    counts for little in all these sums until its optimiser has warmed up (`Crew.share`), so that neither the rate nor
    the weights jump when volunteers arrive. t <- t + the fastest one's iterations.

    Volunteers who rest most of the time take turns, as it were: where little is merged between the base of an update
    and the update, it weighs 1 / (1 + iterations of others meanwhile / its own), the staleness-aware rate of Zhang 2016
    (arXiv 1511.05950), but no less than w, and no more than w over those who are at work at the same time.
    """

    seconds: float = 0.1
    growth: float = 0.5
    patience: float = 0.25
    name: ClassVar[str] = "auto"
    wants: ClassVar[Wants] = Wants.DELTA
    carries: ClassVar[bool] = True

    @property
    def collect(self) -> Flock:
        return Flock(self.patience)

    def terms(self, crew: Crew) -> Terms:
        """Size and weigh a lease; a volunteer of unknown pace counts as an average one, and a new one for its share."""
        iterations = None
        if crew.own is not None:
            seconds = crew.seconds if crew.count == 1 else min(self.seconds * crew.stretch, crew.seconds)
            iterations = max(round(seconds / crew.own), 1)
        elif crew.count > 1:
            iterations = FIRST_ITERATIONS
        return Terms(
            iterations,
            rate=crew.beside**self.growth,
            weight=crew.share / crew.crowd,
            most=crew.share / crew.beside,
        )

    def merge(self, weights: Vector, contributions: Sequence[Contribution], iterations: int, state: State) -> None:
        factors = [each.weight for each in contributions]
        for chunk in chunks(len(weights)):
            weights[chunk] += weighted_sum(contributions, factors, chunk)

    def iterations_after(self, iterations: int, contributions: Sequence[Contribution]) -> int:
        """Count how far W moved, in steps of one volunteer."""
        return iterations + max(round(sum(each.weight * each.iterations for each in contributions)), 1)


OPTIONS: Mapping[str, Option] = {
    "seconds": Number(0.1, 0, 3600, above=True, what="what a lease takes where several train and links are fast"),
    "growth": Number(0.5, 0, 1, what="the learning rate grows with this power of the volunteers' number"),
    "patience": Number(0.25, 0, 100, what="how long the first waits for the others, in lengths of its lease"),
}


def auto(given: Mapping[str, object]) -> Auto:
    """Make the rule from its options."""
    options = Options("auto", given, OPTIONS)
    return Auto(options.number("seconds"), options.number("growth"), options.number("patience"))
