"""What updates usually look like: robust statistics of those that came lately."""

from __future__ import annotations

import math
from array import array
from collections import OrderedDict, deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from webnn.core.leases import Lease
from webnn.core.merging.base import Wants
from webnn.core.metrics import Verdict

MEMORY = 64
FEWEST = 3
"""Updates without which nothing is usual."""

REFUSED, CLIPPED = 10.0, 4.0
"""Times the usual length: beyond the one an update is refused, beyond the other it counts less."""

SAME = 0.9995
"""Cosine of two updates above which one is a copy of the other."""


NOTHING = 1e-6
"""Times the square root of the number of weights: a change that is hardly any."""


@dataclass(frozen=True, slots=True)
class Look:
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


class Usual:
    """The lengths (divided by `unit_length`) and directions of the last updates."""

    def __init__(self, num_weights: int) -> None:
        self._lengths: deque[float] = deque(maxlen=MEMORY)
        self._whose: list[str] = []
        self._directions = np.zeros((0, 0))
        self._next = 0
        self._prints: OrderedDict[str, Hashable] = OrderedDict()
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

    def look(self, volunteer_id: str, verdict: Verdict, task: Hashable = None) -> Look:
        """Compare an update with those before it, and remember it. `task`: what was to be trained, from where; the same
        numbers are no copy where that was the same too.
        """
        mine = _unit(verdict.sketch)
        before = bool(verdict.fingerprint) and self._prints.get(verdict.fingerprint, task) != task
        self._note_print(verdict.fingerprint, task)
        same = before and verdict.length > self._nothing and self._repeats_alone(volunteer_id)
        empty = verdict.length == 0 and self._is_idle_alone(volunteer_id)
        self._changes.append((volunteer_id, verdict.length, before))
        alike, direction = before, None
        if len(mine) and len(mine) == self._directions.shape[1] and self._whose:
            alike = alike or bool((self._directions @ mine).max() > SAME)
            theirs = [0.0 if whose == volunteer_id else 1.0 for whose in self._whose]
            if sum(theirs) >= FEWEST:
                common = _unit(np.array(theirs) @ self._directions[: len(theirs)])
                direction = float(mine @ common) if len(common) else None
        if len(mine):
            self._remember(volunteer_id, mine)
        return Look(same, empty, alike, direction)

    def _note_print(self, fingerprint: str, task: Hashable) -> None:
        if fingerprint and fingerprint not in self._prints:
            self._prints[fingerprint] = task
            if len(self._prints) > 4 * MEMORY:
                self._prints.popitem(last=False)

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

    def _remember(self, volunteer_id: str, mine: NDArray[np.float64]) -> None:
        if self._directions.shape[1] != len(mine):
            self._directions, self._whose, self._next = np.zeros((MEMORY, len(mine))), [], 0
        self._directions[self._next] = mine
        self._whose[self._next : self._next + 1] = [volunteer_id]
        self._next = (self._next + 1) % MEMORY

    def snapshot(self) -> list[float]:
        """Write the lengths, JSON-able; directions are not kept, since the engine draws how it measures them anew."""
        return list(self._lengths)

    def restore(self, snapshot: Sequence[float]) -> None:
        self._lengths.extend(snapshot)


def cosine(first: Sequence[float], second: Sequence[float]) -> float:
    """Of two sketches; 0 where one of them has no direction."""
    if len(first) != len(second):
        return 0.0
    return float(_unit(first) @ _unit(second)) if len(first) else 0.0


def _unit(sketch: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    vector = sketch if isinstance(sketch, np.ndarray) else np.frombuffer(array("d", sketch))
    length = float(np.sqrt(vector @ vector)) if len(vector) else 0.0
    return vector / length if length > 0 else np.zeros(0)
