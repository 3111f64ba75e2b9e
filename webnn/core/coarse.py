"""The coarse encodings of differences, `int4` and `int2`: four bits or two a number, and a scale for each block of 256.

They lose much of each vector, so they are for senders who keep what was lost and add it to the next one (error
feedback: Seide 2014; Karimireddy 2019, arXiv 1901.09847). `int4` has the steps -7..7 of the largest magnitude;
`int2` has the four middles -1.5, -0.5, 0.5 and 1.5 of the block's root mean square, nearly the best four for numbers
that are normally distributed (Max 1960, table I). Layouts are docs/protocol.md's, the arithmetic is the same in
TypeScript.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from webnn.core.events import Vector
from webnn.core.frames import Buffer
from webnn.core.merging.base import CHUNK
from webnn.core.quantised import BLOCK, LEAST, check_length, num_blocks, quantise_rows, rows_of, scale

_STEPS = np.float32(7)
_MIDDLE = np.float32(1.5)
_NUMBERS_PER_BYTE = {4: 2, 2: 4}

Bytes = NDArray[np.uint8]


def coarse_bytes(num_weights: int, bits: int) -> int:
    """The length of a payload with `bits` (4 or 2) a number."""
    return 4 * num_blocks(num_weights) + -(-num_weights // _NUMBERS_PER_BYTE[bits])


def encode_coarse(vector: Vector, bits: int) -> memoryview:
    """Scales (float32, one for each 256 numbers), then the numbers of `bits` (4 or 2) each, the first lowest."""
    payload = np.empty(coarse_bytes(len(vector), bits), np.uint8)
    split = 4 * num_blocks(len(vector))
    scales, packed = payload[:split].view("<f4"), payload[split:]
    scratch, codes = np.empty(min(CHUNK, len(vector)), np.float32), np.empty(min(CHUNK, len(vector)), np.int8)
    quantise = _quantise_to_steps if bits == 4 else _quantise_to_middles
    for first in range(0, len(vector), CHUNK):
        part = np.ascontiguousarray(vector[first : first + CHUNK], np.float32)
        here, place = codes[: len(part)], 0
        with np.errstate(invalid="ignore"):
            views = rows_of(part), rows_of(here), rows_of(scratch[: len(part)])
            for rows, numbers, spare in zip(*views, strict=True):
                block = first // BLOCK + place
                quantise(rows, scales[block : block + len(rows)], numbers, spare)
                place += len(rows)
        _pack(here.view(np.uint8), bits, packed[first // _NUMBERS_PER_BYTE[bits] :])
    return payload.data


def _quantise_to_steps(rows: Vector, scales: Vector, numbers: NDArray[np.int8], scratch: Vector) -> None:
    quantise_rows(rows, scales, numbers, scratch, _STEPS)
    np.bitwise_and(numbers, 15, out=numbers)


def _quantise_to_middles(rows: Vector, scales: Vector, numbers: NDArray[np.int8], scratch: Vector) -> None:
    squares = np.einsum("ij,ij->i", rows, rows, dtype=np.float64)
    np.sqrt(squares / max(rows.shape[1], 1), out=squares)
    scales[:] = squares
    scales[scales < LEAST] = 0
    divisors = np.where((scales > 0) & np.isfinite(scales), scales, np.float32(np.inf))
    np.divide(rows, divisors[:, None], out=scratch)
    np.floor(scratch, out=scratch)
    np.clip(scratch, -2, 1, out=scratch)
    scratch += 2
    np.nan_to_num(scratch, copy=False)
    np.copyto(numbers, scratch, casting="unsafe")


def decode_coarse(payload: Buffer, bits: int, num_weights: int, base: Vector | None = None) -> Vector:
    """Read `num_weights` numbers of `bits` each, and add them to `base` if given. Scales may be anything.

    Raises `ProtocolError` for another length.
    """
    check_length(payload, coarse_bytes(num_weights, bits), num_weights)
    data, split = np.frombuffer(payload, np.uint8), 4 * num_blocks(num_weights)
    scales, packed = data[:split].view("<f4"), data[split:]
    vector = np.empty(num_weights, np.float32)
    per_byte = _NUMBERS_PER_BYTE[bits]
    values = _VALUES[bits]
    with np.errstate(invalid="ignore", over="ignore"):
        for first in range(0, num_weights, CHUNK):
            part = vector[first : first + CHUNK]
            here = packed[first // per_byte : -(-(first + len(part)) // per_byte)]
            part[:] = values[here].reshape(-1)[: len(part)]
            scale(part, scales[first // BLOCK :])
            if base is not None:
                part += base[first : first + CHUNK]
    return vector


def _pack(codes: Bytes, bits: int, packed: Bytes) -> None:
    """Put `codes`, which fit in `bits`, together into the first bytes of `packed`; what is left of the last is 0."""
    per_byte = _NUMBERS_PER_BYTE[bits]
    length = -(-len(codes) // per_byte)
    padded = codes if len(codes) == length * per_byte else np.append(codes, np.zeros(-len(codes) % per_byte, np.uint8))
    target = packed[:length]
    target[:] = padded[::per_byte]
    for place in range(1, per_byte):
        target |= padded[place::per_byte] << (bits * place)


def _values_of_bytes(values: list[float], bits: int) -> Any:
    """What the numbers in each possible byte are, (256, numbers a byte)."""
    every = np.arange(256)[:, None] >> (bits * np.arange(_NUMBERS_PER_BYTE[bits])) & ((1 << bits) - 1)
    return np.array(values, np.float32)[every]


_VALUES = {
    4: _values_of_bytes([code - 16.0 * (code > 7) for code in range(16)], 4),
    2: _values_of_bytes([code - float(_MIDDLE) for code in range(4)], 2),
}
