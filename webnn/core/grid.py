"""The `grid` encoding of versions: each one is rounded to a grid of its own, once, and only what changed travels.

Each block of 256 numbers has a step, a power of two, and its numbers are multiples of it. Everyone who has a version on
its grid has the same numbers, wherever they came from, and the way from one to any other is told exactly: nothing is
lost that could add up, and nobody keeps what others hold. What changed are small whole numbers, written by Rice's code
(Rice and Plaunt 1971), which is near the least for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from webnn.core.errors import ProtocolError
from webnn.core.events import Vector
from webnn.core.frames import Buffer
from webnn.core.merging.base import CHUNK
from webnn.core.quantised import BLOCK, num_blocks, rows_of, scale

_USUAL_MOST = 127
_MOST = 127 << 7
_LEAST_EXPONENT = -100
_NOT_FINITE = 127
"""The exponent of a block with a number that is not finite: all its numbers come back as NaN."""

_MAX_PLANES = 14
_HEAD_BYTES = 4
_USUAL = 1.7
"""A Rice code with no plain bits is the shortest where the mean is below this, with one below twice this."""

COARSEST = 2
"""Steps are at most so many doublings coarser than for int8: a number is off by a 32nd of the largest at most."""

FINEST = 7
"""And at most so many finer."""


@dataclass(frozen=True, slots=True)
class Grid:
    """`codes` (int16) times 2 to the power of their block's `exponents` (int8)."""

    exponents: NDArray[np.int8] = field(compare=False, repr=False)
    codes: NDArray[np.int16] = field(compare=False, repr=False)

    def vector(self) -> Vector:
        """The numbers themselves."""
        vector = self.codes.astype(np.float32)
        steps = np.ldexp(np.float32(1), self.exponents.astype(np.int32))
        steps[self.exponents == _NOT_FINITE] = np.nan
        scale(vector, steps)
        return vector


def to_grid(vector: Vector, wanted: NDArray[np.int8] | None = None) -> Grid:
    """The nearest numbers of a grid of the vector's own: off by half a step. Each block's step is the least of which
    its largest is at most 127; or, as far as `FINEST` and `COARSEST` allow, has the exponent `wanted`.
    """
    grid = Grid(np.empty(num_blocks(len(vector)), np.int8), np.empty(len(vector), np.int16))
    for first in range(0, len(vector), CHUNK):
        part = np.ascontiguousarray(vector[first : first + CHUNK], np.float32)
        place = first // BLOCK
        for rows, codes in zip(rows_of(part), rows_of(grid.codes[first : first + CHUNK]), strict=True):
            blocks = slice(place, place + len(rows))
            _to_grid(rows, None if wanted is None else wanted[blocks], grid.exponents[blocks], codes)
            place += len(rows)
    return grid


def _to_grid(
    rows: Vector, wanted: NDArray[np.int8] | None, exponents: NDArray[np.int8], codes: NDArray[np.int16]
) -> None:
    with np.errstate(invalid="ignore", over="ignore"):
        most = np.maximum(rows.max(axis=1), -rows.min(axis=1))
        finite = np.isfinite(most)
        mantissa, above = np.frexp(np.where(finite, most, 0) / np.float32(_USUAL_MOST))  # 0.5 <= mantissa < 1
        needed = np.maximum(above - (mantissa == 0.5), _LEAST_EXPONENT)
        if wanted is not None:
            needed = np.clip(wanted, np.maximum(needed - FINEST, _LEAST_EXPONENT), needed + COARSEST)
        exponents[:] = np.where(finite, needed, _NOT_FINITE)
        scaled = rows * np.ldexp(np.float32(1), -exponents.astype(np.int32))[:, None]
        scaled[~finite] = 0
        np.copyto(codes, np.rint(scaled, out=scaled), casting="unsafe")


def movement(vector: Vector, grid: Grid) -> NDArray[np.float64]:
    """How far each block is from an older grid: the binary logarithm of the root mean square; -inf for nothing."""
    moved = np.subtract(vector, grid.vector(), dtype=np.float32)
    squares = np.concatenate([np.einsum("ij,ij->i", rows, rows, dtype=np.float64) for rows in rows_of(moved)])
    counts = np.full(len(squares), BLOCK)
    counts[-1:] = (len(vector) - 1) % BLOCK + 1
    with np.errstate(divide="ignore", invalid="ignore"):
        moved_by: NDArray[np.float64] = np.log2(squares / counts) / 2
    return moved_by


def encode_grid(grid: Grid, since: tuple[int, Grid] | None = None) -> memoryview:
    """Write `grid` as what differs from a version (its number, 0 < number < 2^32, and itself); from nothing without."""
    parts = [np.array([0 if since is None else since[0]], "<u4").view(np.uint8)]
    for chunk, blocks in _chunks(len(grid.codes)):
        codes, exponents = grid.codes[chunk], grid.exponents[blocks]
        change = codes
        if since is not None:
            change = codes - _guess(since[1].codes[chunk], since[1].exponents[blocks], exponents)
        folded = ((change << 1) ^ (change >> 15)).view(np.uint16)  # 0, -1, 1, -2, 2, ... as 0, 1, 2, 3, 4, ...
        planes = _num_planes(folded)
        bits = _write(folded, planes)
        parts += [np.array([len(bits)], "<u4").view(np.uint8), exponents.view(np.uint8), planes, bits]
    return np.concatenate(parts).data


