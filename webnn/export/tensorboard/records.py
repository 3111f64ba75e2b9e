"""TFRecord: a file of records, each with its length and two masked CRC-32C sums.

A record that a crash cut short, and what might follow it, counts for nothing: readers stop there.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Self

_POLYNOMIAL = 0x82F63B78  # Castagnoli's, with its bits reversed
_MASK_DELTA = 0xA282EAD8
_LENGTH = struct.Struct("<Q")
_SUM = struct.Struct("<I")


def _make_table() -> tuple[int, ...]:
    table = []
    for number in range(256):
        for _ in range(8):
            number = number >> 1 ^ (_POLYNOMIAL if number & 1 else 0)  # noqa: PLW2901 (eight steps of one division)
        table.append(number)
    return tuple(table)


_TABLE = _make_table()


def crc32c(data: bytes) -> int:
    """CRC-32C of `data` (RFC 3720, appendix B.4)."""
    value = 0xFFFFFFFF
    for byte in data:
        value = value >> 8 ^ _TABLE[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF


def masked_crc(data: bytes) -> int:
    """The sum as TFRecord stores it: turned by 15 bits, plus a constant, so that sums of sums stay apart."""
    value = crc32c(data)
    return ((value >> 15 | value << 17) + _MASK_DELTA) & 0xFFFFFFFF


def frame_record(data: bytes) -> bytes:
    """Lay out one record."""
    length = _LENGTH.pack(len(data))
    return b"".join((length, _SUM.pack(masked_crc(length)), data, _SUM.pack(masked_crc(data))))


class RecordWriter:
    """Appends records to a new file. Blocks; raises `OSError` when the disk refuses."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def append(self, records: Iterable[bytes]) -> None:
        """Append records, and hand them to the operating system."""
        self._file.write(b"".join(frame_record(record) for record in records))
        self._file.flush()

    def close(self) -> None:
        """Close the file. May be called twice."""
        self._file.close()
