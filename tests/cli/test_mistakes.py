"""What an owner gets wrong: one paragraph that says what to change, exit code 2, no traceback."""

import json
import os
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


def test_setting_that_is_like_none_gets_a_short_list(capsys: pytest.CaptureFixture[str]):
    assert train("digits-cnn", "--set", "a.b=3") == 2
    error = paragraph(capsys)
    assert "training" in error
    assert len(error) < 260


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


def test_data_folder_that_cannot_be_made_is_named(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    (project / "file").touch()
    assert train("mnist-mlp", "--data-dir", str(Path("file", "data"))) == 2
    error = paragraph(capsys)
    assert f"{Path('file', 'data', 'mnist')} cannot be made" in error
    assert "--data-dir" in error


@pytest.mark.parametrize("runs_dir", ["file/runs", "locked/runs", "locked"])
def test_runs_folder_that_cannot_be_written_is_told_before_data_is_loaded(
    project: Path, capsys: pytest.CaptureFixture[str], runs_dir: str, monkeypatch: pytest.MonkeyPatch
):
    (project / "file").touch()
    (project / "locked").mkdir()
    monkeypatch.setattr("os.access", lambda path, mode: Path(path).name != "locked" or not mode & os.W_OK)
    assert train("digits-cnn", "--runs-dir", runs_dir) == 2
    captured = capsys.readouterr()
    assert "Runs cannot be written to" in captured.err
    assert "--runs-dir" in captured.err
    assert captured.out == ""


def test_tls_files_that_are_no_certificate_are_told_before_data_is_loaded(
    project: Path, capsys: pytest.CaptureFixture[str]
):
    (project / "cert.pem").write_text("nonsense", "utf-8")
    assert train("digits-cnn", "--tls-cert", "cert.pem", "--tls-key", "cert.pem") == 2
    captured = capsys.readouterr()
    assert "are not a PEM certificate and its key" in captured.err
    assert captured.out == ""


@pytest.mark.node
@pytest.mark.parametrize("command", [["check"], ["train", "--no-open", "--port", "0"]])
def test_dilated_convolution_is_refused_in_a_sentence(
    project: Path, capsys: pytest.CaptureFixture[str], command: list[str]
):
    layers = [{"conv2d": {"filters": 4, "kernelSize": 3, "dilationRate": 2}}, *MODEL["layers"]]
    assert run([*command, write_model(project, layers=layers)]) == 2
    error = paragraph(capsys)
    assert 'Layer "conv2d_1" (Conv2D) has a dilation rate of 2 x 2, and TF.js has no gradient' in error
    assert "Set it to 1" in error


@pytest.mark.node
def test_shape_that_does_not_fit_the_dataset_is_refused_before_a_run(project: Path, capsys: pytest.CaptureFixture[str]):
    layers = [{"conv2d": {"filters": 4, "kernelSize": 20}}, *MODEL["layers"]]
    assert train(write_model(project, layers=layers)) == 2
    paragraph(capsys)
    assert not list((project / "runs").glob("*/config.json"))
