"""The engine in this process: numpy, beside the event loop for small models and in threads for large ones."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from itertools import islice
from typing import ParamSpec, TypeVar

from webnn.core.encoding import Encoding, encode_vector
from webnn.core.events import Vector
from webnn.core.grid import since_version
from webnn.core.merging import merge_anew
from webnn.core.merging.base import Contribution, State, Strategy, Wants
from webnn.core.metrics import Verdict
from webnn.engine.base import Encoded, Frozen, Snapshot
from webnn.engine.grids import Grids
from webnn.engine.memory import Memory
from webnn.engine.sketching import Measure

INLINE_WEIGHTS = 2_000_000
"""Up to this many numbers a pass over a vector (some milliseconds) is not handed to a thread: numpy takes the
interpreter's lock again after each chunk there, which costs up to a third of an update (1.7 million numbers as int8).
"""

RECENT_BYTES = 2 << 20
"""The last versions that are held in any case, all together: of a small model that merges fast, somebody may have been
told of one of them just now.
"""

MAX_HELD_BYTES = 64 << 20
"""Versions beyond the last two that volunteers may still ask for, all together."""

MAX_BASE_BYTES = 2 << 30
"""The same where merging looks back at what an update was trained from."""

BESIDE_BYTES = 2 << 10
"""What a version takes beside its numbers: names, and what they are encoded in."""

MAX_GRID_BYTES = 32 << 20
"""Versions on their grids that changes may be told from, all together, where anyone asks for such."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


