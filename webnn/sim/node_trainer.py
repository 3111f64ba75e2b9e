"""Real gradients for the simulator: the volunteers' own trainer code, in Node processes of ours."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from typing import Any, Self

import numpy as np

from webnn.core.errors import WebNNError
from webnn.core.events import Vector
from webnn.core.frames import Frame
from webnn.core.leases import Lease
from webnn.core.metrics import TrainingMetrics, Validation
from webnn.evaluator.evaluator import Evaluator, lease_work
from webnn.evaluator.node import find_program
from webnn.evaluator.process import NodeProcess, ProcessDeathError
from webnn.evaluator.results import BuiltModel
from webnn.sim.trainer import Trained


class Bench:
    """One Node process that plays volunteers, one request at a time. One that dies takes its optimisers' memories with
    it, so that is the end of the simulation: `WebNNError("evaluator_failed")`.
    """

    def __init__(self, process: NodeProcess) -> None:
        self._process = process
        self._lock = asyncio.Lock()
        self._next_id = 1

    @classmethod
    async def start(cls) -> Self:
        try:
            return cls(await NodeProcess.start(find_program("simulator").command()))
        except OSError as error:
            raise WebNNError("evaluator_failed", f"Node cannot be started: {error}.") from error

    async def ask(self, kind: str, fields: Mapping[str, object] | None = None, payload: Any = None) -> Frame:
        """Send one request and wait for its reply."""
        async with self._lock:
            request_id = self._next_id
            self._next_id += 1
            body = None if payload is None else memoryview(payload).cast("B")
            try:
                await self._process.send({"type": kind, "id": request_id, **(fields or {})}, body)
                reply = await self._process.receive()
            except ProcessDeathError as death:
                raise WebNNError("evaluator_failed", f"A simulated volunteer's process died: {death}") from death
        if reply.header.get("type") != "reply" or reply.header.get("id") != request_id:
            raise WebNNError("evaluator_failed", str(reply.header.get("message")))
        return reply

    async def close(self) -> None:
        await self._process.kill()


class NodeTrainer:
    """Trains every virtual volunteer with TensorFlow.js on wasm. Each volunteer stays with one of the processes."""

    def __init__(self, evaluator: Evaluator, built: BuiltModel, benches: tuple[Bench, ...]) -> None:
        self._evaluator = evaluator
        self._built = built
        self._benches = benches

    @classmethod
    async def start(
        cls,
        evaluator: Evaluator,
        built: BuiltModel,
        setup: Mapping[str, Any],
        shards: Iterable[tuple[str, bytes]],
        processes: int = 1,
    ) -> Self:
        """Start `processes` and hand each the `setup` (`dataset` and `training` of the protocol) and all `shards`.

        The evaluator has built the same model, holds the validation examples, and is closed with the trainer.
        """
        benches = tuple([await Bench.start() for _ in range(processes)])
        trainer = cls(evaluator, built, benches)
        try:
            config = json.dumps({"model": built.config, **setup}).encode()
            await asyncio.gather(*(bench.ask("setup", None, config) for bench in benches))
            for name, frame in shards:
                await asyncio.gather(*(bench.ask("shard", {"name": name}, frame) for bench in benches))
        except BaseException:
            await trainer.close()
            raise
        return trainer

    @property
    def initial(self) -> Vector:
        return self._built.initial

    async def reset(self) -> None:
        await asyncio.gather(*(bench.ask("reset") for bench in self._benches))

    async def forget(self, volunteer_id: str) -> None:
        await self._bench(volunteer_id).ask("forget", {"volunteer": volunteer_id})

    async def train(self, lease: Lease, base: Vector, *, flipped: bool = False) -> Trained:
        fields = {"volunteer": lease.volunteer_id, "flipped": flipped, **lease_work(lease)}
        reply = await self._bench(lease.volunteer_id).ask("train", fields, np.ascontiguousarray(base, "<f4").data)
        loss, accuracy = reply.header.get("loss"), reply.header.get("accuracy")
        return Trained(np.frombuffer(reply.payload, "<f4"), TrainingMetrics(loss, accuracy))

    async def validate(self, weights: Vector, num_examples: int | None) -> Validation:
        return await self._evaluator.validate(weights, num_examples, version=0)

    async def close(self) -> None:
        """End every process."""
        await asyncio.gather(*(bench.close() for bench in self._benches))
        await self._evaluator.close()

    def _bench(self, volunteer_id: str) -> Bench:
        return self._benches[int(volunteer_id.lstrip("v")) % len(self._benches)]
