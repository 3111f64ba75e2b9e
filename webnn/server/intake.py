"""How much of what volunteers send the server holds at once."""

from __future__ import annotations

import asyncio


class Intake:
    """Counts the bytes of updates from their arrival to their outcome; readers wait while there are too many.

    A reader that waits lets its socket fill up, so that the volunteer's own network waits, and nobody is turned away.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._held: dict[str, int] = {}
        self._bytes = 0
        self._room = asyncio.Event()
        self._room.set()

    @property
    def held_bytes(self) -> int:
        return self._bytes

    def enter(self, lease_id: str, num_bytes: int) -> None:
        """Note an update that came; one that came twice counts once, since its copy is dropped."""
        if lease_id not in self._held:
            self._held[lease_id] = num_bytes
            self._bytes += num_bytes
            self._look()

    def leave(self, lease_id: str) -> None:
        """Note that a lease has its outcome."""
        self._bytes -= self._held.pop(lease_id, 0)
        self._look()

    def clear(self) -> None:
        """Forget everything."""
        self._held.clear()
        self._bytes = 0
        self._look()

    @property
    def full(self) -> bool:
        """Whether `wait` would wait."""
        return not self._room.is_set()

    async def wait(self) -> None:
        """Return when there is room for another update."""
        await self._room.wait()

    def _look(self) -> None:
        if self._bytes < self._max_bytes:
            self._room.set()
        else:
            self._room.clear()
