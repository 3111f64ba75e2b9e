"""Errors in model files name the path, the value and what to write instead."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webnn.core.errors import WebNNError
from webnn.model import check_model

LAYERS = [{"flatten": {}}, {"dense": {"units": 10, "activation": "softmax"}}]


def complaint(**changes: object) -> str:
    raw = {"dataset": "digits", "layers": LAYERS, **changes}
    with pytest.raises(WebNNError) as caught:
        check_model({key: value for key, value in raw.items() if value is not None}, "my.json")
    assert caught.value.code == "invalid_model"
    message = str(caught.value)
    assert message.startswith("my.json: ")
    assert "\n" not in message
    return message


def test_a_plain_model_is_good() -> None:
    check_model({"dataset": "digits", "layers": LAYERS}, "my.json")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"layers": [{"conv2d": {"filters": 8, "kernalSize": 5}}]},
            ["layers[0].conv2d.kernalSize", "5", '"kernelSize"'],
        ),
        ({"layers": [*LAYERS, {"dens": {"units": 10}}]}, ["layers[2].dens ", '"dense"']),
        ({"layers": [{"dense": {"units": 10, "activation": "rely"}}]}, ["layers[0].dense.activation", '"relu"']),
        ({"layers": [{"dense": {}}]}, ["layers[0].dense", 'lacks the key "units"']),
        ({"layers": [{"dense": {"units": "ten"}}]}, ["layers[0].dense.units", '"ten"', "a whole number of at least 1"]),
        ({"layers": [{"dense": {"units": 0}}]}, ["layers[0].dense.units", "is 0", "at least 1"]),
        ({"layers": ["dense"]}, ["layers[0]", "exactly one key"]),
        ({"layers": []}, ["layers is []", "with at least 1"]),
        ({"layers": [{"flatten": {}, "dense": {"units": 3}}]}, ["layers[0]", "exactly one key"]),
        ({"layers": [{"conv2d": {"filters": 8, "kernelSize": [5, 5, 5]}}]}, ["kernelSize", "a list of 2"]),
        ({"layers": [{"dense": {"units": 3, "inputShape": [8]}}]}, ["inputShape", "comes from the dataset"]),
        (
            {"layers": [{"dense": {"units": 3, "kernelInitializer": {"varianceScaling": {"scal": 2}}}}]},
            ["layers[0].dense.kernelInitializer.varianceScaling.scal", '"scale"'],
        ),
        ({"loss": "crossentropy"}, ["loss", '"crossentropy"', "categoricalCrossentropy"]),
        ({"optimizer": "adm"}, ["optimizer", '"adm"', '"adam"']),
        ({"optimizer": {"sgd": {"learningrate": 1}}}, ["optimizer.sgd.learningrate", '"learningRate"']),
        ({"optimizer": {"sgd": {"learningRate": 0}}}, ["optimizer.sgd.learningRate", "more than 0"]),
        ({"merge": {"weihted": {}}}, ["merge.weihted", '"weighted"']),
        ({"merge": {"mimic": {"form": "cod"}}}, ["merge.mimic.form", '"code"']),
        ({"training": {"stop": {"acuracy": 0.9}}}, ["training.stop.acuracy", '"accuracy"']),
        ({"training": {"stop": {"accuracy": 98}}}, ["training.stop.accuracy", "98", "at most 1"]),
        ({"training": {"schedule": "cosin"}}, ["training.schedule", '"cosine"']),
        ({"training": {"clip": {"norm": 1, "value": 1}}}, ["training.clip", "exactly one key"]),
        ({"trainning": {}}, ["trainning", '"training"']),
        ({"dataset": None}, ['lacks the key "dataset"']),
        ({"layers": None}, ['either "layers" or "topology"', "neither"]),
        ({"topology": "m.json"}, ['either "layers" or "topology"', "both"]),
    ],
)
def test_error_names_the_path_the_value_and_the_remedy(changes: dict[str, object], expected: list[str]) -> None:
    message = complaint(**changes)
    for words in expected:
        assert words in message


def test_a_file_that_is_no_object_is_refused() -> None:
    with pytest.raises(WebNNError, match="one JSON object"):
        check_model([1], "my.json")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 300) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(
    ["layers", "dataset", "optimizer", "training", "validation", "merge", "loss", "metrics", "topology"]
)


@given(st.dictionaries(KEYS, JSON, max_size=4), JSON)
def test_any_json_is_good_or_is_explained_in_one_paragraph(raw: dict[str, object], layer: object) -> None:
    for candidate in (raw, {**raw, "layers": [{"dense": layer}]}, {**raw, "optimizer": {"adam": layer}}):
        try:
            check_model(candidate, "my.json")
        except WebNNError as error:
            assert "\n" not in str(error)  # noqa: PT017 - either end is right
