"""`wnn import`: a file becomes a model that can be checked and trained, or a sentence says why not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from webnn.cli.main import run
from webnn.model.definition import load_model
from webnn.model.slots import weight_places

FIXTURES = Path(__file__).parents[1] / "model" / "fixtures"
STACK = str(FIXTURES / "imported" / "stack.keras")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["import", *arguments]) == 2
    error = capsys.readouterr().err
    assert "Traceback" not in error
    return error


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_a_keras_file_becomes_a_model_with_weights(ending: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", STACK.replace("keras", ending), "--dataset", "digits", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["path"] == str(Path("models") / "stack.json")
    assert told["loss"] == "categoricalCrossentropy"
    definition = load_model("models/stack.json", [])
    assert definition.dataset == "digits"
    assert definition.initial_weights == Path("models/stack.safetensors")
    assert definition.topology is not None
    names = {place.name for place in weight_places(definition.topology)}
    assert set(load_file("models/stack.safetensors")) == names
    assert told["frozen"] == 3 * 3 * 2 * 4 + 4 + 4 * 4


def test_layers_are_frozen_by_a_pattern(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", STACK, "--freeze", "dense", "--freeze", "*conv*", "--name", "mine"]) == 0
    definition = load_model("models/mine.json", [])
    assert definition.topology is not None
    frozen = {place.slot.scope for place in weight_places(definition.topology) if not place.slot.trainable}
    assert frozen == {
        "batch_normalization", "conv2d", "conv2d_transpose", "dense", "depthwise_conv2d", "separable_conv2d",
    }  # fmt: skip
    assert 'no layer "dens" to freeze. Did you mean "dense"?' in complaint(capsys, STACK, "--freeze", "dens")


def test_json_without_weights_starts_anew() -> None:
    assert run(["import", str(FIXTURES / "keras3-residual.json"), "--name", "residual"]) == 0
    assert load_model("models/residual.json", []).initial_weights is None


def test_weights_alone_need_their_model(capsys: pytest.CaptureFixture[str]) -> None:
    np.savez("mlp.npz", **{"dense_1/kernel": np.zeros((64, 64)), "dense_1/bias": np.zeros(64)})
    assert "--model" in complaint(capsys, "mlp.npz")
    assert run(["import", "mlp.npz", "--model", "digits-mlp", "--name", "again"]) == 0
    assert load_model("models/again.json", []).initial_weights == Path("models/again.safetensors")


def test_what_cannot_be_imported_is_said(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no file nothing.keras" in complaint(capsys, "nothing.keras")
    (project / "broken.keras").write_bytes(b"PK")
    assert "broken.keras cannot be imported" in complaint(capsys, "broken.keras")
    (project / "broken.h5").write_bytes(b"HDF")
    assert "broken.h5 cannot be imported" in complaint(capsys, "broken.h5")
    (project / "model.pt").write_bytes(b"x")
    assert ".keras, .h5" in complaint(capsys, "model.pt")
    assert "give --name" in complaint(capsys, STACK, "--name", "a/b")
    assert run(["import", STACK]) == 0
    capsys.readouterr()
    assert "--force" in complaint(capsys, STACK)
    assert run(["import", STACK, "--force"]) == 0
    shutil.rmtree("models")
