"""The compact encodings: `int8`, a byte a number with a scale for each block, and `topk`, the largest numbers alone.

Both lose something, always less than half a step; a sender keeps what was lost and adds it to the next vector it sends
(error feedback: Seide 2014; Stich 2018, arXiv 1809.07599). Layouts are docs/protocol.md's. The arithmetic is float32
and the same in TypeScript, byte for byte.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from webnn.core.errors import ProtocolError
from webnn.core.events import Vector
from webnn.core.frames import Buffer
from webnn.core.loops import loops
from webnn.core.merging.base import LARGE_CHUNK

BLOCK = 256
_STEPS = np.float32(127)
LEAST = np.float32(2.0**-100)
"""A block with nothing larger is sent as zeros: its steps would be too small for float32."""

_ENTRY_BYTES = 5
_Number = TypeVar("_Number", bound=np.generic)


def int8_bytes(num_weights: int) -> int:
    """The length of an `int8` payload."""
    return 4 * num_blocks(num_weights) + num_weights


def encode_int8(vector: Vector) -> memoryview:
    """Scales (float32, one for each 256 numbers), then the numbers as int8 multiples of them."""
    vector = np.ascontiguousarray(vector, np.float32)
    payload = np.empty(int8_bytes(len(vector)), np.uint8)
    scales, numbers = _int8_parts(payload, len(vector))
    fast = loops(vector)
    if fast is not None and fast.quantise(vector, scales, numbers):
        return payload.data
    scratch = np.empty(min(LARGE_CHUNK, len(vector)), np.float32)
    for first in range(0, len(vector), LARGE_CHUNK):
        part = vector[first : first + LARGE_CHUNK]
        blocks = slice(first // BLOCK, first // BLOCK + num_blocks(len(part)))
        _quantise(part, scales[blocks], numbers[first : first + LARGE_CHUNK], scratch[: len(part)])
    return payload.data


def _quantise(part: Vector, scales: Vector, numbers: NDArray[np.int8], scratch: Vector) -> None:
    place = 0
    with np.errstate(invalid="ignore"):
        for rows, codes, spare in zip(rows_of(part), rows_of(numbers), rows_of(scratch), strict=True):
            quantise_rows(rows, scales[place : place + len(rows)], codes, spare)
            place += len(rows)


def rows_of(part: NDArray[_Number]) -> tuple[NDArray[_Number], ...]:
    """View `part` as its whole blocks, a row each, and what is left as one more row if there is anything."""
    cut = len(part) // BLOCK * BLOCK
    rows = part[:cut].reshape(-1, BLOCK)
    return (rows,) if cut == len(part) else (rows, part[None, cut:])


def quantise_rows(
    rows: Vector, scales: Vector, numbers: NDArray[np.int8], scratch: Vector, steps: np.float32 = _STEPS
) -> None:
    """Write each row's largest magnitude / `steps` to `scales`, and the nearest multiples of that to `numbers`."""
    most = np.abs(rows, out=scratch).max(axis=1)
    np.divide(most, steps, out=scales)
    scales[most < LEAST] = 0
    divisors = np.where((scales > 0) & np.isfinite(scales), scales, np.float32(np.inf))
    np.divide(rows, divisors[:, None], out=scratch)
    np.rint(scratch, out=scratch)
    np.copyto(numbers, scratch, casting="unsafe")


