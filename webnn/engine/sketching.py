"""Measuring an update: its length, exactly, and its direction, in a few numbers."""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from webnn.core.events import Vector
from webnn.core.loops import loops
from webnn.core.merging.base import CHUNK, Wants, chunks
from webnn.core.metrics import Sketch, Verdict

SAMPLE = 2_048
"""Numbers of an update that a sketch is made of, at most: evenly spread, from a place that nobody outside knows."""

MEMORY_DECIDES = 0.1
"""A cosine between two replays with different memories below which neither says anything of a third."""

TELLING = 32
"""Numbers of a sample that are not zero, without which two updates may be the same by chance."""

WIDTH = 128
"""Numbers of a sketch; the cosine of two is off by about 1 / sqrt(WIDTH)."""

LONGEST = 1e15
"""An update that is longer has no sketch: the squares of its numbers may not be finite."""


@dataclass(slots=True)
class Room:
    """What measuring works in: a chunk of differences, the sample of an update, and that of what it changes, in rows of
    `WIDTH`, with zeros after it.
    """

    scratch: Vector
    sample: Vector
    moved: Vector


class Measure:
    """Judges vectors of `length` numbers. What it samples and with which signs is drawn here, and told to nobody; in a
    simulation, which is the same each time, `seed` (a uint64) decides it.
    """

    def __init__(self, length: int, seed: int | None = None) -> None:
        rng = np.random.Generator(np.random.PCG64(secrets.randbits(64) if seed is None else seed))
        self._length = length
        self._stride = max(-(-length // SAMPLE), 1)
        self._start = int(rng.integers(self._stride))
        self._count = len(range(self._start, length, self._stride))
        self._signs = np.zeros((-(-self._count // WIDTH), WIDTH), np.float32)
        self._signs.reshape(-1)[: self._count] = 2 * rng.integers(0, 2, self._count) - 1
        self._parts = list(_parts(length, self._start, self._stride))
        self._ones = np.ones(len(self._signs), np.float32)
        self._rooms: list[Room] = []  # that nobody uses now: one for each thread that measures

    def judge(self, payload: Vector, base: Vector | None) -> Verdict:
        """Check and measure a payload; `base` (None: zero) is what an update without any work would be."""
        room = self._rooms.pop() if self._rooms else self._room()
        try:
            return self._judge_change(payload, room) if base is None else self._judge_weights(payload, base, room)
        finally:
            self._rooms.append(room)

    def _room(self) -> Room:
        scratch = np.empty(min(CHUNK, self._length), np.float32)
        return Room(scratch, np.empty(self._count, np.float32), np.zeros(self._signs.shape, np.float32))

    def _judge_change(self, payload: Vector, room: Room) -> Verdict:
        verdict = judge_vector(payload)
        if not verdict.finite:
            return verdict
        room.sample[:] = room.moved.reshape(-1)[: self._count] = payload[self._start :: self._stride]
        name = _name(room.sample, payload) if _tells(room.sample) else ""
        return Verdict(True, verdict.norm, verdict.norm, self._sketch(room.moved, verdict.norm), name)

    def _judge_weights(self, payload: Vector, base: Vector, room: Room) -> Verdict:
        length = norm = self._distance(payload, base, room)
        if not math.isfinite(length):  # else it is one of finite numbers, for those of a version are finite
            verdict = judge_vector(payload)
            if not verdict.finite:
                return verdict
            norm = verdict.norm
        name, rough = self._names(payload, room)
        return Verdict(True, norm, length, self._sketch(room.moved, length), name, rough)

    def _distance(self, payload: Vector, base: Vector, room: Room) -> float:
        """Measure the distance in one pass, and take the samples while what they are of is in the cache."""
        moved = room.moved.reshape(-1)
        fast = loops(payload, base)
        if fast is not None:
            squares = fast.distance(payload, base, self._start, self._stride, room.sample, moved)
            if math.isfinite(squares):
                return math.sqrt(squares)
        squares = 0.0
        with np.errstate(over="ignore", invalid="ignore"):
            for whole, places, kept in self._parts:
                mine = payload[whole]
                part = np.subtract(mine, base[whole], out=room.scratch[: len(mine)])
                squares += float(part.dot(part))
                room.sample[kept] = mine[places]
                moved[kept] = part[places]
            return math.sqrt(squares if math.isfinite(squares) else _wide_squares(payload, base))

    def _names(self, payload: Vector, room: Room) -> tuple[str, str]:
        """Name trained weights, exactly, and by their sample alone where that is not exact: where inputs are zero most
        of a layer stays as it is, and of two updates all that differs may be in no sample.
        """
        if not _tells(room.sample):
            return "", ""
        rough = str(hash(room.sample.tobytes()))
        return (rough, "") if _tells(room.moved) else (_name(room.sample, payload), rough)

    def _sketch(self, moved: Vector, length: float) -> Sketch:
        """Add up the numbers, with random signs, in `WIDTH` heaps (Charikar 2002, count sketch)."""
        return self._ones.dot(moved * self._signs) if length < LONGEST else ()


def _parts(length: int, start: int, stride: int) -> Iterator[tuple[slice, slice, slice]]:
    """Cut a vector, every `stride`-th number of which from `start` on is sampled: the chunks, where their part of the
    sample is in them, and where it is in the sample.
    """
    taken = 0
    for chunk in chunks(length):
        places = range(length)[chunk][(start - chunk.start) % stride :: stride]
        yield chunk, slice((start - chunk.start) % stride, None, stride), slice(taken, taken + len(places))
        taken += len(places)


def _wide_squares(payload: Vector, base: Vector | None) -> float:
    """Sum up the squares of a difference in double precision, where single is not enough for them."""
    squares = 0.0
    for chunk in chunks(len(payload)):
        part = payload[chunk].astype(np.float64)
        if base is not None:
            part -= base[chunk]
        squares += float(part.dot(part))
    return squares


def _tells(sample: Vector) -> bool:
    return int(np.count_nonzero(sample)) >= TELLING


def _name(sample: Vector, payload: Vector) -> str:
    """Name the numbers, for this process: those of the sample by a hash with a key, all of them by their exclusive or,
    which is another one if any number is.
    """
    even = len(payload) & ~1
    bits = np.bitwise_xor.reduce(payload[:even].view(np.uint64), initial=np.uint64(0))
    return str(hash(sample.tobytes() + bits.tobytes() + payload[even:].tobytes()))


def judge_vector(payload: Vector) -> Verdict:
    """Check and measure a float32 vector in one pass: a sum of squares is finite only if its terms are."""
    with np.errstate(over="ignore", invalid="ignore"):
        squares = sum(float(payload[chunk].dot(payload[chunk])) for chunk in chunks(len(payload)))
        if not math.isfinite(squares):
            squares = _wide_squares(payload, None)
    return Verdict(finite=True, norm=math.sqrt(squares)) if math.isfinite(squares) else Verdict(False, math.nan)


def compare(payload: Vector, replayed: Vector) -> tuple[float, float]:
    """The cosine between two vectors, and the first one's length over the second's; 0 where one has no direction."""
    products = squares = others = 0.0
    for first in range(0, len(payload), CHUNK):
        mine, other = (
            payload[first : first + CHUNK].astype(np.float64),
            replayed[first : first + CHUNK].astype(np.float64),
        )
        products += float(mine @ other)
        squares += float(mine @ mine)
        others += float(other @ other)
    if squares <= 0 or others <= 0:
        return 0.0, 0.0 if others > 0 else 1.0
    return products / math.sqrt(squares * others), math.sqrt(squares / others)


def agree(payload: Vector, replays: Sequence[Vector], wants: Wants, base: Vector) -> tuple[float | None, float]:
    """Compare an update with what its lease came to when it was trained again, once or with several memories of the
    optimiser; trained weights less their `base`.

    Returns the best cosine, and the ratio of the lengths (the least). The cosine is None where nothing can be told: a
    replay is not finite or goes nowhere, or the replays differ so much that it is the memory that decides.
    """
    if not all(np.isfinite(replay).all() for replay in replays):
        return None, 0.0
    if wants is Wants.WEIGHTS:
        payload, replays = payload - base, [replay - base for replay in replays]
    if not all(replay.any() for replay in replays):
        return None, 0.0
    if any(compare(one, other)[0] < MEMORY_DECIDES for one, other in pairwise(replays)):
        return None, 0.0
    cosines, ratios = zip(*(compare(payload, replay) for replay in replays), strict=True)
    return max(cosines), min(ratios)