def since_version(payload: Buffer) -> int:
    """The version from which a payload tells the differences; 0 for a whole one. Raises `ProtocolError`."""
    view = memoryview(payload).cast("B")
    if len(view) < _HEAD_BYTES:
        raise ProtocolError("A grid has at least 4 bytes.")
    return int.from_bytes(view[:_HEAD_BYTES], "little")


def decode_grid(payload: Buffer, num_weights: int, held: Callable[[int], Grid | None] = lambda _: None) -> Grid:
    """Read a grid of `num_weights` numbers; `held` finds the version that it differs from.

    Raises `ProtocolError` for other lengths, numbers that are not there, or a version that is not held.
    """
    version, data = since_version(payload), np.frombuffer(payload, np.uint8)
    old = held(version) if version else None
    if version and (old is None or len(old.codes) != num_weights):
        raise ProtocolError(f"A grid differs from version {version}, which is not held.")
    grid = Grid(np.empty(num_blocks(num_weights), np.int8), np.empty(num_weights, np.int16))
    offset = _HEAD_BYTES
    for chunk, blocks in _chunks(num_weights):
        codes, exponents = grid.codes[chunk], grid.exponents[blocks]
        count = len(exponents)
        bits = offset + 4 + 2 * count
        if bits > len(data):
            raise ProtocolError("A grid ends early.")
        end = bits + int.from_bytes(data[offset : offset + 4], "little")
        exponents[:] = data[offset + 4 : bits - count].view(np.int8)
        change = _unfolded(_read(data[bits:end], data[bits - count : bits], len(codes)))
        if old is not None:
            change = change + _guess(old.codes[chunk], old.exponents[blocks], exponents)
        if end > len(data) or np.abs(change).max(initial=0) > _MOST:
            raise ProtocolError("A grid has numbers that no version has.")
        codes[:] = change
        offset = end
    if offset != len(data):
        raise ProtocolError("A grid is longer than the model.")
    return grid


def _chunks(num_weights: int) -> Iterator[tuple[slice, slice]]:
    """Numbers and blocks that are written together: 65,536 of the numbers."""
    for first in range(0, num_weights, CHUNK):
        last = min(first + CHUNK, num_weights)
        yield slice(first, last), slice(first // BLOCK, num_blocks(last))


def _guess(codes: NDArray[np.int16], old: NDArray[np.int8], new: NDArray[np.int8]) -> NDArray[np.int16]:
    """The old numbers on the grid of the new exponents, as near as it has them."""
    guess = codes.copy()
    for block in np.flatnonzero(old != new):
        here = slice(block * BLOCK, (block + 1) * BLOCK)
        with np.errstate(over="ignore"):
            moved = np.ldexp(codes[here].astype(np.float64), int(old[block]) - int(new[block]))
        guess[here] = np.clip(np.rint(moved), -_MOST, _MOST)
    return guess


def _unfolded(folded: NDArray[np.int32]) -> NDArray[np.int32]:
    return (folded >> 1) ^ -(folded & 1)


def _num_planes(folded: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """How many plain bits the numbers of each block have, of which the rest is written as so many zeros and a one."""
    starts = np.arange(0, len(folded), BLOCK)
    means = np.add.reduceat(folded, starts, dtype=np.int64) / np.diff(starts, append=len(folded))
    planes: NDArray[np.uint8] = np.clip(np.frexp(means / _USUAL)[1], 0, _MAX_PLANES).astype(np.uint8)
    return planes


def _write(folded: NDArray[np.uint16], planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Plane by plane the plain bits, lowest first; then the rests."""
    each = np.repeat(planes, BLOCK)[: len(folded)]
    bits = [
        (folded if plane < planes.min() else folded[each > plane]) >> plane & 1 for plane in range(int(planes.max()))
    ]
    ends = np.cumsum((folded >> each) + 1, dtype=np.int64)
    rests = np.zeros(ends[-1], np.uint8)
    rests[ends - 1] = 1
    return np.packbits(np.concatenate([*(plane.astype(np.uint8) for plane in bits), rests]), bitorder="little")


def _read(packed: NDArray[np.uint8], planes: NDArray[np.uint8], count: int) -> NDArray[np.int32]:
    if planes.max() > _MAX_PLANES:
        raise ProtocolError(f"A grid's numbers have at most {_MAX_PLANES} plain bits.")
    bits, each, offset = np.unpackbits(packed, bitorder="little"), np.repeat(planes, BLOCK)[:count], 0
    folded = np.zeros(count, np.int32)
    for plane in range(int(planes.max())):
        there = each > plane
        length = int(np.count_nonzero(there))
        if offset + length > len(bits):
            raise ProtocolError("A grid ends early.")
        folded[there] |= bits[offset : offset + length].astype(np.int32) << plane
        offset += length
    ends = np.flatnonzero(bits[offset:])
    if len(ends) != count or len(bits) - offset - int(ends[-1]) > 8:
        raise ProtocolError("A grid has more numbers than the model, or fewer.")
    rests = np.diff(ends, prepend=-1) - 1
    if rests.max() > 4 * _MOST:
        raise ProtocolError("A grid has numbers that no version has.")
    return folded | (rests << each).astype(np.int32)
