"""Frames: the bytes of one message, a msgpack header and a raw payload that both sides view without a copy.

The format is docs/protocol.md's. Decoding is strict: any bytes decode or raise `ProtocolError`, and nothing is
allocated that the bytes themselves do not pay for.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import msgpack  # type: ignore[import-untyped]

from webnn.core.errors import ProtocolError

MAX_HEADER_BYTES = 65_536
MAX_LARGE_HEADER_BYTES = 4 * 1024 * 1024  # a shard's, a snapshot's
MAX_DEPTH = 8
MAX_OWN_DEPTH = 64  # of what we write ourselves: a functional model's topology nests 11 deep in a `welcome`
ALIGNMENT = 8

_LENGTH = struct.Struct("<I")
_PACKER = msgpack.Packer(use_bin_type=True)  # one, whose memory is there already

_PLAIN = frozenset({str, int, bool, type(None)})
_STRINGS = frozenset({str})

Buffer = bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class Frame:
    """A decoded frame. `payload` is a view of the bytes given, empty when there is none; `type` is the header's."""

    header: dict[str, Any]
    payload: memoryview

    @property
    def type(self) -> str:
        return str(self.header["type"])


def encode_header(header: Mapping[str, object]) -> bytes:
    """Everything before the payload: length, header, zero padding to a multiple of 8.

    Send it and the payload apart where the transport allows: joining copies. Raises `ValueError` for a header that
    no `decode_frame` would take (that is our own mistake, never a peer's).
    """
    problem = _problem(header, MAX_OWN_DEPTH)
    if problem is not None:
        raise ValueError(f"frame header: {problem}")
    packed: bytes = _PACKER.pack(header)
    return b"".join((_LENGTH.pack(len(packed)), packed, bytes(_padding(len(packed)))))


def encode_frame(header: Mapping[str, object], payload: Buffer | None = None) -> bytes:
    """One whole frame. `payload`, if given, is copied once."""
    start = encode_header(header)
    return start if payload is None else b"".join((start, payload))


def decode_frame(data: Buffer, max_header_bytes: int = MAX_HEADER_BYTES, max_depth: int = MAX_DEPTH) -> Frame:
    """Read a frame without copying its payload. Raises `ProtocolError` for anything that is not exactly a frame.

    The limits are those for a volunteer's frames; a trusted peer's headers may be longer and nest deeper.
    """
    view = memoryview(data).cast("B")
    if len(view) < _LENGTH.size:
        raise ProtocolError("A frame is at least 4 bytes long.")
    (header_bytes,) = _LENGTH.unpack_from(view)
    if header_bytes > max_header_bytes:
        raise ProtocolError(f"A frame's header is {header_bytes} bytes, more than {max_header_bytes}.")
    header_end = _LENGTH.size + header_bytes
    start = header_end + _padding(header_bytes)
    if header_end > len(view):
        raise ProtocolError("A frame ends within its header.")
    if any(view[header_end:start]) or start > len(view):
        raise ProtocolError("A frame's header is not padded with zeros to a multiple of 8.")
    return Frame(_unpack(view[_LENGTH.size : header_end], max_depth), view[start:])


def _padding(header_bytes: int) -> int:
    return -(_LENGTH.size + header_bytes) % ALIGNMENT


def _unpack(packed: memoryview, max_depth: int) -> dict[str, Any]:
    try:
        header = msgpack.unpackb(
            packed, raw=False, strict_map_key=True, object_pairs_hook=_unique, ext_hook=_refuse_extension
        )
    except ProtocolError:
        raise
    except (ValueError, TypeError, OverflowError, RecursionError, msgpack.UnpackException) as error:
        raise ProtocolError(f"A frame's header is not msgpack: {type(error).__name__}.") from error
    problem = _problem(header, max_depth)
    if problem is not None:
        raise ProtocolError(f"A frame's header {problem}.")
    return header  # type: ignore[no-any-return]


def _unique(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ProtocolError("A frame's header has a key twice.")
    return result


def _refuse_extension(code: int, data: bytes) -> NoReturn:
    raise ProtocolError(f"A frame's header has a msgpack extension ({code}).")


def _problem(header: object, max_depth: int) -> str | None:
    """Find what is wrong with a header as a value; None when nothing is."""
    if type(header) is not dict and not isinstance(header, Mapping):
        return "is not a map"
    if not isinstance(header.get("type"), str):
        return "has no type"
    return _value_problem(header, max_depth)


def _value_problem(value: object, depth: int) -> str | None:
    if type(value) is dict:  # as nearly every map is: `isinstance` of an abstract class takes ten times as long
        if not _STRINGS.issuperset(map(type, value)):
            return _other_problem(value, depth)
        return _items_problem(value.values(), depth - 1)
    if type(value) is list or type(value) is tuple:
        return _items_problem(value, depth - 1)
    return _other_problem(value, depth)


def _other_problem(value: object, depth: int) -> str | None:
    match value:
        case None | bool() | str() | int():
            return None
        case float():
            return None if math.isfinite(value) else "has a number that is not finite"
        case Mapping():
            for key in value:
                if not isinstance(key, str):
                    return "has a key that is not a string"
            return _items_problem(value.values(), depth - 1)
        case list() | tuple():
            return _items_problem(value, depth - 1)
        case _:
            return f"holds a {type(value).__name__}"


def _items_problem(items: Collection[object], depth: int) -> str | None:
    if depth < 0:
        return "nests too deep"
    if _PLAIN.issuperset(map(type, items)):
        return None
    for item in items:
        kind = type(item)
        if kind in _PLAIN or (kind is float and math.isfinite(item)):  # type: ignore[arg-type]
            continue  # nearly all of them: a look at each by `match` would cost more than packing it
        problem = _value_problem(item, depth)
        if problem is not None:
            return problem
    return None
