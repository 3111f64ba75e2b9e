"""`wnn export`: from a run's folder to a file, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from webnn.cli.main import run
from webnn.export.weights import write_tfjs
from webnn.store.checkpoint import write_checkpoint
from webnn.store.journal import Journal, fact

TOPOLOGY = {
    "class_name": "Sequential",
    "config": {
        "name": "net",
        "layers": [{"class_name": "Dense", "config": {"name": "out", "units": 2, "batch_input_shape": [None, 3]}}],
    },
}
MODEL = {"name": "net", "dataset": "mine", "loss": "meanSquaredError", "layers": [{"dense": {"units": 2}}]}
NAMES = {"out/kernel": (3, 2), "out/bias": (2,)}


class Spec:
    def __init__(self, name: str, shape: tuple[int, ...]) -> None:
        self.name, self.shape = name, shape


SPECS = [Spec(name, shape) for name, shape in NAMES.items()]


def vector(version: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.full(8, version, np.float32)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A live run's folder: checkpoints of versions 1 to 3, the best of which was 2."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "runs" / "net-1"
    folder.mkdir(parents=True)
    config = {"run": "net-1", "seed": 1, "name": "net", "model_file": None, "model": MODEL, "created": "2018"}
    (folder / "config.json").write_text(json.dumps(config))
    write_tfjs(folder / "final", vector(1), TOPOLOGY, SPECS)
    for version in (1, 2, 3):
        manifest = {"version": version, "snapshot": {"incarnation": 1}}
        write_checkpoint(folder / "checkpoint", vector(version), {}, manifest)
        if version == 2:
            write_checkpoint(folder / "checkpoint" / "best", vector(version), {}, manifest)
    journal = Journal.open(folder)
    journal.write([fact("state", "running")])
    journal.close()
    return folder


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["export", *arguments]) == 2
    error = capsys.readouterr().err
    assert "Traceback" not in error
    return error


@pytest.mark.parametrize(
    ("arguments", "version"), [([], 2), (["--best"], 2), (["--final"], 3), (["--version", "1"], 1), (["net"], 2)]
)
def test_a_version_is_chosen(arguments: list[str], version: int) -> None:
    assert run(["export", *arguments, "-o", "net.safetensors"]) == 0
    arrays = load_file("net.safetensors")
    assert {name: array.shape for name, array in arrays.items()} == NAMES
    assert all((array == version).all() for array in arrays.values())


@pytest.mark.parametrize(
    ("form", "written"),
    [("keras", "net.keras"), ("h5", "net.h5"), ("npz", "net.npz"), ("tfjs", "net-tfjs"), (None, "net.keras")],
)
def test_every_format_has_its_name(form: str | None, written: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "--json", *(["--format", form] if form else [])]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["path"] == written
    assert told["version"] == 2
    assert Path(written).exists()


def test_the_files_of_a_run_that_is_over_are_what_counts(folder: Path) -> None:
    journal = Journal.open(folder)
    journal.write([fact("state", "finished")])
    journal.close()
    save_file(
        {"out/kernel": np.full((3, 2), 9, np.float32), "out/bias": np.full(2, 9, np.float32)},
        folder / "best.safetensors",
    )
    assert run(["export", "-o", "net.safetensors"]) == 0
    assert (load_file("net.safetensors")["out/bias"] == 9).all()


def test_what_cannot_be_exported_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Kept are: 1, 2, 3" in complaint(capsys, "--version", "7")
    assert "give one of them" in complaint(capsys, "--version", "2", "--best")
    assert 'no run "met"' in complaint(capsys, "met")
    assert "no folder" in complaint(capsys, "-o", "nowhere/net.keras")
    Path("net.keras").write_text("mine")
    assert "--force" in complaint(capsys)
    assert Path("net.keras").read_text() == "mine"
    assert run(["export", "--force"]) == 0
