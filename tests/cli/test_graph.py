"""`wnn graph` draws bundled models and one's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from webnn.cli.main import run
from webnn.core.errors import WebNNError
from webnn.evaluator import evaluator
from webnn.evaluator.node import find_program, source_program

pytestmark = pytest.mark.node


@pytest.fixture(autouse=True)
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The source where it can run, since a bundle may be older than it."""
    monkeypatch.chdir(tmp_path)

    def program(name: str) -> object:
        try:
            return source_program(name)
        except WebNNError:
            return find_program(name)

    monkeypatch.setattr(evaluator, "find_program", program)


def test_a_residual_network_without_its_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["graph", "cifar10-resnet", "--svg", "net.svg"]) == 0
    assert Path("net.svg").read_text().startswith("<svg")
    capsys.readouterr()
    assert run(["graph", "cifar10-resnet"]) == 0
    text = capsys.readouterr().out
    assert "├─●" in text
    assert "cifar10-resnet: 78,714 parameters" in text


def test_layers_take_the_datasets_shape_or_one_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["graph", "digits-mlp", "--json"]) == 0
    layers = json.loads(capsys.readouterr().out)["layers"]
    assert [layer["output_shape"] for layer in layers] == [[64], [64], [10]]
    assert [layer["inputs"] for layer in layers] == [[], ["flatten_1"], ["dense_1"]]
    assert run(["graph", "mnist-cnn", "--input", "28x28x1", "--dot"]) == 0
    assert '"conv2d_1" -> "max_pooling2d_1";' in capsys.readouterr().out


def test_what_cannot_be_drawn_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["graph", "digits-ml"]) == 2
    assert 'Did you mean "digits-mlp"?' in capsys.readouterr().err
    assert run(["graph", "digits-mlp", "--input", "8 by 8"]) == 2
    assert "28x28x1" in capsys.readouterr().err
    assert run(["graph", "digits-mlp", "--svg", "nowhere/net.svg"]) == 2
    assert "cannot be written" in capsys.readouterr().err
