"""The wire format of protocol buffers, as far as event files need it.

https://protobuf.dev/programming-guides/encoding: a field is a tag (its number and wire type) and its value.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def varint(value: int) -> bytes:
    """Encode an integer, seven bits a byte, lowest first; a negative one as 64 bits in two's complement."""
    value &= 0xFFFFFFFFFFFFFFFF
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def integer(field: int, value: int) -> bytes:
    """An int32, int64, bool or enum field."""
    return _tag(field, _VARINT) + varint(value)


def double(field: int, value: float) -> bytes:
    return _tag(field, _FIXED64) + struct.pack("<d", value)


def single(field: int, value: float) -> bytes:
    """A float field: 32 bits."""
    return _tag(field, _FIXED32) + struct.pack("<f", value)


def message(field: int, *parts: bytes) -> bytes:
    """A message, bytes or string field, given in encoded parts."""
    body = b"".join(parts)
    return _tag(field, _BYTES) + varint(len(body)) + body


def string(field: int, value: str) -> bytes:
    return message(field, value.encode("utf-8", "replace"))


def doubles(field: int, values: Iterable[float]) -> bytes:
    """A packed repeated double field."""
    return message(field, *(struct.pack("<d", value) for value in values))


def _tag(field: int, wire_type: int) -> bytes:
    return varint(field << 3 | wire_type)
