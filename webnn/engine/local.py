"""The engine in this process: numpy, beside the event loop for small models and in threads for large ones."""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import ParamSpec, TypeVar

import numpy as np

from webnn.core.encoding import encode_vector
from webnn.core.events import Vector
from webnn.core.merging import merge_into
from webnn.core.merging.base import CHUNK, Contribution, State, Strategy
from webnn.core.metrics import Verdict
from webnn.engine.base import Encoded, Snapshot

INLINE_WEIGHTS = 500_000
"""Up to this many numbers a pass over a vector takes less time than handing it to a thread is worth."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


class LocalEngine:
    """Holds the run's vector and the last versions of it.

    The vector is the engine's own copy and changes in place; what is published is a read-only copy for each version.
    `state` continues a strategy from a checkpoint. Versions beyond the last `keep_last` are held while they are
    retained and all together take less than `max_held_bytes`; a volunteer that asks for one that is gone takes a newer
    one.
    """

    def __init__(
        self,
        strategy: Strategy,
        weights: Vector,
        num_trainable: int,
        *,
        version: int = 1,
        iterations: int = 0,
        state: State | None = None,
        keep_last: int = 4,
        max_held_bytes: int = 2 << 30,
        inline_weights: int = INLINE_WEIGHTS,
    ) -> None:
        self._strategy = strategy
        self._weights = np.array(weights, dtype=np.float32)
        self._num_trainable = num_trainable
        self._state = strategy.state(num_trainable) if state is None else state
        self._keep_last = keep_last
        self._max_held_bytes = max_held_bytes
        self._inline = len(self._weights) <= inline_weights
        self._newest = take_snapshot(self._weights, version, iterations)
        self._held: OrderedDict[int, Snapshot] = OrderedDict({version: self._newest})
        self._encoded: dict[tuple[int, str], asyncio.Future[Encoded]] = {}

    @property
    def num_weights(self) -> int:
        return len(self._weights)

    @property
    def newest(self) -> Snapshot:
        return self._newest

    async def judge(self, payload: Vector) -> Verdict:
        return await self._run(judge_vector, payload)

    async def merge(self, version: int, iterations: int, contributions: Sequence[Contribution]) -> Snapshot:
        snapshot = await self._run(self._merge, version, iterations, contributions)
        self._newest = self._held[version] = snapshot
        return snapshot

    def _merge(self, version: int, iterations: int, contributions: Sequence[Contribution]) -> Snapshot:
        before = self._newest.iterations
        if self._strategy.needs_base:
            contributions = [replace(each, base=self._base_of(each)) for each in contributions]
        merge_into(self._strategy, self._weights, self._num_trainable, contributions, before, self._state)
        return take_snapshot(self._weights, version, iterations)

    def _base_of(self, contribution: Contribution) -> Vector:
        """What it was trained from; where that is no longer held, the current weights, from which nothing differs."""
        return (self._held.get(contribution.base_version) or self._newest).weights

    def snapshot(self, version: int) -> Snapshot | None:
        return self._held.get(version)

    def retain(self, versions: Collection[int]) -> None:
        last = list(self._held)[-self._keep_last :]
        room = self._max_held_bytes - len(last) * self._weights.nbytes
        wanted = sorted(
            (version for version in self._held if version in versions and version not in last), reverse=True
        )
        kept = {*last, *wanted[: max(0, room // max(1, self._weights.nbytes))]}
        for version in [version for version in self._held if version not in kept]:
            del self._held[version]
        for key in [key for key in self._encoded if key[0] not in self._held]:
            del self._encoded[key]

    async def encoded(self, snapshot: Snapshot, encoding: str) -> Encoded:
        key = (snapshot.version, encoding)
        made = self._encoded.get(key)
        if made is None:
            made = asyncio.ensure_future(self._run(encode_snapshot, snapshot, encoding))
            if snapshot.version in self._held:
                self._encoded[key] = made
        return await asyncio.shield(made)

    def strategy_state(self) -> State:
        return self._state

    async def _run(self, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        if self._inline:
            return work(*args, **kwargs)
        return await asyncio.to_thread(work, *args, **kwargs)


def take_snapshot(weights: Vector, version: int, iterations: int) -> Snapshot:
    """A read-only copy of `weights` as `version`."""
    copy = weights.astype("<f4", copy=True)
    copy.flags.writeable = False
    return Snapshot(version, iterations, hashlib.sha256(copy.data).hexdigest(), copy)


def encode_snapshot(snapshot: Snapshot, encoding: str) -> Encoded:
    """The snapshot's bytes in `encoding`; raises `ProtocolError` for one that is not known."""
    body = memoryview(encode_vector(snapshot.weights, encoding)).cast("B")
    return Encoded(f"{snapshot.version}-{snapshot.hash}-{encoding}", body)


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
