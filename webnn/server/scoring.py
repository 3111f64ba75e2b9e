"""The network that a run left, scored on a split of its dataset or shown examples, in an evaluator of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webnn.core.errors import WebNNError
from webnn.core.events import Vector
from webnn.data.dataset import Split
from webnn.data.loading import load_data
from webnn.data.shards import encode_examples
from webnn.evaluator.evaluator import Evaluator
from webnn.evaluator.results import BuiltModel
from webnn.evaluator.scores import score
from webnn.server.trained import TrainedRun, Which

CHUNK_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Network:
    """A run's model in the evaluator, with the run's weights."""

    evaluator: Evaluator
    built: BuiltModel
    weights: Vector

    async def predict(self, split: Split) -> NDArray[np.float32]:
        """Outputs [examples, ...] of a split's inputs, some at a time."""
        row_bytes = max(1, sum(array[:1].nbytes for array in split.arrays))
        step = max(1, CHUNK_BYTES // row_bytes)
        outputs = []
        for first in range(0, len(split), step):
            rows = np.arange(first, min(first + step, len(split)), dtype=np.intp)
            outputs.append(await self.evaluator.predict(self.weights, encode_examples(split, rows)))
        return np.concatenate(outputs)


@asynccontextmanager
async def network_of(run: TrainedRun, which: Which) -> AsyncIterator[Network]:
    """Build a run's network with its weights. Raises `WebNNError`."""
    async with await Evaluator.start() as evaluator:
        built = await evaluator.build(run.definition, run.dataset, run.seed)
        yield Network(evaluator, built, run.weights(which, built))


async def evaluate(
    run: TrainedRun,
    which: Which,
    split_name: str | None,
    *,
    search: Sequence[Path],
    data_dir: Path,
    tell: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Score a run's network on a split of its dataset; None: its test split, where there is none its validation split.

    `search` has the folders of dataset modules.
    Raises `WebNNError("settings")` where there is no such split.
    """
    definition = run.definition
    tell(f"Loading the dataset {definition.dataset}")
    loaded = await asyncio.to_thread(load_data, definition, search, data_dir)
    dataset = loaded.dataset
    name = split_name or ("test" if dataset.test is not None else "validation")
    if name not in dataset.splits:
        known = " and ".join(dataset.splits)
        raise WebNNError("settings", f"The dataset {definition.dataset} has no {name} split; it has {known}.")
    split = dataset.splits[name]
    tell(f"Predicting {len(split):,} examples")
    async with network_of(run, which) as network:
        outputs = await network.predict(split)
    names, targets = dataset.label_names, np.asarray(split.targets)
    scores = score(dataset.num_classes, names, definition.loss, outputs, targets)
    return {"run": run.id, "model": definition.name, "weights": which.value, "split": name, **scores}
