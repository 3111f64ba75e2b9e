"""Trains as a simulation does, with weights and updates that travel in an encoding: what it loses, and its bytes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from webnn.core.encoding import Encoding, decode_vector, encode_vector
from webnn.core.events import Vector
from webnn.core.grid import Grid, decode_grid
from webnn.core.leases import Lease
from webnn.core.merging.base import Wants
from webnn.core.metrics import Validation
from webnn.engine.grids import Grids
from webnn.engine.local import take_snapshot
from webnn.sim.trainer import Trained, Trainer

KEPT_BYTES = 1 << 20


class Download:
    """What one volunteer has of the weights. Those of `grid` are told by what changed since its last."""

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self._grids = Grids(KEPT_BYTES)
        self._version = 0
        self._held: dict[int, Grid] = {}

    def take(self, weights: Vector) -> tuple[Vector, int]:
        """The weights as they arrive, and the bytes that it took."""
        length, since = len(weights), self._version
        if self._encoding is not Encoding.GRID:
            payload = encode_vector(weights, self._encoding)
            return decode_vector(payload, self._encoding, length).copy(), payload.nbytes
        self._version += 1
        payload = self._grids.encode(take_snapshot(weights, self._version, 0), since)
        grid = decode_grid(payload, length, self._held.get)
        self._held = {self._version: grid}
        return grid.vector(), payload.nbytes


class LossyTrainer:
    """Trains as `trainer` does, from what arrived, and hands on what arrives of the result: what was lost is added to
    the volunteer's next (static/src/worker/wire.ts).
    """

    def __init__(self, trainer: Trainer, up: Encoding, down: Encoding) -> None:
        self._trainer = trainer
        self._up, self._down = up, down
        self._downloads: dict[str, Download] = {}
        self._residuals: dict[str, Vector] = {}
        self.bytes: Counter[str] = Counter()
        self.updates = 0

    @property
    def initial(self) -> Vector:
        return self._trainer.initial

    async def reset(self) -> None:
        await self._trainer.reset()

    async def forget(self, volunteer_id: str) -> None:
        self._downloads.pop(volunteer_id, None)
        self._residuals.pop(volunteer_id, None)
        await self._trainer.forget(volunteer_id)

    async def train(self, lease: Lease, base: Vector, *, flipped: bool = False) -> Trained:
        download = self._downloads.setdefault(lease.volunteer_id, Download(self._down))
        start, num_bytes = download.take(base)
        self.bytes["down"] += num_bytes
        self.updates += 1
        trained = await self._trainer.train(lease, start, flipped=flipped)
        return replace(trained, payload=self._send(lease, trained.payload, base, start))

    def _send(self, lease: Lease, payload: Vector, base: Vector, start: Vector) -> Vector:
        differs = self._up.differs
        due = payload - start if differs and lease.wants is Wants.WEIGHTS else payload
        if differs and lease.volunteer_id in self._residuals:
            due = due + self._residuals[lease.volunteer_id]
        encoded = encode_vector(due, self._up)
        self.bytes["up"] += encoded.nbytes
        arrived = decode_vector(encoded, self._up, len(due)).copy()
        if differs:
            self._residuals[lease.volunteer_id] = due - arrived
        return base + arrived if differs and lease.wants is Wants.WEIGHTS else arrived

    async def validate(self, weights: Vector, num_examples: int | None) -> Validation:
        return await self._trainer.validate(weights, num_examples)
