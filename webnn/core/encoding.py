"""Encodings of a flat vector on the wire: what travels is raw little-endian numbers."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from webnn.core.errors import ProtocolError
from webnn.core.events import Vector
from webnn.core.frames import Buffer


class Encoding(StrEnum):
    """How a number of a vector is written: 4 bytes (IEEE single) or 2 (IEEE half)."""

    F32 = "f32"
    F16 = "f16"

    @property
    def dtype(self) -> np.dtype[np.floating]:
        return _DTYPES[self]


_DTYPES: dict[Encoding, np.dtype[np.floating]] = {Encoding.F32: np.dtype("<f4"), Encoding.F16: np.dtype("<f2")}
_LARGEST_HALF = np.float32(65_504)


def encode_vector(vector: Vector, encoding: Encoding | str) -> memoryview:
    """Write `vector` (flat float32) as bytes. For f32 on a little-endian machine that is a view, not a copy.

    Half precision holds numbers up to 65,504: larger ones are cut to that, so that finite weights stay finite.
    """
    target = Encoding(encoding).dtype
    if target.itemsize == 2:
        vector = np.clip(vector, -_LARGEST_HALF, _LARGEST_HALF)
    return np.ascontiguousarray(vector, target).data.cast("B")


def decode_vector(payload: Buffer, encoding: Encoding | str, num_weights: int) -> Vector:
    """Read a flat float32 vector of exactly `num_weights` numbers (finite or not: judging says).

    For f32 it views `payload` and may be read-only; otherwise it is new. Raises `ProtocolError` for another length.
    """
    source = Encoding(encoding).dtype
    num_bytes = memoryview(payload).nbytes
    if num_bytes != num_weights * source.itemsize:
        raise ProtocolError(f"A payload has {num_bytes} bytes, not the {num_weights * source.itemsize} of this model.")
    with np.errstate(invalid="ignore"):  # a signalling NaN is for judging to find
        return np.frombuffer(payload, source).astype(np.float32, copy=False)
