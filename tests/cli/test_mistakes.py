"""What an owner gets wrong: one paragraph that says what to change, exit code 2, no traceback."""

import json
import socket
from pathlib import Path

import pytest

from webnn.cli.main import run

MODEL = {"dataset": "digits", "layers": [{"flatten": {}}, {"dense": {"units": 10, "activation": "softmax"}}]}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An owner's project, which is the current folder."""
    monkeypatch.chdir(tmp_path)
    for folder in ("models", "datasets"):
        (tmp_path / folder).mkdir()
    return tmp_path


def train(*arguments: str) -> int:
    return run(["train", *arguments, "--no-open", "--port", "0"])


def write_model(project: Path, **changes: object) -> str:
    (project / "models" / "mine.json").write_text(json.dumps({**MODEL, **changes}), "utf-8")
    return "mine"


def paragraph(capsys: pytest.CaptureFixture[str]) -> str:
    error = capsys.readouterr().err.strip()
    assert "Traceback" not in error
    assert "\n\n" not in error
    return error


def test_misspelt_layer_is_named_with_the_nearest(project: Path, capsys: pytest.CaptureFixture[str]):
    assert train(write_model(project, layers=[{"flaten": {}}])) == 2
    error = paragraph(capsys)
    assert "flaten" in error
    assert "flatten" in error
    assert "mine.json" in error


def test_misspelt_layer_argument_is_named_with_the_nearest(project: Path, capsys: pytest.CaptureFixture[str]):
    assert train(write_model(project, layers=[{"dense": {"unit": 10}}])) == 2
    assert "units" in paragraph(capsys)


def test_wrong_loss_names_the_nearest(project: Path, capsys: pytest.CaptureFixture[str]):
    assert train(write_model(project, loss="categoricalCrossEntrpy")) == 2
    assert "categoricalCrossentropy" in paragraph(capsys)


def test_unknown_model_names_the_nearest(capsys: pytest.CaptureFixture[str]):
    assert train("digits-cn") == 2
    assert "digits-cnn" in paragraph(capsys)


def test_unknown_setting_names_the_nearest(capsys: pytest.CaptureFixture[str]):
    assert train("digits-cnn", "--set", "training.batchSise=3") == 2
    assert "batchSize" in paragraph(capsys)


def test_unknown_merge_rule_names_the_nearest(capsys: pytest.CaptureFixture[str]):
    assert train("digits-cnn", "--merge", "avrage") == 2
    assert "average" in paragraph(capsys)


def test_dataset_that_raises_is_named_with_its_line(project: Path, capsys: pytest.CaptureFixture[str]):
    (project / "datasets" / "broken.py").write_text("def load(options, data_dir):\n    return 1 / 0\n", "utf-8")
    assert train(write_model(project, dataset="broken")) == 2
    error = paragraph(capsys)
    assert "broken.py, line 2" in error
    assert "division by zero" in error


def test_missing_data_lists_the_files_and_the_folder(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    def no_network(*arguments: object, **options: object) -> object:
        raise OSError("no network")

    monkeypatch.setattr("urllib.request.urlopen", no_network)
    assert train("mnist-mlp", "--data-dir", "nowhere") == 2
    error = paragraph(capsys)
    assert error.count("ubyte") >= 4
    assert str(Path("nowhere", "mnist")) in error


def test_busy_port_says_how_to_take_another(capsys: pytest.CaptureFixture[str]):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        assert run(["train", "digits-cnn", "--no-open", "--port", str(other.getsockname()[1])]) == 2
    assert "--port" in paragraph(capsys)


def test_json_tells_the_mistake_too(capsys: pytest.CaptureFixture[str]):
    assert run(["train", "digits-cnn", "--set", "nonsense", "--json"]) == 2
    event = json.loads(capsys.readouterr().out)
    assert event["event"] == "error"
    assert event["code"] == "settings"
    assert event["message"]


@pytest.mark.node
def test_shape_that_does_not_fit_the_dataset_is_refused_before_a_run(project: Path, capsys: pytest.CaptureFixture[str]):
    layers = [{"conv2d": {"filters": 4, "kernelSize": 20}}, *MODEL["layers"]]
    assert train(write_model(project, layers=layers)) == 2
    paragraph(capsys)
    assert not list((project / "runs").glob("*/config.json"))
