"""Bodies that are on their way to readers, who may be slow."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from webnn.core.frames import Buffer


@dataclass(slots=True, eq=False)
class _Body:
    """One body, which is in memory as long as anyone reads it."""

    body: Buffer = field(repr=False)
    num_bytes: int
    readers: Counter[asyncio.Transport] = field(default_factory=Counter)


class Outgoing:
    """Counts the bodies that are being read, each once however many read it.

    Where they take more than `max_bytes` all together, those who read the oldest are cut: old versions of the weights
    would else stay in memory for as long as somebody reads them slowly. The newest may always be read.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bodies: OrderedDict[int, _Body] = OrderedDict()
        self._bytes = 0

    @property
    def num_bytes(self) -> int:
        """What all bodies take that are counted."""
        return self._bytes

    @contextmanager
    def reading(self, body: Buffer, num_bytes: int, reader: asyncio.Transport | None) -> Iterator[None]:
        """Count a body while `reader`, a connection, reads it."""
        if reader is None:  # it is gone already
            yield
            return
        key = id(body)  # nobody else's while it is here
        counted = self._bodies.get(key)
        if counted is None:
            counted = self._bodies[key] = _Body(body, num_bytes)
            self._bytes += num_bytes
        counted.readers[reader] += 1
        self._make_room()
        try:
            yield
        finally:
            counted.readers[reader] -= 1
            if not counted.readers[reader]:
                del counted.readers[reader]
            if not counted.readers and self._bodies.get(key) is counted:
                self._drop(key)

    def _make_room(self) -> None:
        while self._bytes > self._max_bytes and len(self._bodies) > 1:
            oldest = next(iter(self._bodies))
            for reader in self._drop(oldest).readers:
                reader.abort()

    def _drop(self, key: int) -> _Body:
        dropped = self._bodies.pop(key)
        self._bytes -= dropped.num_bytes
        return dropped
