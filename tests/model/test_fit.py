"""What can be told of a model against its dataset without building it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from webnn.core.errors import WebNNError
from webnn.data.loading import load_dataset
from webnn.model import list_models, load_model, parse_model
from webnn.model.fit import check_fit

MODELS = Path(__file__).parents[2] / "models"
DATASETS = MODELS.with_name("datasets")


def dataset(*shape: int, classes: int | None = 10, values: tuple[int, ...] = (), inputs: int = 1) -> dict[str, Any]:
    entry = {"shape": list(shape), "dtype": "uint8", "scale": 1.0, "shift": 0.0}
    kind = "values" if classes is None else "class"
    targets = {"kind": kind, "dtype": "uint8", "shape": list(values), "num_classes": classes}
    return {"name": "mine", "num_examples": 100, "inputs": [entry] * inputs, "targets": targets}


def check(layers: list[Any], data: dict[str, Any], **more: object) -> None:
    check_fit(parse_model({"dataset": "mine", "layers": layers, **more}, "my.json"), data)


DENSE10 = {"dense": {"units": 10, "activation": "softmax"}}


def test_the_bundled_models_fit_their_datasets(tmp_path: Path) -> None:
    downloaded = {"cifar10": (32, 32, 3), "mnist": (28, 28, 1)}
    for name in list_models([MODELS]):
        model = load_model(name, [MODELS])
        if model.dataset in downloaded:
            described = dataset(*downloaded[model.dataset])
        else:
            described = load_dataset(model.dataset, [DATASETS], model.dataset_options, tmp_path).description
        check_fit(model, described)


@pytest.mark.parametrize(
    ("layers", "data"),
    [
        (
            [{"conv2d": {"filters": 10, "kernelSize": 3}}, {"globalAveragePooling2d": {}}, {"softmax": {}}],
            dataset(8, 8, 3),
        ),
        ([{"embedding": {"inputDim": 9, "outputDim": 4}}, {"lstm": {"units": 4}}, DENSE10], dataset(12)),
        ([{"lstm": {"units": 4, "returnSequences": True}}, {"globalMaxPooling1d": {}}, DENSE10], dataset(12, 4)),
        ([{"reshape": {"targetShape": [4, 4, 1]}}, {"maxPooling2d": {}}, {"flatten": {}}, DENSE10], dataset(16)),
        ([{"repeatVector": {"n": 3}}, {"permute": {"dims": [2, 1]}}, {"flatten": {}}, DENSE10], dataset(16)),
    ],
)
def test_models_that_fit_are_left_alone(layers: list[Any], data: dict[str, Any]) -> None:
    check(layers, data)


def test_losses_and_targets_that_go_together_are_left_alone() -> None:
    one = [{"dense": {"units": 1, "activation": "sigmoid"}}]
    check(one, dataset(4, classes=2), loss="binaryCrossentropy")
    check(one, dataset(4, classes=None), loss="meanSquaredError")
    check([DENSE10], dataset(4, classes=None, values=(10,)))


@pytest.mark.parametrize(
    ("layers", "data", "loss", "words"),
    [
        ([DENSE10], dataset(8, 8, 1), None, ["gives the shape [8, 8, 10]", "[10]", '{"flatten": {}}']),
        (
            [{"flatten": {}}, {"dense": {"units": 9}}],
            dataset(8, 8, 1),
            None,
            ["gives 9 numbers", "10 classes", "10 units"],
        ),
        (
            [{"dense": {"units": 8}}, {"conv2d": {"filters": 1, "kernelSize": 3}}],
            dataset(784),
            None,
            ["layers[1].conv2d", "an image", "the shape [8]", "reshape"],
        ),
        (
            [{"lstm": {"units": 4}}],
            dataset(8, 8, 1),
            None,
            ["layers[0].lstm takes a sequence", "examples have the shape"],
        ),
        ([DENSE10], dataset(4, classes=None), None, ['"categoricalCrossentropy"', "meanSquaredError"]),
        ([DENSE10], dataset(4, classes=None), "sparseCategoricalCrossentropy", ["compares classes"]),
        ([DENSE10], dataset(4, classes=None), "meanSquaredError", ["gives 10 numbers", "targets of 1", "1 unit."]),
        ([DENSE10], dataset(4, inputs=2), None, ["has 2 inputs", "topology"]),
    ],
)
def test_what_does_not_fit_is_refused_in_words(
    layers: list[Any], data: dict[str, Any], loss: str | None, words: list[str]
) -> None:
    with pytest.raises(WebNNError) as caught:
        check(layers, data, **({"loss": loss} if loss else {}))
    assert caught.value.code == "invalid_model"
    assert str(caught.value).startswith("my.json: ")
    for word in words:
        assert word in str(caught.value)
