"""Room for the bodies that volunteers are sending."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass

from webnn.core.errors import WebNNError

_MAX_AT_ONCE = 2


class Receiving:
    """Room for bodies that are being received: so many bytes in all (one body may always come), two for a volunteer."""

    def __init__(self, max_bytes: int) -> None:
        self._free = max_bytes
        self._num_bodies = 0
        self._by_volunteer: Counter[str] = Counter()
        self._freed = asyncio.Event()

    def room(self, volunteer_id: str, num_bytes: int) -> Room:
        """Room for one body, to be entered."""
        return Room(self, volunteer_id, num_bytes)

    async def take(self, volunteer_id: str, num_bytes: int) -> None:
        """Wait for room, with the sender held back by its connection. Raises `WebNNError("too_many")`."""
        if self._by_volunteer[volunteer_id] >= _MAX_AT_ONCE:
            raise WebNNError("too_many", "You are sending two updates already.")
        self._by_volunteer[volunteer_id] += 1
        try:
            while not self._fits(num_bytes):
                self._freed.clear()
                await self._freed.wait()
        except BaseException:
            self._leave(volunteer_id)
            raise
        self._free -= num_bytes
        self._num_bodies += 1

    def give_back(self, volunteer_id: str, num_bytes: int) -> None:
        """Let others have what `take` took."""
        self._free += num_bytes
        self._num_bodies -= 1
        self._freed.set()
        self._leave(volunteer_id)

    def _leave(self, volunteer_id: str) -> None:
        self._by_volunteer[volunteer_id] -= 1
        if not self._by_volunteer[volunteer_id]:
            del self._by_volunteer[volunteer_id]

    def _fits(self, num_bytes: int) -> bool:
        return self._free >= num_bytes or not self._num_bodies


@dataclass(frozen=True, slots=True)
class Room:
    """What one body takes, while it is entered."""

    receiving: Receiving
    volunteer_id: str
    num_bytes: int

    async def __aenter__(self) -> None:
        await self.receiving.take(self.volunteer_id, self.num_bytes)

    async def __aexit__(self, *_: object) -> None:
        self.receiving.give_back(self.volunteer_id, self.num_bytes)