class LocalEngine:
    """Holds the last versions of the run's vector, the newest of which is the run's weights.

    A merge changes a copy of the newest version in place, and freezes it: nothing is copied to publish it. `state`
    continues a strategy from a checkpoint. Versions beyond the last `keep_last` are held while they are retained and
    all together take less than `max_held_bytes`, and always where merging looks back at them; a volunteer that asks
    for one that is gone is told of the newest. `sample_seed` decides which numbers of an update checks look at, and is
    drawn where it is None: nobody outside may know it.
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
        keep_last: int = 2,
        max_held_bytes: int | None = None,
        recent_bytes: int = RECENT_BYTES,
        inline_weights: int = INLINE_WEIGHTS,
        frozen: Sequence[tuple[int, int]] = (),
        sample_seed: int | None = None,
    ) -> None:
        self._strategy = strategy
        self._num_trainable = num_trainable
        self._frozen = frozen
        self._keep_last = keep_last
        self._room = max_held_bytes
        self._recent_bytes = recent_bytes
        self._max_held_bytes = _held_bytes(strategy) if max_held_bytes is None else max_held_bytes
        self._inline = len(weights) <= inline_weights
        self._memory = self._remember(state)
        self._newest = take_snapshot(weights, version, iterations)
        self._held: OrderedDict[int, Snapshot] = OrderedDict({version: self._newest})
        self._measure = Measure(len(weights), sample_seed)
        self._between_merges = asyncio.Lock()
        self._encoded: dict[tuple[int, str, int], asyncio.Future[Encoded]] = {}
        self._encoded_as: dict[int, list[tuple[int, str, int]]] = {}  # the same by version, but for grids
        self._grids = Grids(MAX_GRID_BYTES)

    @property
    def num_weights(self) -> int:
        return len(self._newest.weights)

    @property
    def newest(self) -> Snapshot:
        return self._newest

    @property
    def immediate(self) -> bool:
        return self._inline and not self._between_merges.locked()

    async def judge(self, payload: Vector, base_version: int = 0) -> Verdict:
        base: Vector | None = None
        if self._strategy.wants is Wants.WEIGHTS:
            base = (self._held.get(base_version) or self._newest).weights
        return await self._run(self._measure.judge, payload, base)

    async def merge(self, version: int, iterations: int, contributions: Sequence[Contribution]) -> Snapshot:
        async with self._between_merges:
            await self._memory.ready()
            snapshot = await self._run(self._merge, version, iterations, contributions)
            self._newest = self._held[version] = snapshot
        return snapshot

    def _merge(self, version: int, iterations: int, contributions: Sequence[Contribution]) -> Snapshot:
        before = self._newest.iterations
        if self._strategy.needs_base:
            contributions = [replace(each, base=self._base_of(each)) for each in contributions]
        state = self._memory.writable()
        weights = merge_anew(self._strategy, self._newest.weights, self._num_trainable, contributions, before, state)
        for start, end in self._frozen:
            weights[start:end] = self._newest.weights[start:end]
        return freeze(weights, version, iterations)

    def _base_of(self, contribution: Contribution) -> Vector:
        """What it was trained from; where that is no longer held, the current weights, from which nothing differs."""
        return (self._held.get(contribution.base_version) or self._newest).weights

    def snapshot(self, version: int) -> Snapshot | None:
        return self._held.get(version)

    def at_least(self, version: int) -> Snapshot:
        exact = self._held.get(version)  # nearly always, and of a small model hundreds are held
        return exact or next((held for held in self._held.values() if held.version >= version), self._newest)

    def retain(self, versions: Collection[int]) -> None:
        size = self._newest.weights.nbytes + BESIDE_BYTES
        most = max(self._keep_last, self._max_held_bytes // size)
        newest = max(self._keep_last, min(most, self._recent_bytes // size))
        # of a small model hundreds are held: only those that are not among the newest are looked at
        older = list(islice(self._held, max(0, len(self._held) - newest)))
        wanted = [version for version in older if version in versions]
        kept = wanted[len(wanted) - min(len(wanted), most - newest) :]
        for version in older if not kept else set(older).difference(kept):
            del self._held[version]
            for key in self._encoded_as.pop(version, ()):
                self._encoded.pop(key, None)

    async def encoded(self, snapshot: Snapshot, encoding: str, since: int = 0) -> Encoded:
        key = (snapshot.version, encoding, since)
        made = self._encoded.get(key)
        if made is None:
            made = asyncio.ensure_future(self._run(self._encode, snapshot, encoding, since))
            if encoding == Encoding.GRID:
                # kept by version, and not for longer than somebody waits
                made.add_done_callback(lambda _: self._encoded.pop(key, None))
            self._note_encoded(key, made)
        return await asyncio.shield(made)

    def _encode(self, snapshot: Snapshot, encoding: str, since: int) -> Encoded:
        name = f"{snapshot.version}-{snapshot.hash}-{encoding}"
        if encoding != Encoding.GRID:
            return Encoded(name, memoryview(encode_vector(snapshot.weights, encoding)).cast("B"))
        body = self._grids.encode(snapshot, since)
        return Encoded(f"{name}-{since_version(body)}", body)

    def encoded_now(self, snapshot: Snapshot, encoding: str, since: int = 0) -> memoryview:
        if encoding == Encoding.GRID:
            return self._encode(snapshot, encoding, since).body
        key = (snapshot.version, encoding, 0)
        made = self._encoded.get(key)
        if made is None or not made.done():
            made = asyncio.get_running_loop().create_future()
            made.set_result(self._encode(snapshot, encoding, 0))
            self._note_encoded(key, made)
        return made.result().body

    def _note_encoded(self, key: tuple[int, str, int], made: asyncio.Future[Encoded]) -> None:
        if key[0] in self._held:
            self._encoded[key] = made
            if key[1] != Encoding.GRID:
                self._encoded_as.setdefault(key[0], []).append(key)

    async def freeze(self) -> Frozen:
        async with self._between_merges:
            return self._memory.freeze(self._newest)

    async def adopt(self, strategy: Strategy) -> None:
        async with self._between_merges:
            self._follow(strategy)
            self._memory = self._remember(None)

    def _follow(self, strategy: Strategy) -> None:
        self._strategy = strategy
        if self._room is None:
            self._max_held_bytes = _held_bytes(strategy)

    def restore(self, strategy: Strategy, version: int, iterations: int, weights: Vector, state: State | None) -> None:
        assert not self._between_merges.locked()
        self._follow(strategy)
        self._memory = self._remember(state)
        self._newest = take_snapshot(weights, version, iterations)
        self._held = OrderedDict({version: self._newest})
        self._encoded.clear()
        self._encoded_as.clear()
        self._grids.clear()

    def strategy_state(self) -> State:
        return self._memory.state

    def _remember(self, state: State | None) -> Memory:
        made = self._strategy.state(self._num_trainable) if state is None else state
        return Memory(made, inline=self._inline)

    async def _run(self, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        if self._inline:
            return work(*args, **kwargs)
        return await asyncio.to_thread(work, *args, **kwargs)


def take_snapshot(weights: Vector, version: int, iterations: int) -> Snapshot:
    """A read-only copy of `weights` as `version`."""
    return freeze(weights.astype("<f4", copy=True), version, iterations)


def freeze(weights: Vector, version: int, iterations: int) -> Snapshot:
    """Publish `weights` themselves, never to be written again. The name is drawn: hashing takes longer than merging."""
    weights.flags.writeable = False
    return Snapshot(version, iterations, secrets.token_hex(16), weights)


def _held_bytes(strategy: Strategy) -> int:
    return MAX_BASE_BYTES if strategy.needs_base else MAX_HELD_BYTES
