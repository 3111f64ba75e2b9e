"""Telling a whole audience something, a few at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

from webnn.server.config import MESSAGES_PER_SECOND
from webnn.server.connection import Connection

AT_ONCE = 16
"""Connections that are told in one go. A thousand would keep all who wait for a lease waiting for 50 ms."""


class Round:
    """Goes round many connections; one round at a time, the newest. A small audience is told at once."""

    def __init__(self) -> None:
        self._left: deque[Connection] = deque()
        self._next: asyncio.TimerHandle | None = None

    @property
    def going_on(self) -> bool:
        """Whether some have yet to be told."""
        return bool(self._left)

    def begin(self, connections: Iterable[Connection], tell: Callable[[Connection], None]) -> None:
        """Tell each one, `MESSAGES_PER_SECOND` of them at most. Whoever the round before did not come to is told by
        this one, if it is among `connections`.
        """
        self.stop()
        self._left.extend(connections)
        self._go_on(tell)

    def stop(self) -> None:
        """Tell nobody else."""
        self._left.clear()
        if self._next is not None:
            self._next.cancel()

    def _go_on(self, tell: Callable[[Connection], None]) -> None:
        for _ in range(min(AT_ONCE, len(self._left))):
            tell(self._left.popleft())
        if self._left:
            seconds = AT_ONCE / MESSAGES_PER_SECOND
            self._next = asyncio.get_running_loop().call_later(seconds, self._go_on, tell)
