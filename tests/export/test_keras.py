"""Keras opens what is written for it, and predicts what the evaluator does."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray
from support.keras_reader import PYTHON, REASON, predict_with_keras
from support.kinds import KINDS, described

from webnn.core.errors import WebNNError
from webnn.evaluator.evaluator import Evaluator
from webnn.evaluator.node import find_program, source_program
from webnn.evaluator.results import BuiltModel
from webnn.export.formats import Format, write_model
from webnn.export.keras import write_keras
from webnn.export.keras_config import keras_config
from webnn.model.definition import load_model
from webnn.model.slots import weight_places
from webnn.paths import bundled_models_dir

TOLERANCE = 1e-5


@dataclass(frozen=True)
class Taken:
    """A model with weights, examples, and what the evaluator predicts for them."""

    built: BuiltModel
    vector: NDArray[np.float32]
    inputs: NDArray[np.float32]
    predicted: NDArray[np.float32]


def command() -> list[str]:
    try:
        return source_program("evaluator").command()
    except WebNNError:
        return find_program("evaluator").command()


def some_weights(built: BuiltModel) -> NDArray[np.float32]:
    """Draw weights small enough for predictions about 1; variances are positive."""
    rng = np.random.default_rng(3)
    parts = []
    for spec in built.weights:
        reach = 0.9 / np.sqrt(max(1, np.prod(spec.shape[:-1]))) if "kernel" in spec.name else 0.5
        values = rng.uniform(-reach, reach, spec.size)
        parts.append(np.abs(values) + 0.5 if "variance" in spec.name else values)
    return np.concatenate(parts).astype(np.float32)


async def every_kind() -> dict[str, Taken]:
    taken = {}
    async with Evaluator(command()) as evaluator:
        for name, kind in KINDS.items():
            inputs = kind.inputs()
            description, shard = described(inputs, kind.gives)
            built = await evaluator.build(kind.definition(name), description, seed=1)
            vector = some_weights(built)
            taken[name] = Taken(built, vector, inputs, await evaluator.predict(vector, shard))
        for path in sorted(bundled_models_dir().glob("*.json")):
            definition = load_model(path, [])
            shape, gives = SHAPES[definition.name]
            inputs = np.random.default_rng(5).random((4, *shape), np.float32)
            description, shard = described(inputs, gives)
            built = await evaluator.build(definition, description, seed=1)
            vector = some_weights(built)
            taken[definition.name] = Taken(built, vector, inputs, await evaluator.predict(vector, shard))
    return taken


SHAPES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "cifar10-resnet": ((32, 32, 3), (10,)),
    "digits-autoencoder": ((8, 8, 1), (8, 8, 1)),
    "digits-cnn": ((8, 8, 1), (10,)),
    "digits-mlp": ((8, 8, 1), (10,)),
    "friedman-regression": ((10,), (1,)),
    "lenet5": ((28, 28, 1), (10,)),
    "mnist-cnn": ((28, 28, 1), (10,)),
    "mnist-mlp": ((28, 28, 1), (10,)),
    "mnist-tanh": ((28, 28, 1), (10,)),
    "series-lstm": ((24, 1), (1,)),
}


@pytest.mark.node
async def test_the_topology_tells_the_weights_as_tfjs_has_them() -> None:
    for name, taken in (await every_kind()).items():
        told = [(place.name, place.slot.trains(place.own)) for place in weight_places(taken.built.topology)]
        assert told == [(spec.name, spec.trainable) for spec in taken.built.weights], name


@pytest.mark.node
@pytest.mark.slow
@pytest.mark.skipif(PYTHON is None, reason=REASON)
async def test_keras_predicts_the_same(tmp_path: Path) -> None:
    kinds = await every_kind()
    files = {}
    for name, taken in kinds.items():
        np.savez(tmp_path / f"{name}.npz", x=taken.inputs)
        for form in (Format.KERAS, Format.H5):
            path = tmp_path / f"{name}.{form}"
            write_model(form, path, taken.vector, taken.built.topology, taken.built.weights, {})
            files[path.name] = (path, tmp_path / f"{name}.npz")
    answers = predict_with_keras(files)
    wrong = {name: answer for name, answer in answers.items() if isinstance(answer, str)}
    assert not wrong
    for name, answer in answers.items():
        expected = kinds[name.rpartition(".")[0]].predicted
        np.testing.assert_allclose(np.asarray(answer), expected, atol=TOLERANCE, rtol=TOLERANCE, err_msg=name)


DENSE: dict[str, Any] = {
    "class_name": "Sequential",
    "config": {
        "name": "net",
        "layers": [
            {
                "class_name": "Dense",
                "config": {"name": "out", "units": 2, "batch_input_shape": [None, 3], "activation": "hard_sigmoid"},
            }
        ],
    },
}


@dataclass(frozen=True)
class Spec:
    name: str
    shape: tuple[int, ...]


SPECS = (Spec("out/kernel", (3, 2)), Spec("out/bias", (2,)))


def test_an_archive_is_the_same_each_time_and_numbers_weights_by_class(tmp_path: Path) -> None:
    vector = np.arange(8, dtype=np.float32)
    for name in ("one.keras", "two.keras"):
        write_keras(tmp_path / name, vector, DENSE, SPECS)
    one = tmp_path / "one.keras"
    assert one.read_bytes() == (tmp_path / "two.keras").read_bytes()
    with zipfile.ZipFile(one) as archive:
        assert archive.namelist() == ["metadata.json", "config.json", "model.weights.h5"]
        assert json.loads(archive.read("config.json"))["class_name"] == "Sequential"
        with h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as store:
            kernel = store["layers/dense/vars/0"][()]
    np.testing.assert_allclose(kernel, 1.2 * vector[:6].reshape(3, 2))  # hard sigmoids differ


def test_what_keras_computes_otherwise_is_refused_in_words() -> None:
    layer = {"class_name": "UpSampling2D", "config": {"name": "larger", "interpolation": "bilinear"}}
    first = {"class_name": "Flatten", "config": {"name": "flat", "batch_input_shape": [None, 2, 2, 1]}}
    topology = {"class_name": "Sequential", "config": {"name": "net", "layers": [first, layer]}}
    with pytest.raises(WebNNError, match=r"'larger' .* starts from other corners"):
        keras_config(topology)


def test_without_h5py_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(WebNNError, match=r"webnn\[keras\]"):
        write_keras(tmp_path / "net.keras", np.zeros(8, np.float32), DENSE, SPECS)
    assert not (tmp_path / "net.keras").exists()


def test_npz_has_each_weight_under_its_name(tmp_path: Path) -> None:
    vector = np.arange(8, dtype=np.float32)
    write_model(Format.NPZ, tmp_path / "net.npz", vector, DENSE, SPECS, {})
    with np.load(tmp_path / "net.npz") as arrays:
        assert {name: arrays[name].shape for name in arrays} == {spec.name: spec.shape for spec in SPECS}
