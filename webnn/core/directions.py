"""Where the last updates went: whether one goes where another did, and whether it goes with the others."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from webnn.core.metrics import Sketch

MEMORY = 64
FEWEST = 3
"""Directions of others without which they have none in common."""

Numbers = NDArray[np.float32]


class Directions:
    """The directions of the last `MEMORY` updates, as vectors of `width` numbers and length 1, and whose they were."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._units = np.zeros((MEMORY, width), np.float32)
        self._whose: list[str] = []
        self._next = 0
        self._others: dict[str, Numbers] = {}  # for whom any is here: 1 in the place of each that is not theirs

    def meet(self, volunteer_id: str, sketch: Numbers) -> tuple[float, float | None]:
        """Find the greatest cosine between a direction and one of the last (0: there is none), and that between it and
        the mean of the others' (None: there are too few, or they go nowhere together). Then remember it.
        """
        length = math.sqrt(sketch.dot(sketch))
        if not length:
            return 0.0, None
        likeness = max(self._units.dot(sketch).tolist()) / length
        direction = self._with_others(volunteer_id, sketch, length)
        np.divide(sketch, length, out=self._units[self._place(volunteer_id)])
        return likeness, direction

    def _with_others(self, volunteer_id: str, sketch: Numbers, length: float) -> float | None:
        if len(self._whose) - self._whose.count(volunteer_id) < FEWEST:
            return None
        theirs = self._others.get(volunteer_id)
        common = (np.ones(MEMORY, np.float32) if theirs is None else theirs).dot(self._units)
        both = length * math.sqrt(common.dot(common))
        return float(sketch.dot(common)) / both if both > 0 else None

    def _place(self, volunteer_id: str) -> int:
        """Give the place of the oldest to another."""
        place = self._next
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
        return place


def cosine(first: Sketch, second: Sketch) -> float:
    """Of two sketches; 0 where one of them has no direction."""
    if len(first) != len(second):
        return 0.0
    one, other = np.asarray(first, np.float32), np.asarray(second, np.float32)
    both = math.sqrt(one.dot(one)) * math.sqrt(other.dot(other))
    return float(one.dot(other)) / both if both > 0 else 0.0