def decode_int8(payload: Buffer, num_weights: int, base: Vector | None = None) -> Vector:
    """Read `num_weights` numbers, and add them to `base` if given. A scale may be anything: judging says.

    Raises `ProtocolError` for another length.
    """
    check_length(payload, int8_bytes(num_weights), num_weights)
    scales, numbers = _int8_parts(np.frombuffer(payload, np.uint8), num_weights)
    vector = np.empty(num_weights, np.float32)
    if base is not None and (fast := loops(scales, numbers, base)) is not None:
        fast.dequantise(numbers, scales, base[:num_weights], vector)
        return vector
    with np.errstate(invalid="ignore", over="ignore"):
        for first in range(0, num_weights, LARGE_CHUNK):
            part = vector[first : first + LARGE_CHUNK]
            np.copyto(part, numbers[first : first + LARGE_CHUNK])
            scale(part, scales[first // BLOCK :])
            if base is not None:
                part += base[first : first + LARGE_CHUNK]
    return vector


def scale(part: Vector, scales: Vector) -> None:
    """Multiply each block of `part` by its scale, in place."""
    whole = len(part) // BLOCK
    cut = whole * BLOCK
    rows = part[:cut].reshape(whole, BLOCK)
    rows *= scales[:whole, None]
    if cut < len(part):
        part[cut:] *= scales[whole]


def _int8_parts(payload: NDArray[np.uint8], num_weights: int) -> tuple[Vector, NDArray[np.int8]]:
    split = 4 * num_blocks(num_weights)
    return payload[:split].view("<f4"), payload[split:].view(np.int8)


def num_blocks(num_weights: int) -> int:
    """How many blocks there are, the last of which may be short."""
    return -(-num_weights // BLOCK)


def topk_count(num_weights: int, share: float = 0.01) -> int:
    """How many numbers a `topk` payload of a vector holds: a hundredth, and at least one."""
    return max(1, round(num_weights * share))


def encode_topk(vector: Vector, count: int) -> memoryview:
    """Keep the `count` numbers of largest magnitude, 1 <= count: how many they are (uint32), a scale (float32), their
    places (uint32, going up), and they themselves as int8 multiples of the scale.
    """
    count = min(count, len(vector))
    if not count:
        return np.zeros(8, np.uint8).data
    places = np.sort(np.argpartition(np.abs(vector), len(vector) - count)[len(vector) - count :]).astype("<u4")
    kept = np.ascontiguousarray(vector[places], np.float32)
    payload = np.empty(8 + _ENTRY_BYTES * count, np.uint8)
    payload[:4].view("<u4")[0] = count
    with np.errstate(invalid="ignore"):
        quantise_rows(
            kept[None],
            payload[4:8].view("<f4"),
            payload[8 + 4 * count :].view(np.int8)[None],
            np.empty_like(kept)[None],
        )
    payload[8 : 8 + 4 * count].view("<u4")[:] = places
    return payload.data


def decode_topk(payload: Buffer, num_weights: int, base: Vector | None = None) -> Vector:
    """Read a vector of `num_weights` numbers, zero where nothing was kept, and add it to `base` if given.

    Raises `ProtocolError` for another length, or for places that are not there or do not go up.
    """
    data = np.frombuffer(payload, np.uint8)
    count = int(data[:4].view("<u4")[0]) if len(data) >= 8 else -1
    if not 0 <= count <= num_weights:
        raise ProtocolError("A payload does not say how many numbers it holds.")
    check_length(payload, 8 + _ENTRY_BYTES * count, num_weights)
    places = data[8 : 8 + 4 * count].view("<u4").astype(np.int64)
    if count and (places[-1] >= num_weights or (np.diff(places) <= 0).any()):
        raise ProtocolError("A payload's places do not go up, or are not in this model.")
    vector = np.zeros(num_weights, np.float32) if base is None else base[:num_weights].copy()
    with np.errstate(invalid="ignore", over="ignore"):
        vector[places] += data[8 + 4 * count :].view(np.int8).astype(np.float32) * data[4:8].view("<f4")[0]
    return vector


def check_length(payload: Buffer, num_bytes: int, num_weights: int) -> None:
    """Raise `ProtocolError` unless `payload` has `num_bytes`."""
    given = memoryview(payload).nbytes
    if given != num_bytes:
        raise ProtocolError(f"A payload of {given} bytes; {num_bytes} would be {num_weights} numbers of this model.")
