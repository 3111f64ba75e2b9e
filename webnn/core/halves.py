"""Half precision and back by integer arithmetic in cache-sized chunks: numpy's own way takes 3 to 6 times longer.

Exact: rounded to nearest, ties to even, subnormals too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from webnn.core.events import Vector
from webnn.core.loops import loops
from webnn.core.merging.base import LARGE_CHUNK

Halves = NDArray[np.float16]

_LARGEST_BITS = np.uint32(0x7BFF)  # 65,504
_TOO_LARGE = np.uint32(0x477FF000)  # 65,520 as float32: from there on numbers are rounded up to more than that
_SMALLEST_NORMAL = np.uint32(0x38800000)  # 2^-14 as float32
_INFINITE = np.uint32(0x7F800000)
_REBASE = np.uint32(0x38000000 - 0xFFF)  # the difference of the exponents' biases, less what rounding adds
_EXPONENT = np.float32(2.0**112)


def narrow(vector: Vector) -> Halves:
    """`vector` in half precision. What is larger than 65,504, but finite, becomes that."""
    halves = np.empty(len(vector), np.float16)
    fast = loops(vector)
    if fast is not None and fast.narrow(vector.view(np.uint32), halves.view(np.uint16)):
        return halves
    scratch = np.empty((2, min(LARGE_CHUNK, len(vector))), np.uint32)
    for first in range(0, len(vector), LARGE_CHUNK):
        part = vector[first : first + LARGE_CHUNK]
        _narrow_chunk(part, halves[first : first + LARGE_CHUNK], scratch[:, : len(part)])
    return halves


def _narrow_chunk(part: Vector, halves: Halves, scratch: NDArray[np.uint32]) -> None:
    bits, target = part.view(np.uint32), halves.view(np.uint16)
    magnitude, other = scratch
    np.bitwise_and(bits, np.uint32(0x7FFFFFFF), out=magnitude)
    largest = magnitude.max()
    if largest >= _INFINITE:
        _narrow_slowly(part, halves)
        return
    (small,) = np.nonzero(magnitude < _SMALLEST_NORMAL)
    np.right_shift(magnitude, 13, out=other)
    np.bitwise_and(other, 1, out=other)
    np.add(magnitude, other, out=magnitude)
    np.subtract(magnitude, _REBASE, out=magnitude)
    np.right_shift(magnitude, 13, out=magnitude)
    if largest >= _TOO_LARGE:  # else a pass that takes as long as four others
        np.minimum(magnitude, _LARGEST_BITS, out=magnitude)
    np.right_shift(bits, 16, out=other)
    np.bitwise_and(other, np.uint32(0x8000), out=other)
    np.bitwise_or(magnitude, other, out=magnitude)
    np.copyto(target, magnitude, casting="unsafe")
    halves[small] = part[small]


def _narrow_slowly(part: Vector, halves: Halves) -> None:
    """Where something is not finite: that stays as it is."""
    with np.errstate(over="ignore", invalid="ignore"):
        cut = np.clip(part, np.float32(-65504), np.float32(65504))
        halves[:] = np.where(np.isinf(part), part, cut)


def widen(halves: Halves) -> Vector:
    """`halves` in single precision, exactly."""
    vector = np.empty(len(halves), np.float32)
    fast = loops(halves)
    if fast is not None and fast.widen(halves.view(np.uint16), vector.view(np.uint32)):
        return vector
    source, bits = halves.view(np.int16), vector.view(np.int32)
    for first in range(0, len(halves), LARGE_CHUNK):
        chunk = slice(first, first + LARGE_CHUNK)
        np.copyto(bits[chunk], source[chunk])
        np.left_shift(bits[chunk], 13, out=bits[chunk])
        np.bitwise_and(bits[chunk], np.int32(-0x70002000), out=bits[chunk])  # 0x8FFFE000: sign and magnitude
        np.multiply(vector[chunk], _EXPONENT, out=vector[chunk])
        if _beyond(vector[chunk]):
            with np.errstate(invalid="ignore"):
                np.copyto(vector[chunk], halves[chunk])
    return vector


def _beyond(part: Vector) -> bool:
    """Whether an exponent was all ones, which stands for infinity and NaN and has come out as 65,536 and more."""
    return bool(part.max() >= 65_536 or part.min() <= -65_536)
