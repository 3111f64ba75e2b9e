"""A look into the model of a run: its layers, what it gets right, and how its weights move. Costs nothing unasked."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from webnn.core.errors import WebNNError
from webnn.core.frames import Buffer
from webnn.data.dataset import Dataset, Split
from webnn.data.preparation import Preparation
from webnn.data.shards import encode_examples
from webnn.engine.base import Snapshot
from webnn.evaluator.results import BuiltModel
from webnn.evaluator.scores import score, tell_outputs
from webnn.server.gallery import Gallery
from webnn.server.histograms import Histograms
from webnn.server.verdicts import MAX_CLASSES, judge_classes

LEAST_SECONDS = 5.0
"""Between two looks at what the model gets right, however many people ask."""

REST = 9.0
"""Times that a look took, for which there is no other: the evaluator has validations to do."""


MAX_COUNTED = 1000
"""Classes of which a live run counts what was taken for what."""

Found = dict[str, Any] | WebNNError
"""What a look found, or why it could not."""

_NOT_LOOKED = "The run is over, and nobody looked at its predictions before."


@dataclass(frozen=True, slots=True)
class Look:
    """What the judged examples say of one version, in two ways."""

    version: int
    verdict: Found
    evaluation: Found


class Predictor(Protocol):
    """What a look needs of the evaluator."""

    async def predict(self, weights: Buffer, frame: Buffer) -> NDArray[np.float32]:
        """Outputs [examples, ...] of a flat float32 vector on the inputs of a shard frame."""


class Insight:
    """Answers the watch page's questions about one run's model and data."""

    def __init__(
        self,
        built: BuiltModel,
        dataset: Dataset,
        predictor: Predictor,
        clock: Callable[[], float],
        preparation: Preparation | None = None,
    ) -> None:
        self.gallery = Gallery(dataset)
        self.histograms = Histograms(built.weights)
        self.built = built
        self._dataset = dataset
        self._predictor = predictor
        self._clock = clock
        self._preparation = preparation or Preparation()
        self._looks: dict[str, Look] = {}
        self._rests_until = -np.inf
        self._predicting = False
        self._predicts_from = -np.inf
        self._looking = asyncio.Lock()
        self._resting = False

    def network(self) -> dict[str, Any]:
        """`network` of docs/protocol.md."""
        layers = [
            {
                "name": layer.name,
                "class": layer.class_name,
                "output_shape": list(layer.output_shape),
                "parameters": layer.parameters,
            }
            for layer in self.built.layers
        ]
        edges = connections(self.built.topology, [layer.name for layer in self.built.layers])
        return {"layers": [{**layer, "inputs": edges[str(layer["name"])]} for layer in layers]}

    async def rest(self) -> None:
        """Answer from now on with what is known already: the evaluator ends, and the data are let go of."""
        await asyncio.to_thread(self.gallery.rest)
        self._dataset = self.gallery.dataset
        self._resting = True

    async def note(self, seconds: float, snapshot: Snapshot) -> None:
        """Take the weights of a validated version into the histograms."""
        await asyncio.to_thread(self.histograms.add, seconds, snapshot.version, snapshot.weights)

    async def verdict(self, snapshot: Snapshot) -> dict[str, Any]:
        """`predictions` of docs/protocol.md: for `snapshot`, or for an earlier version looked at a moment ago.

        Raises `WebNNError("not_found")` where the dataset has no classes, or too many.
        """
        if self._dataset.num_classes is None:
            raise WebNNError("not_found", "This dataset has no classes to tell apart.")
        return _found((await self._look(snapshot, "current")).verdict)

    async def evaluation(self, snapshot: Snapshot, which: str) -> dict[str, Any]:
        """Scores of the same examples, as `wnn evaluate` has them, for the version that `which` names; as `verdict`, it
        may be of an earlier one.

        Raises `WebNNError`: `not_found` where there is too much to count, `invalid_model` where outputs fit no target.
        """
        return _found((await self._look(snapshot, which)).evaluation)

    async def predict(self, snapshot: Snapshot, rows: NDArray[np.float32]) -> list[dict[str, Any]]:
        """Say what `snapshot` makes of `rows` [examples, numbers]: inputs as the dataset stores them, flattened.

        Raises `WebNNError`: `settings` for rows that do not fit the model, `too_many` while the evaluator has no time,
        `not_running` where there is none any more.
        """
        if self._resting:
            raise WebNNError("not_running", "The run is over: `wnn predict` shows examples to what it left.")
        if self._predicting or self._clock() < self._predicts_from:
            raise WebNNError("too_many", "The run's network was just asked, and has work to do; ask again in a moment.")
        self._predicting, began = True, self._clock()
        try:
            frame = await asyncio.to_thread(self._frame_of, rows)
            outputs = await self._predictor.predict(snapshot.weights.data.cast("B"), frame)
        finally:
            self._predicting, ended = False, self._clock()
            self._predicts_from = ended + REST * (ended - began)
        told = tell_outputs(outputs, self._dataset.num_classes, self._dataset.label_names)
        return [finite(each) for each in told]

    def _frame_of(self, rows: NDArray[np.float32]) -> bytes:
        split = self._dataset.validation
        inputs = inputs_of(rows, [array.shape[1:] for array in split.arrays])
        targets = np.zeros((len(rows), *split.targets.shape[1:]), split.targets.dtype)
        return encode_examples(Split(self._preparation.apply(inputs), targets), np.arange(len(rows)))

    async def _look(self, snapshot: Snapshot, which: str) -> Look:
        async with self._looking:
            known = next((look for look in self._looks.values() if look.version == snapshot.version), None)
            known = known or self._looks.get(which)
            if self._resting and known is None:
                raise WebNNError("not_found", _NOT_LOOKED)
            if known is not None:
                at_rest = self._resting or self._clock() < self._rests_until
                if at_rest or known.version == snapshot.version:
                    return known
            began = self._clock()
            found = self._looks[which] = await self._judge(snapshot)
            ended = self._clock()
            self._rests_until = ended + max(LEAST_SECONDS, REST * (ended - began))
            return found

    async def _judge(self, snapshot: Snapshot) -> Look:
        weights = snapshot.weights.data.cast("B")
        frames = self.gallery.judged_frames()
        parts = []
        while (frame := await asyncio.to_thread(next, frames, None)) is not None:
            parts.append(await self._predictor.predict(weights, frame))
        return await asyncio.to_thread(self._compare, snapshot.version, np.concatenate(parts))

    def _compare(self, version: int, outputs: NDArray[np.float32]) -> Look:
        of = {"version": version, "held_out": len(self._dataset.validation)}
        return Look(version, *(_tried(partial(way, of, outputs)) for way in (self._verdict, self._scores)))

    def _verdict(self, of: Mapping[str, Any], outputs: NDArray[np.float32]) -> dict[str, Any]:
        names = [self.gallery.class_name(number) for number in range(self._dataset.num_classes or 0)]
        verdict = judge_classes(outputs, self.gallery.judged_targets, names)
        if verdict is None:
            raise WebNNError("not_found", "This model's outputs are not one number for each class.")
        worst = [{**mistake, **self.gallery.example(mistake["place"])} for mistake in verdict["worst"]]
        return {**of, **verdict, "worst": worst}

    def _scores(self, of: Mapping[str, Any], outputs: NDArray[np.float32]) -> dict[str, Any]:
        dataset, targets, loss = self._dataset, self.gallery.judged_targets, str(self.built.config.get("loss", ""))
        counted = targets.dtype.kind in "iu" or loss == "binaryCrossentropy"
        if counted and outputs.shape[-1] > MAX_COUNTED:
            raise WebNNError(
                "not_found", f"Up to {MAX_COUNTED:,} classes are counted live; `wnn evaluate` counts more."
            )
        with np.errstate(all="ignore"):
            scores = score(dataset.num_classes, dataset.label_names, loss, outputs, targets)
        if outputs.shape[-1] > MAX_CLASSES:
            scores.pop("confusion", None)
        return {"split": "validation", **of, **finite(scores)}


def inputs_of(rows: NDArray[np.float32], shapes: Sequence[tuple[int, ...]]) -> list[NDArray[np.float32]]:
    """Cut `rows` [examples, numbers] into inputs of these shapes; `WebNNError("settings")` where they do not fit."""
    sizes = [math.prod(shape) for shape in shapes]
    if rows.shape[1] != sum(sizes):
        takes = " and ".join(" x ".join(map(str, shape)) or "one" for shape in shapes)
        message = f"A row has {rows.shape[1]} numbers, but the model takes {sum(sizes)} ({takes})."
        raise WebNNError("settings", message)
    parts = np.split(rows, np.cumsum(sizes)[:-1], axis=1)
    return [part.reshape(-1, *shape) for part, shape in zip(parts, shapes, strict=True)]


def finite(value: Any) -> Any:
    """Replace numbers that JSON has not, deep inside lists and objects, by None."""
    if isinstance(value, dict):
        return {key: finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _tried(way: Callable[[], dict[str, Any]]) -> Found:
    try:
        return way()
    except WebNNError as error:
        return error


def _found(found: Found) -> dict[str, Any]:
    if isinstance(found, WebNNError):
        raise WebNNError(found.code, str(found))
    return found


def connections(topology: Mapping[str, Any], names: Sequence[str]) -> dict[str, list[str]]:
    """For each layer of TF.js layers-model JSON the layers that it takes its inputs from."""
    model = topology.get("model_config", topology)
    config = model.get("config", {}) if isinstance(model, Mapping) else {}
    layers = config.get("layers", []) if isinstance(config, Mapping) else []
    if not any(layer.get("inbound_nodes") for layer in layers):
        return {name: list(names[place - 1 : place]) if place else [] for place, name in enumerate(names)}
    found: dict[str, list[str]] = {name: [] for name in names}
    for layer in layers:
        name = layer.get("name") or layer.get("config", {}).get("name")
        if name in found:
            found[name] = [source for node in layer.get("inbound_nodes", []) for source in _sources(node)]
    return found


def _sources(node: Any) -> list[str]:
    """Names in an inbound node: lists nested to any depth that end in [name, node, tensor, ...]."""
    if isinstance(node, list) and node and isinstance(node[0], str):
        return [node[0]]
    return [name for part in node for name in _sources(part)] if isinstance(node, list) else []
