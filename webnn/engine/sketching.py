"""Measuring an update: its length, exactly, and its direction, in a few numbers."""

from __future__ import annotations

import hashlib
import math
import secrets
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from webnn.core.events import Vector
from webnn.core.loops import loops
from webnn.core.merging.base import CHUNK, Wants
from webnn.core.metrics import Verdict

SAMPLE = 2_048
"""Numbers of an update that a sketch is made of, at most: evenly spread, from a place that nobody outside knows."""

MEMORY_DECIDES = 0.1
"""A cosine between two replays with different memories below which neither says anything of a third."""

TELLING = 32
"""Numbers of a sample that are not zero, without which two updates may be the same by chance."""

WIDTH = 128
"""Numbers of a sketch; the cosine of two is off by about 1 / sqrt(WIDTH)."""


class Measure:
    """Judges vectors of `length` numbers. What it samples and with which signs is drawn here, and told to nobody."""

    def __init__(self, length: int) -> None:
        self._stride = max(-(-length // SAMPLE), 1)
        self._start = secrets.randbelow(self._stride)
        count = len(range(self._start, length, self._stride))
        rng = np.random.Generator(np.random.PCG64(secrets.randbits(64)))
        self._signs = (2 * rng.integers(0, 2, count) - 1).astype(np.float32)

    def judge(self, payload: Vector, base: Vector | None) -> Verdict:
        """Check and measure a payload; `base` (None: zero) is what an update without any work would be."""
        with np.errstate(over="ignore", invalid="ignore"):
            return self._judge(payload, base)

    def _judge(self, payload: Vector, base: Vector | None) -> Verdict:
        length, bits = (math.inf, None) if base is None else _distance(payload, base)
        # a finite distance from a version, whose numbers are finite, is one of finite numbers
        verdict = Verdict(finite=True, norm=length) if math.isfinite(length) else judge_vector(payload)
        if not verdict.finite:
            return verdict
        if base is None:
            length = verdict.norm
        sample = np.ascontiguousarray(payload[self._start :: self._stride])  # gathered once
        print_ = _fingerprint(payload, sample, bits)
        if base is not None:
            sample = sample - base[self._start :: self._stride]
        return Verdict(True, verdict.norm, length, self._sketch(sample), print_)

    def _sketch(self, sample: Vector) -> tuple[float, ...]:
        """Add up the numbers, with random signs, in `WIDTH` heaps (Charikar 2002, count sketch)."""
        padded = np.zeros(-(-len(sample) // WIDTH) * WIDTH, np.float32)
        np.multiply(sample, self._signs, out=padded[: len(sample)])
        heaps = padded.reshape(-1, WIDTH).sum(axis=0, dtype=np.float64)
        return tuple(heaps.tolist()) if np.isfinite(heaps).all() else ()


def _fingerprint(payload: Vector, sample: Vector, bits: int | None = None) -> str:
    """Name the numbers: those of the sample by a hash, all of them by their exclusive or, which is a single pass and
    another one if any number is: where inputs are zero most of a layer stays as it is. `bits`: that, if it is known.
    """
    if np.count_nonzero(sample) < TELLING:
        return ""
    even = len(payload) & ~1
    if bits is None:
        bits = int(np.bitwise_xor.reduce(payload[:even].view(np.uint64), initial=np.uint64(0)))
    digest = hashlib.blake2b(sample.data, digest_size=16)
    digest.update(bits.to_bytes(8, "little") + payload[even:].tobytes())
    return digest.hexdigest()


def _distance(payload: Vector, base: Vector) -> tuple[float, int | None]:
    """The distance, and the exclusive or of the payload's bits where that came with it."""
    fast = loops(payload, base)
    if fast is not None:
        squares, bits = fast.distance(payload, base)
        if math.isfinite(squares):
            return math.sqrt(squares), bits
    total, scratch = 0.0, np.empty(min(CHUNK, len(payload)), np.float32)
    for first in range(0, len(payload), CHUNK):
        mine = payload[first : first + CHUNK]
        part = np.subtract(mine, base[first : first + CHUNK], out=scratch[: len(mine)])
        squares = float(np.dot(part, part))
        if not math.isfinite(squares):
            wide = part.astype(np.float64)
            squares = float(np.dot(wide, wide))
        total += squares
    return math.sqrt(total), None


def judge_vector(payload: Vector) -> Verdict:
    """Check and measure a float32 vector in one pass: a sum of squares is finite only if its terms are."""
    total = 0.0
    for first in range(0, len(payload), CHUNK):
        part = payload[first : first + CHUNK]
        with np.errstate(over="ignore", invalid="ignore"):
            squares = float(np.dot(part, part))
        if not math.isfinite(squares):
            if not np.isfinite(part).all():
                return Verdict(finite=False, norm=math.nan)
            wide = part.astype(np.float64)
            squares = float(np.dot(wide, wide))
        total += squares
    return Verdict(finite=True, norm=math.sqrt(total))


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
