"""Counting: messages of one connection, connections of one address and of all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from webnn.core.errors import WebNNError
from webnn.server.config import Limits


class TokenBucket:
    """Lets `rate` things a second through, and `burst` at once after a rest. `now` is seconds on any steady clock."""

    def __init__(self, rate: float, burst: int, now: float) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._tokens = float(burst)
        self._last = now

    def take(self, now: float) -> bool:
        """Whether one more may pass now."""
        self._tokens = min(self._burst, self._tokens + (now - self._last) * self._rate)
        self._last = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class ConnectionCount:
    """Open sockets, in all and by address. The address is only counted; it never says who a volunteer is."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._by_address: Counter[str] = Counter()
        self._total = 0

    @property
    def total(self) -> int:
        """Sockets that are open now."""
        return self._total

    @contextmanager
    def one_more(self, address: str) -> Iterator[None]:
        """Counts a socket while it is open; raises `WebNNError("too_many")` when it would be one too many."""
        if self._total >= self._limits.max_connections:
            raise WebNNError("too_many", "The server has as many connections as it takes; try again later.")
        if self._by_address[address] >= self._limits.max_connections_per_address:
            raise WebNNError("too_many", "There are too many connections from your address.")
        self._total += 1
        self._by_address[address] += 1
        try:
            yield
        finally:
            self._total -= 1
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]
