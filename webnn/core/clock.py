"""Time on a run's own clock."""

from __future__ import annotations

from collections import deque


class Stopwatch:
    """Running time in seconds: pauses do not count."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._before = seconds
        self._since: float | None = None

    def start(self, now: float) -> None:
        if self._since is None:
            self._since = now

    def stop(self, now: float) -> None:
        self._before = self.seconds(now)
        self._since = None

    def seconds(self, now: float) -> float:
        return self._before + (0.0 if self._since is None else now - self._since)

    def reaches(self, seconds: float) -> float | None:
        """Find the time at which it will show `seconds`; None while it stands."""
        return None if self._since is None else self._since + seconds - self._before


class Pace:
    """How much is done a second, over the last `window` seconds."""

    def __init__(self, window: float = 30.0) -> None:
        self._window = window
        self._done: deque[tuple[float, int]] = deque()
        self._started: float | None = None

    def add(self, now: float, amount: int) -> None:
        self._done.append((now, amount))
        self._drop(now)

    def start(self, now: float) -> None:
        """Note when work began, so that the first seconds do not count as idle before it."""
        if self._started is None:
            self._started = now

    def per_second(self, now: float) -> float:
        self._drop(now)
        began = now if self._started is None else self._started
        seconds = max(min(self._window, now - began), 1.0)
        return sum(amount for _, amount in self._done) / seconds

    def _drop(self, now: float) -> None:
        while self._done and self._done[0][0] < now - self._window:
            self._done.popleft()
