"""Each kind of target, from the dataset to loss and accuracy, against the same computed with NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from webnn.core.errors import WebNNError
from webnn.data import Dataset, Split
from webnn.data.dataset import dataset_description
from webnn.data.preprocessing import preprocess
from webnn.data.shards import encode_split
from webnn.evaluator.evaluator import Evaluator
from webnn.model.definition import ModelDefinition, parse_model
from webnn.model.fit import check_stop, has_accuracy

pytestmark = [pytest.mark.node, pytest.mark.asyncio(loop_scope="module")]

Layers = list[dict[str, Any]]
ROWS = 120


def made(inputs: NDArray[Any], targets: NDArray[Any]) -> Dataset:
    rows = Split(inputs, targets)
    return Dataset(train=rows, validation=rows, licence="none", source="made for a test")


def model(layers: Layers, loss: str, **more: Any) -> ModelDefinition:
    raw = {"dataset": "made", "layers": layers, "loss": loss, "training": {"batchSize": 30}, **more}
    return parse_model(raw, "small.json")


async def tried(
    evaluator: Evaluator, definition: ModelDefinition, dataset: Dataset
) -> tuple[float, float | None, NDArray[np.float32]]:
    """Train one step, then validate the initial weights: their loss, accuracy and outputs in the order of the rows."""
    description = dataset_description(dataset, "made")
    built = await evaluator.build(definition, description, 3)
    report = await evaluator.check(next(encode_split(dataset.train)))
    assert np.isfinite(report.loss)
    await evaluator.load_validation(lambda: encode_split(dataset.validation))
    result = await evaluator.validate(built.initial)
    frame = next(encode_split(dataset.validation))
    outputs = await evaluator.predict(built.initial, frame)
    back = np.empty_like(outputs)
    back[np.random.default_rng(0).permutation(len(dataset.validation))] = outputs
    return result.loss, result.accuracy, back


async def test_several_labels_have_binary_accuracy(evaluator: Evaluator) -> None:
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(ROWS, 6)).astype(np.float32)
    labels = (rng.random((ROWS, 4)) < 0.3).astype(np.uint8)
    layers: Layers = [{"dense": {"units": 4, "activation": "sigmoid"}}]
    loss, accuracy, chances = await tried(evaluator, model(layers, "binaryCrossentropy"), made(inputs, labels))
    right = ((chances > 0.5) == labels).mean()
    entropy = -(labels * np.log(chances) + (1 - labels) * np.log(1 - chances)).mean()
    assert accuracy == pytest.approx(right, abs=1e-6)
    assert loss == pytest.approx(entropy, rel=1e-4)


@pytest.mark.parametrize(
    ("loss", "error"), [("meanSquaredError", np.square), ("meanAbsoluteError", np.abs)], ids=["mse", "mae"]
)
@pytest.mark.parametrize("width", [0, 1, 3])
async def test_values_have_a_loss_and_no_accuracy(evaluator: Evaluator, loss: str, error: Any, width: int) -> None:
    rng = np.random.default_rng(2)
    inputs = rng.normal(size=(ROWS, 5)).astype(np.float32)
    targets = rng.normal(size=(ROWS, width) if width else ROWS)
    layers: Layers = [{"dense": {"units": width or 1}}]
    found, accuracy, outputs = await tried(evaluator, model(layers, loss), made(inputs, targets))
    assert accuracy is None
    assert found == pytest.approx(error(outputs - targets.reshape(outputs.shape)).mean(), rel=1e-4)


async def test_sequences_of_features_are_classified(evaluator: Evaluator) -> None:
    rng = np.random.default_rng(3)
    inputs = rng.normal(size=(ROWS, 7, 2)).astype(np.float32)
    layers: Layers = [{"lstm": {"units": 5}}, {"dense": {"units": 3, "activation": "softmax"}}]
    targets = rng.integers(0, 3, ROWS)
    loss, accuracy, outputs = await tried(evaluator, model(layers, "categoricalCrossentropy"), made(inputs, targets))
    assert accuracy == pytest.approx((outputs.argmax(axis=1) == targets).mean(), abs=1e-6)
    assert loss == pytest.approx(-np.log(outputs[np.arange(ROWS), targets]).mean(), rel=1e-4)


async def test_tokens_go_through_an_embedding(evaluator: Evaluator) -> None:
    rng = np.random.default_rng(9)
    tokens, targets = rng.integers(0, 20, (ROWS, 7)), rng.integers(0, 3, ROWS)
    layers: Layers = [
        {"embedding": {"inputDim": 20, "outputDim": 4}},
        {"globalAveragePooling1d": {}},
        {"dense": {"units": 3, "activation": "softmax", "useBias": False}},
    ]
    definition = model(layers, "categoricalCrossentropy")
    loss, _, outputs = await tried(evaluator, definition, made(tokens, targets))
    built = await evaluator.build(definition, dataset_description(made(tokens, targets), "made"), 3)
    table, kernel = built.initial[:80].reshape(20, 4), built.initial[80:].reshape(4, 3)
    scores = np.exp(table[tokens].mean(axis=1) @ kernel)
    np.testing.assert_allclose(outputs, scores / scores.sum(axis=1, keepdims=True), atol=1e-5)
    assert loss == pytest.approx(-np.log(outputs[np.arange(ROWS), targets]).mean(), rel=1e-4)


async def test_a_sequence_may_be_the_target(evaluator: Evaluator) -> None:
    rng = np.random.default_rng(4)
    inputs = rng.normal(size=(ROWS, 6, 2)).astype(np.float32)
    layers: Layers = [{"simpleRNN": {"units": 4, "returnSequences": True}}, {"dense": {"units": 1}}]
    targets = np.cumsum(inputs[:, :, :1], axis=1)
    loss, accuracy, outputs = await tried(evaluator, model(layers, "meanSquaredError"), made(inputs, targets))
    assert (accuracy, outputs.shape) == (None, (ROWS, 6, 1))
    assert loss == pytest.approx(np.square(outputs - targets).mean(), rel=1e-4)


async def test_an_autoencoder_s_targets_are_its_inputs(evaluator: Evaluator) -> None:
    inputs = np.random.default_rng(5).random((ROWS, 8)).astype(np.float32)
    layers: Layers = [{"dense": {"units": 3, "activation": "tanh"}}, {"dense": {"units": 8}}]
    loss, accuracy, outputs = await tried(evaluator, model(layers, "meanSquaredError"), made(inputs, inputs))
    assert accuracy is None
    assert loss == pytest.approx(np.square(outputs - inputs).mean(), rel=1e-4)


async def test_one_hot_targets_are_what_class_ids_are(evaluator: Evaluator) -> None:
    rng = np.random.default_rng(6)
    dataset = made(rng.normal(size=(ROWS, 5)).astype(np.float32), rng.integers(0, 3, ROWS))
    layers: Layers = [{"dense": {"units": 3, "activation": "softmax"}}]
    definition = model(layers, "categoricalCrossentropy")
    ids = await tried(evaluator, definition, dataset)
    rows = await tried(evaluator, definition, preprocess(dataset, ["oneHot"]).dataset)
    assert ids[:2] == pytest.approx(rows[:2])


async def test_standardised_and_whitened_inputs_are_what_the_model_sees(evaluator: Evaluator) -> None:
    rng = np.random.default_rng(7)
    raw = made((rng.normal(size=(ROWS, 5)) @ rng.normal(size=(5, 5)) + 3).astype(np.float32), rng.normal(size=ROWS))
    layers: Layers = [{"dense": {"units": 1, "useBias": False}}]
    for steps in (["standardise"], ["standardise", "zcaWhitening"]):
        prepared = preprocess(raw, steps).dataset
        _, _, outputs = await tried(evaluator, model(layers, "meanSquaredError"), prepared)
        seen = np.asarray(prepared.train.arrays[0]) * prepared.scale[0] + prepared.shift[0]  # type: ignore[index]
        built = await evaluator.build(model(layers, "meanSquaredError"), dataset_description(prepared, "made"), 3)
        np.testing.assert_allclose(outputs, seen @ built.initial.reshape(5, 1), atol=1e-4)


async def test_augmentation_trains_and_leaves_validation_alone(evaluator: Evaluator) -> None:
    rng = np.random.default_rng(8)
    dataset = made(rng.integers(0, 255, (ROWS, 6, 6, 1), np.uint8), rng.integers(0, 3, ROWS))
    layers: Layers = [{"flatten": {}}, {"dense": {"units": 3, "activation": "softmax"}}]
    definition = model(layers, "categoricalCrossentropy", optimizer={"sgd": {"learningRate": 1e-6}})
    steps = ["flip", {"crop": {"padding": 3}}, "rotate"]
    losses, held_out = [], []
    for augmentation in ((), preprocess(dataset, steps).augmentation):
        built = await evaluator.build(definition, dataset_description(dataset, "made"), 3, augmentation)
        losses.append((await evaluator.check(next(encode_split(dataset.train)))).loss)
        await evaluator.load_validation(lambda: encode_split(dataset.validation))
        held_out.append((await evaluator.validate(built.initial)).loss)
    assert losses[0] != losses[1]
    assert held_out[0] == held_out[1]


@pytest.mark.parametrize(("loss", "refused"), [("meanSquaredError", True), ("binaryCrossentropy", False)])
async def test_an_accuracy_that_there_is_not_cannot_be_waited_for(loss: str, refused: bool) -> None:
    description = dataset_description(made(np.zeros((3, 2)), np.zeros((3, 2))), "made")
    definition = model([{"dense": {"units": 2}}], loss)
    stopping = model([{"dense": {"units": 2}}], loss, training={"stop": {"accuracy": 0.9}})
    check_stop(definition, description)
    assert has_accuracy(loss, description["targets"]) is not refused  # type: ignore[arg-type]
    if not refused:
        check_stop(stopping, description)
        return
    with pytest.raises(WebNNError, match=r"training\.stop\.accuracy is 0\.9, .* have no accuracy: stop by loss"):
        check_stop(stopping, description)
