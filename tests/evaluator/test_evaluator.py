"""The real evaluator: models built, checked and validated by TensorFlow.js in Node."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

from webnn.core.errors import WebNNError
from webnn.core.leases import Lease, Part
from webnn.core.merging import Wants
from webnn.data import Dataset
from webnn.data.shards import encode_split
from webnn.engine.sketching import compare
from webnn.evaluator.evaluator import Evaluator
from webnn.evaluator.results import BuiltModel
from webnn.model.definition import parse_model

from .conftest import CNN, MLP, images, model

pytestmark = [pytest.mark.node, pytest.mark.asyncio(loop_scope="module")]

Description = Mapping[str, Any]


def views(built: BuiltModel, flat: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """The named arrays of a flat vector."""
    ends = np.cumsum([0, *(spec.size for spec in built.weights)])
    return {
        spec.name: flat[start:end].reshape(spec.shape)
        for spec, (start, end) in zip(built.weights, pairwise(ends), strict=True)
    }


def forward(built: BuiltModel, flat: NDArray[np.float32], inputs: NDArray[Any]) -> NDArray[np.float64]:
    """A plain NumPy forward pass of the MLP."""
    kernel1, bias1, kernel2, bias2 = (array.astype(np.float64) for array in views(built, flat).values())
    x = inputs.reshape(len(inputs), -1) / 16
    hidden = np.maximum(x @ kernel1 + bias1, 0)
    scores = np.exp(hidden @ kernel2 + bias2)
    return scores / scores.sum(axis=1, keepdims=True)


async def test_a_built_model_is_described(evaluator: Evaluator, description: Description) -> None:
    built = await evaluator.build(model(CNN), description, seed=3)
    assert [layer.class_name for layer in built.layers][-4:] == ["Conv2D", "MaxPooling2D", "Flatten", "Dense"]
    assert built.layers[-1].output_shape == (None, 10)
    assert built.layers[-1].parameters == 36 * 10 + 10
    assert [spec.shape for spec in built.weights] == [(3, 3, 1, 4), (4,), (36, 10), (10,)]
    assert built.num_weights == built.num_trainable == built.initial.size == 40 + 370
    assert built.config["optimizer"]["sgd"]["learningRate"] == 0.1  # type: ignore[index]
    assert np.isfinite(built.initial).all()
    assert np.std(views(built, built.initial)[built.weights[0].name]) > 0


async def test_the_seed_decides_the_initial_weights_to_the_bit(evaluator: Evaluator, description: Description) -> None:
    first = await evaluator.build(model(CNN), description, seed=7)
    await evaluator.build(model(MLP), description, seed=7)
    again = await evaluator.build(model(CNN), description, seed=7)
    other = await evaluator.build(model(CNN), description, seed=8)
    assert np.array_equal(first.initial, again.initial)
    assert not np.array_equal(first.initial, other.initial)


async def test_what_comes_back_as_topology_builds_the_same_model(
    evaluator: Evaluator, description: Description
) -> None:
    first = await evaluator.build(model(CNN), description, seed=7)
    raw = {key: value for key, value in model(CNN).raw.items() if key != "layers"}
    definition = parse_model({**raw, "topology": dict(first.topology)}, "again.json")
    again = await evaluator.build(definition, description, seed=7)
    assert again.weights == first.weights
    assert np.array_equal(first.initial, again.initial)


async def test_check_measures_one_step(evaluator: Evaluator, description: Description, train_shard: bytes) -> None:
    built = await evaluator.build(model(CNN), description, seed=1)
    report = await evaluator.check(train_shard)
    assert report.parameters == built.num_weights
    assert 4 * 3 * built.num_weights < report.memory_bytes < 50_000_000
    assert 0 < report.seconds_per_step < 5
    assert 1 < report.loss < 5  # about ln 10
    assert report.warnings == ()


async def test_check_doubts_a_classifier_without_softmax(
    evaluator: Evaluator, description: Description, train_shard: bytes
) -> None:
    await evaluator.build(model([{"flatten": {}}, {"dense": {"units": 10, "activation": "sigmoid"}}]), description, 1)
    assert "softmax" in (await evaluator.check(train_shard)).warnings[0]


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (([{"flatten": {}}, {"dense": {"units": 3, "activation": "softmax"}}], {}), r'10 classes.*"units": 10'),
        (([{"dense": {"units": 10, "activation": "softmax"}}], {}), r"\[8, 8, 10\].*flatten"),
        (([{"flatten": {}}, {"conv2d": {"filters": 2, "kernelSize": 3}}], {}), r"Layer 2.*an image.*flat list"),
        (([{"maxPooling2d": {"poolSize": 9}}, *MLP], {}), r"would give \[0, 0, 1\].*smaller kernelSize or poolSize"),
        (([{"conv2d": {"filters": 2, "kernelSize": 3, "dilationRate": 2}}, *MLP], {}), r"no gradient for dilated"),
        ((MLP, {"optimizer": {"sgd": {"learningRate": 1e38}}}), r"not finite.*learning rate"),
    ],
)
async def test_what_cannot_be_trained_is_refused_in_a_sentence(
    evaluator: Evaluator,
    description: Description,
    train_shard: bytes,
    case: tuple[list[dict[str, Any]], dict[str, Any]],
    words: str,
) -> None:
    async def build_and_check() -> None:
        layers, changes = case
        await evaluator.build(model(layers, **changes), description, seed=1)
        await evaluator.check(train_shard)

    with pytest.raises(WebNNError, match=words) as caught:
        await build_and_check()
    assert caught.value.code == "invalid_model"
    assert "\n" not in str(caught.value)


async def test_classes_as_a_loss_are_refused_for_values(
    evaluator: Evaluator, description: Description, train_shard: bytes
) -> None:
    values = {**description, "targets": {"kind": "values", "dtype": "float32", "shape": [], "num_classes": None}}
    with pytest.raises(WebNNError, match=r"categoricalCrossentropy needs classes.*meanSquaredError"):
        await evaluator.build(model([{"flatten": {}}, {"dense": {"units": 1}}]), values, seed=1)


async def test_validation_agrees_with_numpy(evaluator: Evaluator, description: Description, dataset: Dataset) -> None:
    built = await evaluator.build(model(MLP), description, seed=5)
    assert await evaluator.load_validation(lambda: encode_split(dataset.validation, target_bytes=3000)) == 150
    rng = np.random.default_rng(0)
    weights = rng.normal(0, 0.3, built.num_weights).astype(np.float32)
    found = await evaluator.validate(weights)
    split = dataset.validation
    expected = forward(built, weights, split.arrays[0])
    right = expected[np.arange(len(split)), split.targets]
    assert found.num_examples == 150
    assert found.loss == pytest.approx(-np.log(right).mean(), abs=1e-5)
    assert found.accuracy == pytest.approx((expected.argmax(axis=1) == split.targets).mean())
    confusion = evaluator.confusion
    assert confusion is not None
    assert confusion.sum() == 150
    assert np.trace(confusion) == round(150 * (found.accuracy or 0))
    assert np.array_equal(confusion.sum(axis=1), np.bincount(split.targets, minlength=10))


async def test_a_sample_is_decided_by_the_version(
    evaluator: Evaluator, description: Description, dataset: Dataset
) -> None:
    built = await evaluator.build(model(MLP), description, seed=5)
    await evaluator.load_validation(encode_split(dataset.validation))
    losses = [(await evaluator.validate(built.initial, 40, version)).loss for version in (1, 1, 2)]
    assert losses[0] == losses[1] != losses[2]
    assert (await evaluator.validate(built.initial, 40, 1)).num_examples == 40
    assert (await evaluator.validate(built.initial, 1000, 1)).num_examples == 150


async def test_weights_that_diverged_have_an_infinite_loss(
    evaluator: Evaluator, description: Description, dataset: Dataset
) -> None:
    built = await evaluator.build(model(MLP), description, seed=5)
    await evaluator.load_validation(encode_split(dataset.validation))
    assert (await evaluator.validate(np.full(built.num_weights, np.nan, np.float32))).loss == np.inf


async def test_predictions_agree_with_numpy(
    evaluator: Evaluator, description: Description, dataset: Dataset, train_shard: bytes
) -> None:
    built = await evaluator.build(model(MLP), description, seed=5)
    outputs = await evaluator.predict(built.initial, train_shard)
    assert outputs.shape == (200, 10)
    order = np.random.default_rng(0).permutation(200)
    assert np.allclose(outputs, forward(built, built.initial, dataset.train.arrays[0][order]), atol=1e-5)


async def test_a_killed_evaluator_comes_back_with_its_state(
    evaluator: Evaluator, description: Description, dataset: Dataset
) -> None:
    built = await evaluator.build(model(CNN), description, seed=5)
    await evaluator.load_validation(encode_split(dataset.validation))
    before = await evaluator.validate(built.initial)
    pid = evaluator.pid
    assert pid is not None
    asking = asyncio.create_task(evaluator.validate(built.initial))
    await asyncio.sleep(0)
    os.kill(pid, signal.SIGTERM)
    assert await asking == before
    assert evaluator.pid != pid


async def test_five_million_weights_make_the_round_trip(evaluator: Evaluator, description: Description) -> None:
    big = [{"flatten": {}}, {"dense": {"units": 66_000, "activation": "relu"}}, MLP[-1]]
    definition = model(big)
    built = await evaluator.build(definition, description, seed=5)
    assert built.num_weights == 64 * 66_000 + 66_000 + 66_000 * 10 + 10
    await evaluator.load_validation(encode_split(images(1)))
    assert (await evaluator.validate(built.initial)).num_examples == 1


async def test_initial_weights_are_read_from_a_file(
    evaluator: Evaluator, description: Description, tmp_path: Path
) -> None:
    built = await evaluator.build(model(MLP), description, seed=5)
    arrays = {name: np.ascontiguousarray(array + 1) for name, array in views(built, built.initial).items()}
    save_file(arrays, tmp_path / "start.safetensors")
    definition = model(MLP, initialWeights=str(tmp_path / "start.safetensors"))
    assert np.array_equal((await evaluator.build(definition, description, seed=5)).initial, built.initial + 1)
    with pytest.raises(WebNNError, match=r"start\.safetensors holds .* but the model has"):
        await evaluator.build(model(CNN, initialWeights=str(tmp_path / "start.safetensors")), description, seed=5)


def a_lease(learning_rate: float) -> Lease:
    return Lease(
        *("l", "v", 1, (Part("s", 0, 40),), 40, 4, 10),
        seed=7,
        learning_rate=learning_rate,
        optimizer="model",
        wants=Wants.DELTA,
        granted_at=0.0,
        deadline=9.0,
    )


async def test_a_lease_that_is_replayed_comes_out_as_a_volunteer_trained_it(
    evaluator: Evaluator, description: Description, dataset: Dataset
) -> None:
    built = await evaluator.build(model(MLP), description, seed=3)
    frame = next(iter(encode_split(dataset.train)))
    lease = a_lease(0.1)
    (first,), seconds = await evaluator.replay(lease, built.initial, {"s": frame})
    (again,), _ = await evaluator.replay(lease, built.initial, {"s": frame})
    assert seconds > 0
    assert compare(first, again)[0] > 0.9999
    (other,), _ = await evaluator.replay(replace(lease, parts=(Part("s", 40, 80),)), built.initial, {"s": frame})
    assert compare(first, other)[0] < 0.9


async def test_an_optimiser_with_a_memory_is_replayed_with_and_without_it(
    evaluator: Evaluator, description: Description, dataset: Dataset
) -> None:
    built = await evaluator.build(model(MLP, optimizer={"adam": {"learningRate": 0.01}}), description, seed=3)
    frame = next(iter(encode_split(dataset.train)))
    lease = a_lease(0.01)
    (one, fresh), _ = await evaluator.replay(lease, built.initial, {"s": frame})
    assert compare(one, fresh)[0] > 0.9999, "nothing is remembered yet"
    (later, again), _ = await evaluator.replay(lease, built.initial, {"s": frame})
    assert compare(fresh, again)[0] > 0.9999
    assert compare(later, again)[0] < 0.999
    (plain,), _ = await evaluator.replay(replace(lease, optimizer="sgd"), built.initial, {"s": frame})
    assert np.isfinite(plain).all()
