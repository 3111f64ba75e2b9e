"""A look into the model of a run: its layers, what it gets right, and how its weights move. Costs nothing unasked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from webnn.core.errors import WebNNError
from webnn.core.frames import Buffer
from webnn.data.dataset import Dataset
from webnn.engine.base import Snapshot
from webnn.evaluator.results import BuiltModel
from webnn.server.gallery import Gallery
from webnn.server.histograms import Histograms
from webnn.server.verdicts import judge_classes

LEAST_SECONDS = 5.0
"""Between two looks at what the model gets right, however many people ask."""

REST = 9.0
"""Times that a look took, for which there is no other: the evaluator has validations to do."""


class Predictor(Protocol):
    """What a look needs of the evaluator."""

    async def predict(self, weights: Buffer, frame: Buffer) -> NDArray[np.float32]:
        """Outputs [examples, ...] of a flat float32 vector on the inputs of a shard frame."""


class Insight:
    """Answers the watch page's questions about one run's model and data."""

    def __init__(self, built: BuiltModel, dataset: Dataset, predictor: Predictor, clock: Callable[[], float]) -> None:
        self.gallery = Gallery(dataset)
        self.histograms = Histograms(built.weights)
        self.built = built
        self._dataset = dataset
        self._predictor = predictor
        self._clock = clock
        self._verdict: dict[str, Any] | None = None
        self._rests_until = -np.inf
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
        self._frame = None
        self._resting = True

    async def note(self, seconds: float, snapshot: Snapshot) -> None:
        """Take the weights of a validated version into the histograms."""
        await asyncio.to_thread(self.histograms.add, seconds, snapshot.version, snapshot.weights)

    async def verdict(self, snapshot: Snapshot) -> dict[str, Any]:
        """`predictions` of docs/protocol.md: for `snapshot`, or for an earlier version looked at a moment ago.

        Raises `WebNNError("not_found")` where the dataset has no classes, or too many.
        """
        async with self._looking:
            known = self._verdict
            if self._resting:
                if known is None:
                    raise WebNNError("not_found", "The run is over, and nobody looked at its predictions before.")
                return known
            fresh = known is not None and (known["version"] == snapshot.version or self._clock() < self._rests_until)
            if known is not None and fresh:
                return known
            began = self._clock()
            found = await self._look(snapshot)
            ended = self._clock()
            self._rests_until = ended + max(LEAST_SECONDS, REST * (ended - began))
            self._verdict = found
            return found

    async def _look(self, snapshot: Snapshot) -> dict[str, Any]:
        classes = self._dataset.num_classes
        if classes is None:
            raise WebNNError("not_found", "This dataset has no classes to tell apart.")
        weights = snapshot.weights.data.cast("B")
        frames = self.gallery.judged_frames()
        parts = []
        while (frame := await asyncio.to_thread(next, frames, None)) is not None:
            parts.append(await self._predictor.predict(weights, frame))
        outputs = np.concatenate(parts)
        names = [self.gallery.class_name(number) for number in range(classes)]
        verdict = judge_classes(outputs, self.gallery.judged_targets, names)
        if verdict is None:
            raise WebNNError("not_found", "This model's outputs are not one number for each class.")
        worst = [{**mistake, **self.gallery.example(mistake["place"])} for mistake in verdict["worst"]]
        of = len(self._dataset.validation)
        return {"version": snapshot.version, "held_out": of, **verdict, "worst": worst}


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
