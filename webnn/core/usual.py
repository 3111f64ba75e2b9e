"""What updates usually look like: robust statistics of those that came lately."""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from collections.abc import Hashable, Sequence
from statistics import median
from typing import NamedTuple

import numpy as np

from webnn.core.directions import FEWEST, MEMORY, Directions
from webnn.core.leases import Lease
from webnn.core.merging.base import Wants
from webnn.core.metrics import Verdict

REFUSED, CLIPPED = 10.0, 4.0
"""Times the usual length: beyond the one an update is refused, beyond the other it counts less."""

SAME = 0.9995
"""Cosine of two updates above which one is a copy of the other."""

NOTHING = 1e-6
"""Times the square root of the number of weights: a change that is hardly any."""


class Look(NamedTuple):
    """What an update looks like: the `same` numbers came before, which those of the others do not; it changes nothing
    though others do (`empty`); it is as good as one that came before (`alike`); the cosine between it and the mean of
    the others' last ones (None: nothing to compare with).
    """

    same: bool
    empty: bool
    alike: bool
    direction: float | None


def unit_length(length: float, lease: Lease) -> float:
    """Divide an update's length by what it grows with: the square root of the steps, and their rate."""
    rate = 1.0 if lease.wants is Wants.GRADIENT else lease.learning_rate
    return length / (rate * math.sqrt(lease.iterations))


class Print(NamedTuple):
    """What bore a name first: the version that it was trained from and on what, and how long it was."""

    version: int
    parts: Hashable
    length: float


class Usual:
    """The lengths (divided by `unit_length`) and directions of the last updates."""

    def __init__(self, num_weights: int) -> None:
        self._lengths: deque[float] = deque(maxlen=MEMORY)
        self._directions = Directions(0)
        self._prints: OrderedDict[str, Print] = OrderedDict()
        self._changes: deque[tuple[str, float, bool]] = deque(maxlen=MEMORY)  # whose, how long, came before
        self._nothing = NOTHING * math.sqrt(num_weights)

    def excess(self, lengths: Sequence[float]) -> list[float]:
        """Say how many times the usual each of these lengths is (NaN: not known, never too long), and remember them,
        none as longer than what is refused. The median is of those remembered and of these.
        """
        known = [length for length in lengths if length > 0]
        together = [*self._lengths, *known]
        usual = median(together) if len(together) >= FEWEST else 0.0
        self._lengths.extend(min(length, REFUSED * usual) if usual else length for length in known)
        return [length / usual if usual and length > 0 else 0.0 for length in lengths]

    def look(self, volunteer_id: str, verdict: Verdict, version: int, parts: Hashable) -> Look:
        """Compare an update with those before it, and remember it. `version`, `parts`: what it was trained from, and on
        what; the same numbers are no copy where both were the same too.
        """
        before = self._came_before(verdict, Print(version, parts, verdict.length))
        same = before and verdict.length > self._nothing and self._repeats_alone(volunteer_id)
        empty = verdict.length == 0 and self._is_idle_alone(volunteer_id)
        self._changes.append((volunteer_id, verdict.length, before))
        if not len(verdict.sketch):
            return Look(same, empty, before, None)
        if self._directions.width != len(verdict.sketch):
            self._directions = Directions(len(verdict.sketch))
        likeness, direction = self._directions.meet(volunteer_id, np.asarray(verdict.sketch, np.float32))
        return Look(same, empty, before or likeness > SAME, direction)

    def _came_before(self, verdict: Verdict, mine: Print) -> bool:
        """Whether an update's name is an earlier one's. Of one version, those of another length are others still."""
        if not verdict.fingerprint:
            return False
        first = self._prints.setdefault(verdict.fingerprint, mine)
        if verdict.rough:
            self._prints.setdefault(verdict.rough, mine)
        while len(self._prints) > 4 * MEMORY:
            self._prints.popitem(last=False)
        if first.version == mine.version:
            return first.parts != mine.parts and first.length == mine.length
        return True

    def _is_idle_alone(self, volunteer_id: str) -> bool:
        """Whether the others' updates change the model: where they do not, or by less than an encoding of 16 bits can
        say, there is nothing to learn.
        """
        others = [length for whose, length, _ in self._changes if whose != volunteer_id]
        return len(others) >= FEWEST and median(others) > self._nothing

    def _repeats_alone(self, volunteer_id: str) -> bool:
        """Whether the others' updates are new ones: where they are not either, the data are such that honest work
        repeats itself; and where nobody else is, nothing can be told.
        """
        others = [before for whose, _, before in self._changes if whose != volunteer_id]
        return len(others) >= FEWEST and 2 * sum(others) < len(others)

    def snapshot(self) -> list[float]:
        """Write the lengths, JSON-able; directions are not kept, since the engine draws how it measures them anew."""
        return list(self._lengths)

    def restore(self, snapshot: Sequence[float]) -> None:
        self._lengths.extend(snapshot)
