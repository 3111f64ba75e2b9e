"""Frames: what is encoded decodes, and any other bytes raise ProtocolError."""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webnn.core.errors import ProtocolError
from webnn.core.frames import MAX_DEPTH, Frame, decode_frame, encode_frame, encode_header

SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    SCALARS | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
HEADERS = st.dictionaries(st.text(max_size=8), VALUES, max_size=4).map(lambda header: {**header, "type": "x"})


def frame_of(header: object, padding: bytes | None = None) -> bytes:
    """Make a frame round any header at all."""
    return raw_frame(msgpack.packb(header, use_bin_type=True), padding)


def raw_frame(packed: bytes, padding: bytes | None = None) -> bytes:
    """Make a frame round any bytes at all."""
    fill = bytes(-(4 + len(packed)) % 8) if padding is None else padding
    return struct.pack("<I", len(packed)) + packed + fill


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@given(header=HEADERS, payload=st.binary(max_size=40))
def test_frame_decodes_to_what_was_encoded(header: dict[str, Any], payload: bytes) -> None:
    frame = decode_frame(encode_frame(header, payload))
    assert frame.header == header
    assert bytes(frame.payload) == payload


@given(st.binary(max_size=200))
def test_any_bytes_decode_or_raise_protocol_error(data: bytes) -> None:
    try:
        frame = decode_frame(data)
    except ProtocolError:
        return
    assert isinstance(frame, Frame)
    assert isinstance(frame.type, str)


@given(st.binary(max_size=120))
def test_any_header_bytes_decode_or_raise_protocol_error(packed: bytes) -> None:
    try:
        frame = decode_frame(raw_frame(packed))
    except ProtocolError:
        return
    assert decode_frame(encode_header(frame.header)).header == frame.header


@given(header=HEADERS, payload=st.binary(min_size=1, max_size=16), data=st.data())
def test_changed_frame_decodes_or_raises_protocol_error(
    header: dict[str, Any], payload: bytes, data: st.DataObject
) -> None:
    frame = bytearray(encode_frame(header, payload))
    for _ in range(data.draw(st.integers(1, 3))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    with suppress(ProtocolError):
        decode_frame(bytes(frame[: data.draw(st.integers(0, len(frame)))]))


def test_payload_starts_at_a_multiple_of_eight_and_is_a_view() -> None:
    data = encode_frame({"type": "update", "lease_id": "0-1"}, b"payload!")
    payload = decode_frame(data).payload
    assert (len(data) - len(payload)) % 8 == 0
    assert payload.obj is data


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "at least 4"),
        (b"\xff\xff\xff\xff", "more than 65536"),
        (struct.pack("<I", 100) + b"abc", "within its header"),
        (frame_of({"type": "x"}, b"\x01" * 7), "padded with zeros"),
        (frame_of({"type": "x"}, b""), "padded with zeros"),
        (frame_of([1, 2]), "not a map"),
        (frame_of({"kind": "x"}), "no type"),
        (frame_of({"type": 3}), "no type"),
        (frame_of({"type": "x", "value": float("nan")}), "not finite"),
        (frame_of({"type": "x", "value": [float("inf")]}), "not finite"),
        (frame_of({"type": "x", "value": b"bytes"}), "holds a bytes"),
        (frame_of({"type": "x", "value": msgpack.ExtType(3, b"")}), "extension"),
        (frame_of({"type": "x", "value": msgpack.Timestamp(1)}), "Timestamp"),
        (frame_of({"type": "x", 1: 2}), "not msgpack"),
        (frame_of({"type": "x", "value": nested(MAX_DEPTH)}), "deep"),
        (raw_frame(b"\x82\xa4type\xa1x\xa1v" + b"\x91" * 3_000 + b"\x01"), "header"),
        (raw_frame(b"\x82\xa4type\xa1x\xa4type\xa1y"), "twice"),
        (raw_frame(b"\x81\xa1\xff\x01"), "not msgpack"),
        (raw_frame(b"\x81\xa4type\xa1x!"), "not msgpack"),
        (raw_frame(b"\xdd\xff\xff\xff\xff"), "not msgpack"),
    ],
)
def test_malformed_frame_is_refused_with_a_reason(data: bytes, words: str) -> None:
    with pytest.raises(ProtocolError, match=words) as caught:
        decode_frame(data)
    assert caught.value.code == "protocol_error"


def test_deepest_allowed_header_is_taken() -> None:
    header = {"type": "x", "value": nested(MAX_DEPTH - 1)}
    assert decode_frame(encode_frame(header)).header == header


def test_larger_headers_are_taken_where_they_are_expected() -> None:
    header = {"type": "snapshot", "points": [0.5] * 20_000}
    with pytest.raises(ProtocolError):
        decode_frame(encode_frame(header))
    assert decode_frame(encode_frame(header), max_header_bytes=2**22).header == header


def test_our_own_unsendable_header_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="not finite"):
        encode_header({"type": "live", "loss": float("nan")})
