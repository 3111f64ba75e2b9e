"""Strict reading of a message's header, key by key."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from webnn.core.errors import ProtocolError

MAX_INTEGER = 2**53 - 1  # the largest whole number that JavaScript holds exactly
LARGEST_NUMBER = 1e300

_Choice = TypeVar("_Choice", bound=StrEnum)


class Fields:
    """The keys of the map `where`, each read once; `done` refuses a key that was never asked for.

    Every method raises `ProtocolError`, naming the key, when it is missing, of another type, or out of range.
    """

    def __init__(self, where: str, values: Mapping[str, object]) -> None:
        self._where = where
        self._values = values
        self._read = {"type"} if "type" in values else set[str]()

    def done(self) -> None:
        if len(self._read) == len(self._values):  # only keys that are there are read
            return
        for key in self._values:
            if key not in self._read:
                raise ProtocolError(f"{self._where} has an unknown key {key[:40]!r}.")

    def text(self, key: str, max_length: int) -> str:
        value = self._take(key)
        if not isinstance(value, str) or len(value) > max_length:
            raise self._wrong(key, f"a string of at most {max_length} characters")
        return value

    def words(self, key: str, max_length: int) -> str:
        """A text that people are shown: what steers a terminal, breaks a line or turns the text about is a "?"."""
        text = self.text(key, max_length)
        return text if text.isprintable() else "".join(one if one.isprintable() else "?" for one in text)

    def optional_text(self, key: str, max_length: int) -> str | None:
        return None if self._take(key) is None else self.text(key, max_length)

    def text_or_none(self, key: str, max_length: int) -> str | None:
        """As `optional_text`; None where the key is absent too, as older clients leave it."""
        return self.optional_text(key, max_length) if key in self._values else None

    def texts(self, key: str, max_items: int, max_length: int) -> tuple[str, ...]:
        value = self._take(key)
        good = isinstance(value, list | tuple) and len(value) <= max_items
        if not good or not all(isinstance(item, str) and len(item) <= max_length for item in value):  # type: ignore[attr-defined]
            raise self._wrong(key, f"a list of at most {max_items} short strings")
        return tuple(value)  # type: ignore[arg-type]

    def integer(self, key: str, lowest: int, highest: int = MAX_INTEGER) -> int:
        return self._integer(key, self._take(key), lowest, highest)

    def optional_integer(self, key: str, lowest: int, highest: int = MAX_INTEGER) -> int | None:
        value = self._take(key)
        return None if value is None else self._integer(key, value, lowest, highest)

    def _integer(self, key: str, value: object, lowest: int, highest: int) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise self._wrong(key, f"a whole number from {lowest} to {highest}")
        return value

    def number(self, key: str, above: float = -math.inf) -> float:
        """Read a finite number above `above`; JavaScript's msgpack writes 1.0 as an integer, so that is one too."""
        return self._number(key, self._take(key), above)

    def optional_number(self, key: str, above: float = -math.inf) -> float | None:
        value = self._take(key)
        return None if value is None else self._number(key, value, above)

    def _number(self, key: str, value: object, above: float) -> float:
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise self._wrong(key, "a number")
        if not value > above or abs(value) > LARGEST_NUMBER:
            raise self._wrong(key, f"finite and above {above:g}")
        return float(value)

    def late_text(self, key: str, max_length: int) -> str | None:
        """Read a string; None where the key is absent, as older clients leave it."""
        return self.text(key, max_length) if key in self._values else None

    def flag(self, key: str, *, default: bool) -> bool:
        """Read true or false; `default` where the key is absent, as older clients leave it."""
        if key not in self._values:
            return default
        value = self._take(key)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false")
        return value

    def choice(self, key: str, choices: type[_Choice]) -> _Choice:
        value = self._take(key)
        known = choices._value2member_map_.get(value) if isinstance(value, str) else None
        if not isinstance(known, choices):
            raise self._wrong(key, f"one of {', '.join(choices)}")
        return known

    def map(self, key: str) -> Fields:
        value = self._take(key)
        if not isinstance(value, Mapping):
            raise self._wrong(key, "a map")
        return Fields(f"{self._where}.{key}", value)

    def _take(self, key: str) -> object:
        try:
            value = self._values[key]
        except KeyError:
            raise ProtocolError(f"{self._where} lacks the key {key!r}.") from None
        self._read.add(key)
        return value

    def _wrong(self, key: str, wanted: str) -> ProtocolError:
        return ProtocolError(f"{self._where}.{key} must be {wanted}.")
