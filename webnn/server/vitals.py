"""How a run and its server fare over time, for the charts of the watch page."""

from __future__ import annotations

from typing import Any

from webnn.server.metrics import Point, Series

LEAST_SECONDS = 2.0
"""No two points are nearer to each other than this, in seconds of running time."""

_MOST_POINTS = 1000
_MERGES = 1


class Vitals:
    """Points of [seconds, merges, bytes, memory, queue]: sums so far, then what the server holds at that moment."""

    def __init__(self) -> None:
        self._series = Series(_MERGES, _MOST_POINTS)
        self._next = 0.0

    def sample(self, seconds: float, merges: int, traffic: int, memory: int | None, queue: int) -> None:
        """Note how it stands at `seconds` of running time, unless that was done a moment ago."""
        if self._next - LEAST_SECONDS <= seconds < self._next:
            return
        self._next = seconds + LEAST_SECONDS
        point: Point = [round(seconds, 2), merges, traffic, memory, queue]
        self._series.add(point)

    def since(self, count: int) -> dict[str, Any]:
        """The points after the first `count`: all that are kept where those are not at hand any more."""
        series = self._series
        missing = series.count - count
        points = series.since(count) if missing >= 0 and count > 0 else list(series.points)
        return {"count": series.count, "points": points}
