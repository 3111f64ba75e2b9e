"""Turns a fuzzer's bytes into decisions, so that what it mutates is what happens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

Choice = TypeVar("Choice")

ODD_NUMBERS = (0, 1, -1, 2, 255, 2**31, 2**32, 2**53, 2**63, 2**64 - 1, -(2**63), 1e300, -0.0, 5e-324, 1e-9)


class Reader:
    """Reads from the front; what is no longer there reads as zeros."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self._place = 0

    @property
    def ended(self) -> bool:
        return self._place >= len(self._data)

    def byte(self) -> int:
        value = self._data[self._place] if not self.ended else 0
        self._place += 1
        return value

    def raw(self, most: int) -> bytes:
        """Up to `most` bytes, as many as the next two say."""
        length = min((self.byte() << 8 | self.byte()) % (most + 1), max(0, len(self._data) - self._place))
        self._place += length
        return bytes(self._data[self._place - length : self._place])

    def choose(self, choices: Sequence[Choice]) -> Choice:
        return choices[self.byte() % len(choices)]

    def text(self) -> str:
        return self.raw(48).decode("utf-8", "replace")

    def value(self, depth: int = 3) -> Any:
        """Anything that JSON or msgpack can say."""
        match self.byte() % (10 if depth else 7):
            case 0:
                return None
            case 1:
                return bool(self.byte() & 1)
            case 2:
                return self.choose(ODD_NUMBERS)
            case 3:
                return self.byte() - 128
            case 4:
                return self.byte() / 16
            case 5:
                return self.raw(16)
            case 7:
                return [self.value(depth - 1) for _ in range(self.byte() % 5)]
            case 8 | 9:
                return {self.text()[:12]: self.value(depth - 1) for _ in range(self.byte() % 5)}
            case _:
                return self.text()
