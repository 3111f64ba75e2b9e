"""A dataset checks itself, and says what to change."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from webnn.core.errors import WebNNError
from webnn.data import Dataset, Split
from webnn.data.dataset import dataset_description


def split(count: int = 6, *, classes: int = 3, shape: tuple[int, ...] = (2, 2), dtype: str = "uint8") -> Split:
    inputs = np.arange(count * int(np.prod(shape))).reshape(count, *shape).astype(dtype)
    return Split(inputs, np.arange(count) % classes)


def dataset(**changes: Any) -> Dataset:
    return Dataset(**{"train": split(), "validation": split(3), "licence": "CC0", "source": "made up", **changes})


def complaint(**changes: Any) -> str:
    with pytest.raises(WebNNError) as caught:
        dataset(**changes)
    assert caught.value.code == "invalid_dataset"
    return str(caught.value)


def test_description_is_the_protocols_dataset() -> None:
    made = dataset(scale=((0.5, 0.25),), shift=1, label_names=("a", "b", "c"))
    assert dataset_description(made, "tiny") == {
        "name": "tiny",
        "num_examples": 6,
        "inputs": [{"shape": [2, 2], "dtype": "uint8", "scale": [0.5, 0.25], "shift": 1.0}],
        "targets": {"kind": "class", "dtype": "uint8", "shape": [], "num_classes": 3},
        "label_names": ["a", "b", "c"],
        "licence": "CC0",
        "source": "made up",
    }


def test_values_of_a_regression_keep_their_shape() -> None:
    rows = Split((np.zeros((4, 2)), np.ones((4, 3), np.int64)), np.zeros((4, 5)))
    description = dataset_description(dataset(train=rows, validation=rows), "two")
    assert [entry["dtype"] for entry in description["inputs"]] == ["float32", "int32"]  # type: ignore[attr-defined]
    assert description["targets"] == {"kind": "values", "dtype": "float32", "shape": [5], "num_classes": None}


@pytest.mark.parametrize(("count", "dtype"), [(3, "uint8"), (300, "uint16"), (70_000, "int32")])
def test_class_ids_are_kept_as_small_as_they_fit(count: int, dtype: str) -> None:
    inputs = np.zeros((count, 1), np.uint8)
    rows = Split(inputs, np.arange(count))
    assert dataset(train=rows, validation=rows).train.targets.dtype == dtype


def test_classes_are_counted_over_all_splits() -> None:
    assert dataset(validation=split(5, classes=5)).num_classes == 5


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"train": None}, "train must be a webnn.data.Split"),
        ({"validation": split(shape=(2, 3))}, "shape [2, 3]"),
        ({"validation": split(dtype="float32")}, "store both in one format"),
        ({"validation": Split((np.zeros((2, 2, 2), "uint8"),) * 2, np.zeros(2, int))}, "2 inputs and train 1"),
        ({"validation": Split(np.zeros((2, 2, 2), "uint8"), np.zeros(2))}, "validation.targets are values"),
        ({"label_names": ("a", "b")}, "class id 2"),
        ({"train": Split(np.zeros((1, 2, 2), "uint8"), np.array([-1]))}, "class ids count from 0"),
        ({"scale": (1.0, 2.0)}, "scale has 2 entries for 1 inputs"),
        ({"scale": ((1.0, 2.0, 3.0),)}, "2 numbers for an input"),
        ({"shift": float("nan")}, "shift must be finite"),
        ({"licence": " "}, "licence must be a line of text"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(changes: dict[str, Any], words: str) -> None:
    assert words in complaint(**changes)


@pytest.mark.parametrize(
    ("inputs", "targets", "words"),
    [
        (np.zeros((3, 2)), np.zeros(2, int), "3 examples and the targets 2"),
        ([[1, 2]], np.zeros(1), "must be a NumPy array"),
        (np.zeros((0, 2)), np.zeros(0), "at least one example"),
        (np.array(["a"]), np.zeros(1), "cannot be sent to volunteers"),
    ],
)
def test_a_split_of_the_wrong_arrays_is_refused(inputs: Any, targets: Any, words: str) -> None:
    with pytest.raises(WebNNError) as caught:
        Split(inputs, targets)
    assert words in str(caught.value)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e300])
def test_numbers_that_are_not_finite_in_float32_are_refused(bad: float) -> None:
    rows = Split(np.array([[0.0], [bad]]), np.array([0, 1]))
    assert "train.inputs[0] holds NaN" in complaint(train=rows, validation=rows)


def test_integers_beyond_32_bits_are_refused() -> None:
    rows = Split(np.array([[2**40]]), np.array([0]))
    assert "beyond 32 bits" in complaint(train=rows, validation=rows)
