"""What happens next, in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any


class Agenda:
    """A queue of things to do, by time and, at the same time, in the order in which they were noted."""

    def __init__(self) -> None:
        self.now = 0.0
        self._heap: list[tuple[float, int, Callable[..., Any], tuple[Any, ...]]] = []
        self._sequence = 0

    def at(self, time: float, action: Callable[..., Any], *args: Any) -> None:
        """Do `action(*args)` at `time` (seconds); a time that is past means now."""
        self._sequence += 1
        heappush(self._heap, (max(time, self.now), self._sequence, action, args))

    def after(self, seconds: float, action: Callable[..., Any], *args: Any) -> None:
        """Do `action(*args)` in `seconds`."""
        self.at(self.now + seconds, action, *args)

    @property
    def next_time(self) -> float | None:
        """When something happens next; None: never."""
        return self._heap[0][0] if self._heap else None

    def pop(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Move on to what happens next, and take it out."""
        self.now, _, action, args = heappop(self._heap)
        return action, args
