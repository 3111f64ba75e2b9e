"""What takes a Node process and data of its own: scoring runs that are over, checking models. One task at a time."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from aiohttp import web
from numpy.typing import NDArray

from webnn.core.errors import WebNNError
from webnn.data.dataset import Split
from webnn.data.preparation import Preparation
from webnn.evaluator.scores import tell_outputs
from webnn.model.definition import ModelDefinition
from webnn.server.checkup import describe_check
from webnn.server.config import Places
from webnn.server.exporting import RunModel, read_run_model
from webnn.server.insight import finite, inputs_of
from webnn.server.prepare import PrepareRequest, prepare_run
from webnn.server.scoring import evaluate, network_of
from webnn.server.trained import Which, read_trained

Check = Callable[[ModelDefinition, Places, int], Awaitable[dict[str, Any]]]


async def check_model(definition: ModelDefinition, places: Places, seed: int) -> dict[str, Any]:
    """Load the data, build the model, try a step of it, and say what came out, as `wnn check` does; leaves nothing."""
    with tempfile.TemporaryDirectory(prefix="wnn-check-") as folder:
        request = PrepareRequest(definition, places.datasets, places.data, Path(folder), seed)
        prepared = await prepare_run(request)
        try:
            return describe_check(prepared)
        finally:
            await prepared.close()


@dataclass(slots=True)
class Bench:
    """Does one such task at a time. Raises `WebNNError("too_many")` for whoever comes meanwhile.

    A run is named by its folder; `weights` are "best" or "current", which of a run that is over are the last.
    """

    places: Places
    check_model: Check = check_model
    _taken: bool = field(default=False, init=False)

    async def check(self, definition: ModelDefinition, seed: int) -> dict[str, Any]:
        """Check a model as `wnn check` does. Raises `WebNNError` with what its owner has to mend."""
        async with self._take():
            return dict(finite(await self.check_model(definition, self.places, seed)))

    async def evaluate(self, folder: Path, weights: str, split: str | None) -> dict[str, Any]:
        """Score what a run left on a split of its dataset; None: as `wnn evaluate` chooses."""
        async with self._take():
            run = read_trained(folder)
            places = self.places
            report = await evaluate(run, _which(weights), split, search=places.datasets, data_dir=places.data)
        return dict(finite(report))

    async def predict(self, folder: Path, weights: str, rows: NDArray[np.float32]) -> list[dict[str, Any]]:
        """Say what the network that a run left makes of `rows` [examples, numbers], as `Insight.predict` has them."""
        async with self._take():
            run = read_trained(folder)
            described: Sequence[dict[str, Any]] = run.dataset["inputs"]
            inputs = inputs_of(rows, [tuple(entry["shape"]) for entry in described])
            targets = run.dataset["targets"]
            kind = np.uint8 if targets["kind"] == "class" else np.float32
            shown = Preparation.load(folder).apply(inputs)
            async with network_of(run, _which(weights)) as network:
                outputs = await network.predict(Split(shown, np.zeros((len(rows), *targets["shape"]), kind)))
        told = tell_outputs(outputs, targets["num_classes"], run.dataset.get("label_names"))
        return [finite(each) for each in told]

    async def model(self, folder: Path, which: str | int) -> RunModel:
        """Read a version of a run that a file or a checkpoint has: "best", "final" or a number."""
        async with self._take():
            return await read_run_model(folder, which)

    @asynccontextmanager
    async def _take(self) -> AsyncIterator[None]:
        if self._taken:
            raise WebNNError("too_many", "The server is busy with another request of this kind; ask again in a moment.")
        self._taken = True
        try:
            yield
        finally:
            self._taken = False


BENCH = web.AppKey("bench", Bench)


def _which(weights: str) -> Which:
    return Which.BEST if weights == Which.BEST else Which.FINAL
