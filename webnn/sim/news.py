"""Versions as the server announces them to everyone, in virtual time."""

from __future__ import annotations

from bisect import bisect_right


class News:
    """A log in place of a message to each volunteer: with tens of thousands of them, most would never be looked at."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._versions: list[int] = []

    def tell(self, time: float, version: int) -> None:
        """Announce `version` at `time`, no earlier than the last."""
        self._times.append(time)
        self._versions.append(version)

    def known_at(self, time: float) -> int:
        """The newest version announced by `time`; 0 before the first."""
        index = bisect_right(self._times, time)
        return self._versions[index - 1] if index else 0
