"""Where the last updates went: whether one goes where another did, and whether it goes with the others."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from webnn.core.metrics import Sketch

MEMORY = 64
FEWEST = 3
"""Directions of others without which they have none in common."""

Unit = NDArray[np.float32]


class Directions:
    """The directions of the last `MEMORY` updates, as unit vectors of `width` numbers, and whose they were."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._units = np.zeros((MEMORY, width), np.float32)
        self._whose: list[str] = []
        self._next = 0
        self._others: dict[str, Unit] = {}  # for whom any is here: 1 in the place of each that is not theirs

    def compare(self, volunteer_id: str, mine: Unit) -> tuple[float, float | None]:
        """Find the greatest cosine between `mine` and one of the last (0: there is none), and that between it and the
        mean of the others' (None: there are too few, or they go nowhere together).
        """
        likeness = max(self._units.dot(mine).tolist())
        if len(self._whose) - self._whose.count(volunteer_id) < FEWEST:
            return likeness, None
        theirs = self._others.get(volunteer_id)
        common = (np.ones(MEMORY, np.float32) if theirs is None else theirs).dot(self._units)
        length = math.sqrt(common.dot(common))
        return likeness, float(mine.dot(common)) / length if length > 0 else None

    def add(self, volunteer_id: str, mine: Unit) -> None:
        """Remember a direction, in the place of the oldest."""
        place = self._next
        self._units[place] = mine
        self._next = (place + 1) % MEMORY
        if place < len(self._whose):
            before, self._whose[place] = self._whose[place], volunteer_id
            if before in self._whose:
                self._others[before][place] = 1
            else:
                del self._others[before]
        else:
            self._whose.append(volunteer_id)
        if volunteer_id not in self._others:
            self._others[volunteer_id] = np.ones(MEMORY, np.float32)
        self._others[volunteer_id][place] = 0


def cosine(first: Sketch, second: Sketch) -> float:
    """Of two sketches; 0 where one of them has no direction."""
    if len(first) != len(second):
        return 0.0
    return float(unit(first).dot(unit(second))) if len(first) else 0.0


def unit(sketch: Sketch) -> Unit:
    """Make a sketch as long as 1; one that goes nowhere has no numbers then."""
    vector = np.asarray(sketch, np.float32)
    length = math.sqrt(vector.dot(vector))
    return vector / length if length > 0 else vector[:0]
