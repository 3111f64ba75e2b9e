"""Doing a volunteer's work again, to compare, and trying it on held-out examples."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Protocol

from webnn.core.effects import Replay, Try
from webnn.core.events import Replayed, Tried, Vector
from webnn.core.frames import Buffer
from webnn.core.leases import Lease
from webnn.core.metrics import Validation
from webnn.engine.appraising import before_and_after, began
from webnn.engine.base import Snapshot
from webnn.engine.sketching import agree


class Replayer(Protocol):
    """Who trains a lease again."""

    async def replay(
        self, lease: Lease, weights: Buffer, frames: Mapping[str, Buffer]
    ) -> tuple[tuple[Vector, ...], float]: ...


class Tester(Protocol):
    """Who validates weights on held-out examples, the same for the same `version`."""

    async def validate(self, weights: Buffer, num_examples: int | None, version: int) -> Validation: ...


class Frames(Protocol):
    """Where the training set is."""

    def get(self, name: str) -> Buffer: ...


async def replay(replayer: Replayer, shards: Frames, effect: Replay, base: Snapshot) -> Replayed:
    """Train the lease of `effect` from `base`, and compare. Raises `WebNNError("evaluator_failed")`.

    `base` is the version that `effect` names.
    """
    lease = effect.lease
    frames = {part.shard: shards.get(part.shard) for part in lease.parts}
    weights = began(base.weights, effect.carried) if effect.carried else base.weights
    replayed, seconds = await replayer.replay(lease, weights.data.cast("B"), frames)
    agreement, ratio = await asyncio.to_thread(agree, effect.payload, replayed, lease.wants, base.weights)
    return Replayed(lease.lease_id, agreement, ratio, seconds)


async def try_out(tester: Tester, effect: Try, base: Snapshot, sample: int) -> Tried:
    """Validate what the update of `effect` was trained from and what it makes of that, on the examples of `sample`.

    `base` is the version that `effect` names. Raises `WebNNError("evaluator_failed")`.
    """
    vectors = await asyncio.to_thread(before_and_after, effect, base.weights)
    began_at = time.perf_counter()
    losses = [(await tester.validate(each.data.cast("B"), effect.num_examples, sample)).loss for each in vectors]
    return Tried(effect.lease.lease_id, losses[0], losses[1], time.perf_counter() - began_at)
