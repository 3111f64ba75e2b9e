"""A run's own clock."""

from __future__ import annotations

import time


class RunClock:
    """Seconds that a run has existed while a server had it: monotonic, and continued by a restart from `seconds`."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._start = time.monotonic() - seconds

    def __call__(self) -> float:
        return time.monotonic() - self._start
