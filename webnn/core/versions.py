"""The versions of the weights: what lies behind each, and how far apart they are."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile


@dataclass(frozen=True, slots=True)
class _Behind:
    iterations: int
    merges: int
    merged: int


class Versions:
    """The current version, the highest ever handed out, and those that an open lease may still start from.

    `iterations` is t, the iterations behind the current weights; `merges` the merges of the run so far; `merged` all
    the iterations that volunteers did for them, since this life of the run began.
    """

    def __init__(self, current: int = 0, highest: int = 0, iterations: int = 0, merges: int = 0) -> None:
        self.current = current
        self.highest = highest
        self.iterations = iterations
        self.merges = merges
        self.merged = 0
        self._known = {current: _Behind(iterations, merges, 0)}

    @property
    def next(self) -> int:
        """The version that the next merge makes: never one that was used before."""
        return self.highest + 1

    def knows(self, version: int) -> bool:
        return version in self._known

    def iterations_behind(self, version: int) -> int:
        return self._known[version].iterations

    def staleness(self, version: int) -> int:
        """Count the merges between `version` and the current one."""
        return self.merges - self._known[version].merges

    def merged_since(self, version: int) -> int:
        """Count the iterations that volunteers did for the merges between `version` and the current one."""
        return self.merged - self._known[version].merged

    def publish(self, version: int, iterations: int, oldest: int | None, merged: int = 0) -> None:
        """Make `version` current, in which are `merged` iterations of volunteers more than in the one before; `oldest`
        is the oldest that an open lease may start from (None: no lease is open).
        """
        assert version > self.highest
        self.merges += 1
        self.merged += merged
        self.current = self.highest = version
        self.iterations = iterations
        self._known[version] = _Behind(iterations, self.merges, self.merged)
        floor = version if oldest is None else oldest
        before = list(takewhile(lambda known: known < floor, self._known))  # in order: a look at each would be slow
        for known in before[:-1]:  # a lease may start from the one before the newest
            del self._known[known]
