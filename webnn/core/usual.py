"""What updates usually look like: robust statistics of those that came lately."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from statistics import median

import numpy as np
from numpy.typing import NDArray

from webnn.core.leases import Lease
from webnn.core.merging.base import Wants

MEMORY = 64
FEWEST = 3
"""Updates without which nothing is usual."""

REFUSED, CLIPPED = 10.0, 4.0
"""Times the usual length: beyond the one an update is refused, beyond the other it counts less."""

SAME = 0.9995
"""Cosine of two updates above which one is a copy of the other."""


def unit_length(length: float, lease: Lease) -> float:
    """Divide an update's length by what it grows with: the square root of the steps, and their rate."""
    rate = 1.0 if lease.wants is Wants.GRADIENT else lease.learning_rate
    return length / (rate * math.sqrt(lease.iterations))


class Usual:
    """The lengths (divided by `unit_length`) and directions of the last updates."""

    def __init__(self) -> None:
        self._lengths: deque[float] = deque(maxlen=MEMORY)
        self._sketches: deque[tuple[str, NDArray[np.float64]]] = deque(maxlen=MEMORY)
        self._prints: deque[str] = deque(maxlen=4 * MEMORY)

    def excess(self, lengths: Sequence[float]) -> list[float]:
        """Say how many times the usual each of these lengths is (NaN: not known, never too long), and remember them,
        none as longer than what is refused. The median is of those remembered and of these.
        """
        known = [length for length in lengths if length > 0]
        together = [*self._lengths, *known]
        usual = median(together) if len(together) >= FEWEST else 0.0
        self._lengths.extend(min(length, REFUSED * usual) if usual else length for length in known)
        return [length / usual if usual and length > 0 else 0.0 for length in lengths]

    def copied(self, fingerprint: str, sketch: Sequence[float]) -> bool:
        """Whether an update is one that came before, or as good as that; and remember it."""
        mine = _unit(sketch)
        seen = bool(fingerprint) and fingerprint in self._prints
        seen = seen or any(float(mine @ other) > SAME for _, other in self._sketches if len(other) == len(mine) > 0)
        self._prints.append(fingerprint)
        return seen

    def against(self, volunteer_id: str, sketch: Sequence[float]) -> float | None:
        """The cosine between an update and the mean of the others' last ones; None: nothing to compare with."""
        mine = _unit(sketch)
        others = [other for known, other in self._sketches if known != volunteer_id and len(other) == len(mine)]
        result = None
        if len(mine) and len(others) >= FEWEST:
            result = float(mine @ _unit(np.sum(others, axis=0)))
        if len(mine):
            self._sketches.append((volunteer_id, mine))
        return result

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
    vector = np.asarray(sketch, np.float64)
    length = float(np.sqrt(vector @ vector)) if len(vector) else 0.0
    return vector / length if length > 0 else np.zeros(0)
