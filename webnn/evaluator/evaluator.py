"""The trusted evaluator: TensorFlow.js in a Node process of ours, with the volunteers' own trainer code."""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from webnn.core.errors import WebNNError
from webnn.core.events import Vector
from webnn.core.frames import Frame
from webnn.core.leases import Lease
from webnn.core.metrics import Validation
from webnn.evaluator.initial import read_initial_weights
from webnn.evaluator.node import find_program
from webnn.evaluator.results import BuiltModel, CheckReport, LayerSummary, WeightSpec
from webnn.evaluator.supervisor import Exchange, Supervisor
from webnn.model.topology import convert_topology

if TYPE_CHECKING:
    from webnn.model.definition import ModelDefinition

Buffer = bytes | bytearray | memoryview
Weights = Vector | Buffer
ShardFrames = Iterable[Buffer] | Callable[[], Iterable[Buffer]]


class Evaluator:
    """One model at a time: build it, check it, load held-out examples, then validate versions.

    Requests wait for each other. A process that dies is started again, builds the model and loads the examples
    again, and gets the request once more; a request that fails twice raises `WebNNError("evaluator_failed")`. What the
    owner can mend raises `invalid_model` or `invalid_dataset`, with a sentence. Weights given as an array or a buffer
    (little-endian float32, `num_weights` long) must not change until the call returns.
    """

    def __init__(self, command: Sequence[str], **options: Any) -> None:
        """Run `command` when it is first needed; `options` are those of `Supervisor`."""
        self._supervisor = Supervisor(command, self._restore, **options)
        self._request: memoryview | None = None
        self._seed = 0
        self._frames: ShardFrames = ()
        self._num_weights = 0
        self._validations = 0
        self._starting: asyncio.Task[None] | None = None
        self._confusion: NDArray[np.int32] | None = None

    @classmethod
    def idle(cls, node: Path | None = None) -> Self:
        """Make one whose process starts when it is first needed; `node` as in `start`."""
        return cls(find_program("evaluator").command(node))

    @classmethod
    async def start(cls, node: Path | None = None) -> Self:
        """Start the process; `node` is the executable, by default the one that came with WebNN."""
        evaluator = cls.idle(node)
        await evaluator._supervisor.start()
        return evaluator

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def pid(self) -> int | None:
        """The process that runs now; another after a restart."""
        return self._supervisor.pid

    @property
    def confusion(self) -> NDArray[np.int32] | None:
        """Of the last whole validation of a classifier: [true class, predicted class] counts; None before one."""
        return self._confusion

    async def build(
        self,
        definition: ModelDefinition,
        dataset: Mapping[str, Any],
        seed: int,
        augmentation: Sequence[Mapping[str, Any]] = (),
    ) -> BuiltModel:
        """Build the model for `dataset` (the protocol's description); `seed` decides the initial weights to the bit.
        `augmentation` is that of the protocol's `training`.

        Loaded validation examples are kept. Raises `WebNNError("invalid_model")` when it cannot be built, or when its
        `initial_weights` do not fit it.
        """
        request = memoryview(json.dumps(_build_request(definition, dataset, seed, augmentation)).encode())

        async def operation(exchange: Exchange) -> Frame:
            return await exchange("build", None, request)

        frame = await self._supervisor.perform(operation)
        built = _built_model(frame, definition)
        self._request, self._seed, self._num_weights = request, seed, built.num_weights
        return built

    def expect(
        self,
        definition: ModelDefinition,
        dataset: Mapping[str, Any],
        seed: int,
        augmentation: Sequence[Mapping[str, Any]] = (),
    ) -> str:
        """Know what to build, without building it yet; a name for exactly that (SHA-256, lower-case hex)."""
        request = json.dumps(_build_request(definition, dataset, seed, augmentation)).encode()
        self._request, self._seed = memoryview(request), seed
        return hashlib.sha256(request).hexdigest()

    def go_on(self, num_weights: int, frames: Callable[[], Iterable[Buffer]]) -> None:
        """Take what is expected for built, as it was before with `num_weights`, and `frames` for loaded.

        The process starts, builds and loads in the background; a request that comes before waits for it, and gets what
        went wrong.
        """
        self._num_weights, self._frames = num_weights, frames
        self._starting = asyncio.create_task(self._start_quietly())

    async def _start_quietly(self) -> None:
        with suppress(WebNNError):
            await self._supervisor.start()

    async def describe(
        self, definition: ModelDefinition, input_shapes: Sequence[Sequence[int]]
    ) -> tuple[Mapping[str, Any], tuple[LayerSummary, ...]]:
        """Return the TF.js topology and the layers of a model for examples of these shapes, whatever its targets are.

        The model that was built before is kept. Raises `WebNNError("invalid_model")`.
        """
        dataset = {"inputs": [{"shape": list(shape)} for shape in input_shapes]}
        request = memoryview(json.dumps(_build_request(definition, dataset, 0, ())).encode())

        async def operation(exchange: Exchange) -> Frame:
            return await exchange("describe", None, request)

        described = json.loads((await self._supervisor.perform(operation)).header["described"])
        return described["topology"], _layers(described)

    async def check(self, frame: Buffer) -> CheckReport:
        """Train one step on the start of a real shard. Raises `WebNNError("invalid_model")` when that cannot work."""

        async def operation(exchange: Exchange) -> Mapping[str, Any]:
            return (await exchange("check", None, memoryview(frame))).header

        header = await self._supervisor.perform(operation)
        return CheckReport(
            parameters=header["parameters"],
            memory_bytes=header["memory_bytes"],
            seconds_per_step=header["seconds_per_step"],
            loss=header["loss"],
            warnings=tuple(header["warnings"]),
        )

    async def load_validation(self, frames: ShardFrames) -> int:
        """Load the held-out examples, given as shard frames, in place of those loaded before; returns how many.

        `frames` is needed again after a restart: a function or a collection is asked again, an iterator is copied.
        """
        self._frames = tuple(frames) if not callable(frames) and iter(frames) is frames else frames
        return await self._supervisor.perform(self._load)

    async def validate(
        self, weights: Weights, num_examples: int | None = None, version: int | None = None
    ) -> Validation:
        """Evaluate `weights` on the whole validation split, or on a sample of `num_examples`.

        The sample depends on the run's seed and `version` alone (left out: a count of validations). The loss is the
        mean over examples, without regularisers; inf when it is not finite.
        """
        payload = self._payload(weights)
        self._validations += 1
        fields = {
            "num_examples": num_examples,
            "seed": self._seed,
            "version": self._validations if version is None else version,
        }

        async def operation(exchange: Exchange) -> Frame:
            return await exchange("validate", fields, payload)

        frame = await self._supervisor.perform(operation)
        if frame.payload:
            classes = math.isqrt(len(frame.payload) // 4)
            self._confusion = np.frombuffer(frame.payload, "<i4").reshape(classes, classes)
        loss = frame.header["loss"]
        return Validation(
            loss=math.inf if loss is None else loss,
            accuracy=frame.header["accuracy"],
            num_examples=frame.header["num_examples"],
        )

    async def predict(self, weights: Weights, frame: Buffer) -> NDArray[np.float32]:
        """Run the model on the inputs of a shard frame: [num_examples, ...output shape]."""
        payload = self._payload(weights)

        async def operation(exchange: Exchange) -> Frame:
            await exchange("set_weights", None, payload)
            return await exchange("predict", None, memoryview(frame))

        reply = await self._supervisor.perform(operation)
        return np.frombuffer(reply.payload, "<f4").reshape(reply.header["shape"])

    async def replay(
        self, lease: Lease, weights: Weights, frames: Mapping[str, Buffer]
    ) -> tuple[tuple[Vector, ...], float]:
        """Train `lease` from `weights` on its shards (`frames`, by name), as a volunteer would: with an optimiser that
        remembers earlier replays and, if it remembers anything, with a fresh one.

        Returns what the lease wants, one vector for each, and the seconds that training took.
        """
        payload = self._payload(weights)

        async def operation(exchange: Exchange) -> Frame:
            for name, frame in frames.items():
                await exchange("replay_shard", {"name": name}, memoryview(frame))
            return await exchange("replay", lease_work(lease), payload)

        reply = await self._supervisor.perform(operation)
        made = np.frombuffer(reply.payload, "<f4").reshape(-1, self._num_weights)
        return tuple(made), float(reply.header["seconds"])

    async def close(self) -> None:
        """Kill the process at once; requests that wait fail. May be called twice."""
        await self._supervisor.close()

    def _payload(self, weights: Weights) -> memoryview:
        if self._request is None:
            raise WebNNError("evaluator_failed", "The evaluator has no model yet.")
        buffer = np.ascontiguousarray(weights, "<f4").data if isinstance(weights, np.ndarray) else memoryview(weights)
        payload = buffer.cast("B")
        if payload.nbytes != 4 * self._num_weights:
            raise WebNNError(
                "evaluator_failed",
                f"Weights of {payload.nbytes} bytes do not fit a model of {self._num_weights} weights.",
            )
        return payload

    async def _restore(self, exchange: Exchange) -> None:
        if self._request is not None:
            await exchange("build", None, self._request)
        await self._load(exchange)

    async def _load(self, exchange: Exchange) -> int:
        await exchange("begin_validation")
        for frame in self._frames() if callable(self._frames) else self._frames:
            await exchange("add_validation", None, memoryview(frame))
        return int((await exchange("end_validation")).header["num_examples"])


def lease_work(lease: Lease) -> dict[str, object]:
    """What a lease is to whoever trains it: the fields of the requests `replay` and `train`."""
    return {
        "parts": [[part.shard, part.first, part.last] for part in lease.parts],
        "seed": lease.seed,
        "batch_size": lease.batch_size,
        "learning_rate": lease.learning_rate,
        "optimizer": lease.optimizer,
        "wants": lease.wants.value,
    }


def _build_request(
    definition: ModelDefinition, dataset: Mapping[str, Any], seed: int, augmentation: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    topology = definition.topology
    if topology is not None:
        shapes = [entry["shape"] for entry in dataset["inputs"]]
        topology = convert_topology(topology, definition.origin, shapes)
    return {
        "name": definition.name,
        "layers": definition.layers,
        "topology": topology,
        "loss": definition.loss,
        "metrics": list(definition.metrics),
        "optimizer": definition.optimizer,
        "learning_rate": definition.learning_rate,
        "dataset": dict(dataset),
        "training": definition.training_of(seed, augmentation),
    }


def _layers(described: Mapping[str, Any]) -> tuple[LayerSummary, ...]:
    return tuple(
        LayerSummary(layer["name"], layer["class"], tuple(layer["output_shape"]), layer["parameters"])
        for layer in described["layers"]
    )


def _built_model(frame: Frame, definition: ModelDefinition) -> BuiltModel:
    described: dict[str, Any] = json.loads(frame.header["described"])
    weights = tuple(WeightSpec(spec["name"], tuple(spec["shape"]), spec["trainable"]) for spec in described["weights"])
    initial = np.frombuffer(frame.payload, "<f4")
    if definition.initial_weights is not None:
        initial = read_initial_weights(definition.initial_weights, weights)
    return BuiltModel(
        topology=described["topology"],
        weights=weights,
        num_weights=described["num_weights"],
        num_trainable=described["num_trainable"],
        layers=_layers(described),
        config={
            "name": definition.name,
            "topology": described["topology"],
            "weights": described["weights"],
            "num_weights": described["num_weights"],
            "num_trainable": described["num_trainable"],
            "loss": definition.loss,
            "metrics": list(definition.metrics),
            "optimizer": definition.optimizer,
        },
        initial=initial,
    )
