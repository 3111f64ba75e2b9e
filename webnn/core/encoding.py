"""Encodings of a flat vector on the wire: what travels is raw little-endian numbers."""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never

import numpy as np

from webnn.core.coarse import decode_coarse, encode_coarse
from webnn.core.errors import ProtocolError
from webnn.core.events import Vector
from webnn.core.frames import Buffer
from webnn.core.grid import decode_grid, encode_grid, to_grid
from webnn.core.halves import narrow, widen
from webnn.core.quantised import decode_int8, decode_topk, encode_int8, encode_topk, int8_bytes, topk_count


class Encoding(StrEnum):
    """How a vector is written: 4 bytes a number (IEEE single), 2 (IEEE half), 1, a half or a quarter of one with
    a scale for each block of 256, the hundredth of the numbers with the largest magnitude, or what changed on a grid.
    """

    F32 = "f32"
    F16 = "f16"
    INT8 = "int8"
    INT4 = "int4"
    INT2 = "int2"
    TOPK = "topk"
    GRID = "grid"

    @property
    def differs(self) -> bool:
        """Whether trained weights travel as their difference from what they were trained from: too much would be lost
        of the weights themselves.
        """
        return self in (Encoding.INT8, Encoding.INT4, Encoding.INT2, Encoding.TOPK)


UP = (Encoding.F32, Encoding.F16, Encoding.INT8, Encoding.INT4, Encoding.INT2, Encoding.TOPK)
"""Encodings of updates."""

DOWN = (Encoding.F32, Encoding.F16, Encoding.INT8, Encoding.GRID)
"""Encodings of versions, which are whole ones but for `grid`."""


def most_bytes(num_weights: int, encoding: Encoding) -> int:
    """The length of a version of so many numbers; in `grid` it depends on what changed, and as f32 it is longer."""
    match encoding:
        case Encoding.F16:
            return 2 * num_weights
        case Encoding.INT8:
            return int8_bytes(num_weights)
        case _:
            return 4 * num_weights


def encode_vector(vector: Vector, encoding: Encoding | str) -> memoryview:
    """Write `vector` (flat float32) as bytes. For f32 on a little-endian machine that is a view, not a copy.

    Half precision holds numbers up to 65,504: larger ones are cut to that, so that finite weights stay finite.
    """
    match Encoding(encoding):
        case Encoding.F32:
            return np.ascontiguousarray(vector, "<f4").data.cast("B")
        case Encoding.F16:
            return narrow(np.ascontiguousarray(vector, "<f4")).data.cast("B")
        case Encoding.INT8:
            return encode_int8(vector)
        case Encoding.INT4:
            return encode_coarse(vector, 4)
        case Encoding.INT2:
            return encode_coarse(vector, 2)
        case Encoding.TOPK:
            return encode_topk(vector, topk_count(len(vector)))
        case Encoding.GRID:
            return encode_grid(to_grid(vector))
        case other:
            assert_never(other)


def decode_vector(payload: Buffer, encoding: Encoding | str, num_weights: int, base: Vector | None = None) -> Vector:
    """Read a flat float32 vector of exactly `num_weights` numbers (finite or not: judging says).

    For f32 it views `payload` and may be read-only; otherwise it is new. With `base`, which only encodings that
    `differs` take, the payload is added to it. Raises `ProtocolError` for another length.
    """
    match Encoding(encoding):
        case Encoding.F32:
            return np.frombuffer(_sized(payload, 4 * num_weights, num_weights), "<f4")
        case Encoding.F16:
            return widen(np.frombuffer(_sized(payload, 2 * num_weights, num_weights), "<f2"))
        case Encoding.INT8:
            return decode_int8(payload, num_weights, base)
        case Encoding.INT4:
            return decode_coarse(payload, 4, num_weights, base)
        case Encoding.INT2:
            return decode_coarse(payload, 2, num_weights, base)
        case Encoding.TOPK:
            return decode_topk(payload, num_weights, base)
        case Encoding.GRID:
            return decode_grid(payload, num_weights).vector()
        case other:
            assert_never(other)


def _sized(payload: Buffer, num_bytes: int, num_weights: int) -> Buffer:
    given = memoryview(payload).nbytes
    if given != num_bytes:
        raise ProtocolError(f"A payload has {given} bytes, not the {num_bytes} of {num_weights} numbers.")
    return payload
