"""A small data set of images, models for it, and the real evaluator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from webnn.core.errors import WebNNError
from webnn.data import Dataset, Split
from webnn.data.dataset import dataset_description
from webnn.data.shards import encode_split
from webnn.evaluator.evaluator import Evaluator
from webnn.evaluator.node import find_program, source_program
from webnn.model.definition import ModelDefinition, parse_model

MLP: list[dict[str, Any]] = [
    {"flatten": {}},
    {"dense": {"units": 12, "activation": "relu"}},
    {"dense": {"units": 10, "activation": "softmax"}},
]
CNN: list[dict[str, Any]] = [
    {"conv2d": {"filters": 4, "kernelSize": 3, "activation": "relu"}},
    {"maxPooling2d": {"poolSize": 2}},
    {"flatten": {}},
    {"dense": {"units": 10, "activation": "softmax"}},
]


def images(count: int, seed: int = 0) -> Split:
    """Noise with one bright row, whose place goes with the class."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, 10, count).astype(np.uint8)
    inputs = rng.integers(0, 6, (count, 8, 8, 1)).astype(np.uint8)
    inputs[np.arange(count), targets % 8] = 16
    return Split(inputs, targets)


def model(layers: list[dict[str, Any]], **changes: object) -> ModelDefinition:
    """A model file's definition, made here."""
    raw = {
        "name": "small",
        "dataset": "images",
        "layers": layers,
        "loss": "categoricalCrossentropy",
        "optimizer": {"sgd": {"learningRate": 0.1}},
        "training": {"batchSize": 32},
        **changes,
    }
    return parse_model(raw, "small.json")


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    return Dataset(
        train=images(200), validation=images(150, seed=1), scale=1 / 16, licence="none", source="made for a test"
    )


@pytest.fixture(scope="session")
def description(dataset: Dataset) -> dict[str, Any]:
    return dict(dataset_description(dataset, "images"))


@pytest.fixture(scope="session")
def train_shard(dataset: Dataset) -> bytes:
    return next(encode_split(dataset.train))


def evaluator_command() -> list[str]:
    """The source where it can run, since a bundle may be older than it."""
    try:
        return source_program("evaluator").command()
    except WebNNError:
        return find_program("evaluator").command()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def evaluator() -> AsyncIterator[Evaluator]:
    """One process for a module's tests: it starts again by itself where a test kills it."""
    async with Evaluator(evaluator_command()) as running:
        yield running
