"""What is fuzzed: each target takes any bytes, and raises for a fault of ours alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from fuzz.conversation import converse, frame_of
from fuzz.reading import Reader
from webnn.core.encoding import Encoding, decode_vector, encode_vector
from webnn.core.errors import ProtocolError
from webnn.core.frames import decode_frame, encode_frame
from webnn.core.messages import decode_client_message

VECTORS = Path(__file__).parents[1] / "tests" / "vectors"
MOST_WEIGHTS = 600


def frames(data: bytes) -> None:
    """Any bytes are a frame or a `ProtocolError`, and a frame is written again as it was meant."""
    with suppress(ProtocolError):
        frame = decode_frame(data)
        assert frame.payload.nbytes <= len(data)
        again = decode_frame(encode_frame(frame.header, frame.payload))
        assert again.header == frame.header
        assert again.payload == frame.payload


def messages(data: bytes) -> None:
    """Any bytes are a client's message or a `ProtocolError`."""
    with suppress(ProtocolError):
        decode_client_message(data)


def almost_messages(data: bytes) -> None:
    """Messages of the protocol with something odd about them are messages, or a `ProtocolError`."""
    reader = Reader(data)
    while not reader.ended:
        messages(frame_of(reader, None, None))


def vectors(data: bytes) -> None:
    """Any bytes are a vector of the length that was asked for, or a `ProtocolError`, in every encoding."""
    reader = Reader(data)
    encoding = reader.choose(tuple(Encoding))
    num_weights = (reader.byte() << 8 | reader.byte()) % MOST_WEIGHTS
    base = np.ones(num_weights, np.float32) if encoding.differs and reader.byte() & 1 else None
    payload = data[4:]
    with suppress(ProtocolError), np.errstate(all="ignore"):
        vector = decode_vector(payload, encoding, num_weights, base)
        assert vector.shape == (num_weights,)
        assert vector.dtype == np.float32
        if base is not None:
            assert np.array_equal(base, np.ones(num_weights, np.float32)), "the base was written to"
        if np.isfinite(vector).all() and num_weights:
            assert len(decode_vector(encode_vector(vector, encoding), encoding, num_weights)) == num_weights


_loop: list[asyncio.AbstractEventLoop] = []


def session(data: bytes) -> None:
    """Whatever a connection says in whatever order, the run goes on and serves whoever comes next."""
    if not _loop:
        _loop.append(asyncio.new_event_loop())
    _loop[0].run_until_complete(converse(data))


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "frames": frames,
    "messages": messages,
    "almost_messages": almost_messages,
    "vectors": vectors,
    "session": session,
}


def seeds(target: str) -> Iterator[bytes]:
    """What to begin with: real messages, and for targets that read decisions some that lead somewhere."""
    if target in ("frames", "messages"):
        yield from (path.read_bytes() for path in sorted(VECTORS.glob("*.bin")))
    elif target == "vectors":
        for number, encoding in enumerate(Encoding):
            yield bytes((number, 0, 12, 1)) + bytes(encode_vector(np.linspace(-1, 1, 12, dtype=np.float32), encoding))
    else:
        kinds = {name: bytes((0, 20, number)) for number, name in enumerate(("hello", "ready", "progress", "update"))}
        greeting = kinds["hello"] + bytes((0, 0, 1))
        work = kinds["ready"] + bytes((0, 0)) + kinds["update"] + bytes((0, 0, 2))
        yield greeting + work
        yield greeting + work + work + bytes((0, 20, 6, 0, 0))
        yield greeting + kinds["progress"] + bytes((1, 0)) + greeting
