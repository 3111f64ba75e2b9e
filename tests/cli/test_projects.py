"""`wnn init`, `new` and `copy`: files that can be trained, and nothing written over."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from webnn.cli.main import run
from webnn.cli.places import dataset_search, model_search
from webnn.cli.projects import SCAFFOLD, template
from webnn.core.errors import WebNNError
from webnn.data import Dataset, Split
from webnn.data.loading import load_dataset
from webnn.model.definition import load_model, parse_model


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_new_project_has_a_model_and_its_dataset(project: Path, monkeypatch: pytest.MonkeyPatch):
    assert run(["init", "mine"]) == 0
    assert {path.relative_to("mine").as_posix() for path in Path("mine").rglob("*") if path.is_file()} == set(SCAFFOLD)
    monkeypatch.chdir(project / "mine")
    model = load_model("spirals", model_search())
    loaded = load_dataset(model.dataset, dataset_search(), model.dataset_options, project)
    assert loaded.path.parent.parent == project / "mine"
    assert model.layers is not None
    assert model.layers[-1]["dense"]["units"] == loaded.dataset.num_classes
    assert "# mine" in Path("README.md").read_text("utf-8")


def test_project_that_is_there_is_left_alone(project: Path, capsys: pytest.CaptureFixture[str]):
    (project / "README.md").write_text("mine", "utf-8")
    assert run(["init", "."]) == 2
    assert "README.md is there already" in capsys.readouterr().err
    assert [path.name for path in project.iterdir()] == ["README.md"]


def test_new_model_fits_its_dataset_and_is_merged_by_auto(capsys: pytest.CaptureFixture[str]):
    assert run(["new", "mine", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["path"] == str(Path("models", "mine.json"))
    model = load_model("mine", model_search())
    assert (model.name, model.dataset, model.merge.name) == ("mine", "digits", "auto")


def test_new_model_from_another_has_its_layers():
    assert run(["new", "mine", "--from", "digits-cnn"]) == 0
    mine, other = load_model("mine", model_search()), load_model("digits-cnn", model_search())
    assert (mine.layers, mine.merge.name, mine.name) == (other.layers, "auto", "mine")


@pytest.mark.parametrize(
    ("inputs", "targets"),
    [
        (np.zeros((4, 32, 32, 3)), np.arange(4)),
        (np.zeros((4, 5)), np.linspace(0, 1, 4)),
        (np.zeros((4, 7, 3)), np.zeros((4, 2))),
        (np.zeros((4, 3, 3, 1)), np.arange(4)),
    ],
)
def test_template_is_a_model_for_any_shape(inputs: np.ndarray, targets: np.ndarray):
    split = Split(inputs, targets)
    dataset = Dataset(train=split, validation=split, licence="CC0", source="here")
    model = parse_model(template("mine", "theirs", dataset), "here")
    assert model.layers is not None
    assert model.layers[-1]["dense"]["units"] == (dataset.num_classes or (targets.shape[1:] or (1,))[0])


def test_copy_of_a_model_is_changed_by_set():
    assert run(["copy", "digits-mlp", "mine", "--set", "training.batchSize=48"]) == 0
    model = load_model("mine", model_search())
    assert (model.name, model.training.batch_size) == ("mine", 48)


def test_copy_names_files_beside_the_model_as_seen_from_the_copy(project: Path):
    (project / "elsewhere").mkdir()
    raw = {"dataset": "digits", "topology": "net.json", "initialWeights": "w.safetensors"}
    (project / "elsewhere" / "theirs.json").write_text(json.dumps(raw), "utf-8")
    (project / "elsewhere" / "net.json").write_text("{}", "utf-8")
    assert run(["copy", "elsewhere/theirs.json", "mine"]) == 0
    copied = json.loads((project / "models" / "mine.json").read_text("utf-8"))
    assert (copied["topology"], copied["initialWeights"]) == ("../elsewhere/net.json", "../elsewhere/w.safetensors")


def split(inputs: Any, targets: Any) -> Split:
    return Split(np.asarray(inputs), np.asarray(targets))


FLAGS = np.eye(3, dtype=np.uint8)[[0, 1, 2, 0]]
FLOATS = np.linspace(0, 1, 8, dtype=np.float32).reshape(4, 2)
PICTURES = np.zeros((4, 8, 8, 3), np.uint8)


@pytest.mark.parametrize(
    ("examples", "layers", "last", "loss"),
    [
        (
            split(PICTURES, [0, 1, 2, 0]),
            ["conv2d", "maxPooling2d", "flatten", "dense", "dense"],
            "softmax",
            "categorical",
        ),
        (split(FLOATS, [0, 1, 0, 1]), ["dense", "dense"], "softmax", "categoricalCrossentropy"),
        (split(FLOATS, FLAGS), ["dense", "dense"], "sigmoid", "binaryCrossentropy"),
        (split(FLOATS, FLOATS), ["dense", "dense"], None, "meanSquaredError"),
        (split(FLOATS[:, :, None], FLOATS[:, 0]), ["lstm", "dense", "dense"], None, "meanSquaredError"),
        (
            split(PICTURES, PICTURES / np.float32(255)),
            [*["conv2d", "maxPooling2d", "flatten"], *["dense"] * 2, "reshape"],
            None,
            "meanSquaredError",
        ),
    ],
    ids=["pictures", "table", "several labels", "values", "sequences", "autoencoder"],
)
def test_template_ends_as_the_targets_want(examples: Split, layers: list[str], last: str | None, loss: str):
    model = template("t", "data", Dataset(train=examples, validation=examples, licence="-", source="-"))
    assert [name for layer in model["layers"] for name in layer] == layers
    dense = [layer["dense"] for layer in model["layers"] if "dense" in layer][-1]
    assert dense.get("activation") == last
    assert model["loss"].startswith(loss)
    assert model["merge"] == "auto"
    parse_model(model, "t.json", None)


def test_dataset_with_several_inputs_has_no_template():
    examples = Split((FLOATS, FLOATS), np.array([0, 1, 0, 1]))
    with pytest.raises(WebNNError, match="has several inputs"):
        template("t", "pairs", Dataset(train=examples, validation=examples, licence="-", source="-"))


def test_model_file_has_a_line_for_each_layer(capsys: pytest.CaptureFixture[str]):
    assert run(["new", "mine", "--dataset", "digits"]) == 0
    text = Path("models/mine.json").read_text("utf-8")
    assert '\n    {"flatten": {}},\n' in text
    assert '\n  "merge": "auto"\n}\n' in text
