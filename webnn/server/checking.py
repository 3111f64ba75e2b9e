"""Doing a volunteer's work again, to compare."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Protocol

from webnn.core.effects import Replay
from webnn.core.events import Replayed, Vector
from webnn.core.frames import Buffer
from webnn.core.leases import Lease
from webnn.engine.base import Snapshot
from webnn.engine.sketching import agree


class Replayer(Protocol):
    """Who trains a lease again."""

    async def replay(
        self, lease: Lease, weights: Buffer, frames: Mapping[str, Buffer]
    ) -> tuple[tuple[Vector, ...], float]: ...


class Frames(Protocol):
    """Where the training set is."""

    def get(self, name: str) -> Buffer: ...


async def replay(replayer: Replayer, shards: Frames, effect: Replay, base: Snapshot) -> Replayed:
    """Train the lease of `effect` from `base`, and compare. Raises `WebNNError("evaluator_failed")`.

    `base` is the version that `effect` names.
    """
    lease = effect.lease
    frames = {part.shard: shards.get(part.shard) for part in lease.parts}
    began = base.weights
    if effect.carried:
        began = began + sum(effect.carried[1:], start=effect.carried[0])
    replayed, seconds = await replayer.replay(lease, began.data.cast("B"), frames)
    agreement, ratio = await asyncio.to_thread(agree, effect.payload, replayed, lease.wants, base.weights)
    return Replayed(lease.lease_id, agreement, ratio, seconds)
