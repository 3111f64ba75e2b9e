"""Data named in the model file: no module, the schema's options are the loaders', and mistakes are told by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from webnn.core.errors import WebNNError
from webnn.data import Dataset, Split
from webnn.data.idx import write_idx
from webnn.data.loading import LoadedDataset, load_data
from webnn.data.named import ABOUT, GIVEN, LOADERS
from webnn.data.preprocessing import AUGMENTATIONS, preprocess
from webnn.data.source import SplitPlan
from webnn.model import data_schema, parse_model

TABLE = "x,y,colour,kind\n" + "".join(f"{i},{i % 7},{'red' if i % 3 else 'blue'},{'ab'[i % 2]}\n" for i in range(40))


def definition(folder: Path, dataset: Any, **more: Any) -> Any:
    raw = {"dataset": dataset, "layers": [{"dense": {"units": 2, "activation": "softmax"}}], **more}
    return parse_model(raw, "my.json", folder / "models" / "my.json")


def load(folder: Path, dataset: Any, **more: Any) -> LoadedDataset:
    return load_data(definition(folder, dataset, **more), [], folder / "data")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "models").mkdir()
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "points.csv").write_text(TABLE)
    return tmp_path


def test_a_table_needs_no_module(project: Path) -> None:
    loaded = load(project, {"csv": {"path": "points.csv", "target": "kind", "categorical": ["colour"]}})
    assert (loaded.name, loaded.path) == ("points", project / "data" / "points.csv")
    assert (len(loaded.dataset.train), len(loaded.dataset.validation), loaded.dataset.test) == (32, 8, None)
    assert loaded.dataset.train.arrays[0].shape[1:] == (4,)
    assert (loaded.dataset.label_names, loaded.dataset.licence) == (("a", "b"), "not stated")
    assert np.bincount(loaded.dataset.validation.targets).tolist() == [4, 4]


def test_files_are_looked_for_beside_the_model_first(project: Path) -> None:
    (project / "models" / "points.csv").write_text(TABLE.replace("kind", "sort"))
    found = load(project, {"csv": {"path": "points.csv", "target": "sort", "columns": ["x"]}})
    assert found.path.parent.name == "models"
    with pytest.raises(WebNNError, match=r'no file or folder "pionts\.csv": it was looked for in .*models.*data'):
        load(project, {"csv": {"path": "pionts.csv", "target": "kind"}})


@pytest.mark.parametrize("name", ["csv", "npz", "npy", "idx", "cifarBinary"])
def test_a_folder_in_the_place_of_a_file_is_told(project: Path, name: str) -> None:
    pair = {"inputs": "data", "targets": "data"}
    options = {"csv": {"path": "data", "target": "x"}, "npz": {"path": "data"}, "cifarBinary": {"path": "data"}}
    with pytest.raises(WebNNError, match=r"data cannot be read") as caught:
        load(project, {name: options.get(name, pair)})
    assert caught.value.code == "invalid_dataset"


def test_split_and_preprocessing_are_done_on_any_dataset(project: Path) -> None:
    table = {"csv": {"path": "points.csv", "target": "kind", "columns": ["x", "y"]}}
    loaded = load(project, table, split={"validation": 0.25, "test": 0.25, "seed": 1}, preprocessing=["standardise"])
    assert {name: len(part) for name, part in loaded.dataset.splits.items()} == {
        "train": 20,
        "validation": 10,
        "test": 10,
    }
    entry: Any = loaded.description["inputs"]
    assert (len(entry[0]["scale"]), entry[0]["prepared"]) == (2, [])


def test_validation_files_may_be_given(project: Path) -> None:
    (project / "data" / "held.csv").write_text("x,y,colour,kind\n1,2,red,b\n")
    table = {"path": "points.csv", "target": "kind", "categorical": ["colour"], "validation": "held.csv"}
    loaded = load(project, {"csv": table})
    assert (len(loaded.dataset.train), len(loaded.dataset.validation)) == (40, 1)
    assert loaded.dataset.validation.targets.tolist() == [1]
    assert loaded.dataset.validation.arrays[0].tolist() == [[1, 2, 0, 1]]


def test_every_loader_reads_its_files(project: Path) -> None:
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (20, 6, 6), np.uint8), (np.arange(20) % 2).astype(np.uint8)
    data = project / "data"
    np.savez(data / "a.npz", x=images, y=labels)
    np.save(data / "x.npy", images)
    np.save(data / "y.npy", labels)
    write_idx(data / "x.idx", images)
    write_idx(data / "y.idx", labels)
    (data / "c.bin").write_bytes(b"".join(bytes([i % 10]) + bytes(3072) for i in range(20)))
    picture = pytest.importorskip("PIL.Image")
    for name in "ab":
        (data / "pictures" / name).mkdir(parents=True)
        for number in range(5):
            picture.new("L", (4, 4), number).save(data / "pictures" / name / f"{number}.png")
    shapes = {
        "npz": ({"path": "a.npz", "inputs": "x", "targets": "y"}, (6, 6)),
        "npy": ({"inputs": "x.npy", "targets": "y.npy"}, (6, 6)),
        "idx": ({"inputs": "x.idx", "targets": "y.idx"}, (6, 6, 1)),
        "cifarBinary": ({"path": ["c.bin"]}, (32, 32, 3)),
        "imageFolder": ({"path": "pictures", "colour": "grey", "validation": "pictures"}, (4, 4, 1)),
        "csv": ({"path": "points.csv", "target": "kind", "categorical": ["colour"]}, (4,)),
    }
    assert set(shapes) == set(LOADERS)
    for name, (options, shape) in shapes.items():
        assert load(project, {name: options}).dataset.train.arrays[0].shape[1:] == shape


def test_the_schema_has_the_loaders_options_and_defaults() -> None:
    assert set(data_schema.LOADERS) == set(LOADERS)
    for name, (_, defaults) in LOADERS.items():
        schema: Any = data_schema.LOADERS[name]
        known = {**defaults, **GIVEN, **ABOUT}
        assert set(schema["properties"]) == set(known)
        for option, value in known.items():
            assert schema["properties"][option].get("default") == value


def test_the_schema_has_the_steps_and_the_split() -> None:
    plan = SplitPlan()
    for key, schema in data_schema.split_properties().items():
        assert schema.get("default") == getattr(plan, key), key
    pixels = Split(np.zeros((2, 3, 3, 1), np.uint8), np.arange(2))
    pictures = Dataset(train=pixels, validation=pixels, licence="CC0", source="made up")
    for name in AUGMENTATIONS:
        properties: Any = data_schema.STEPS[name]["properties"]
        (described,) = preprocess(pictures, [name]).augmentation
        assert described == {name: {option: schema["default"] for option, schema in properties.items()}}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dataset": {"csv": {"path": "a", "traget": "b"}}}, 'dataset.csv.traget (value "b") is not a known key. Did'),
        ({"dataset": {"csv": {"path": "a", "traget": "b"}}}, 'Did you mean "target"?'),
        ({"dataset": {"csv": {"path": "a"}}}, 'dataset.csv lacks the key "target"'),
        ({"dataset": {"imageFolder": {"path": "a", "colour": "gray"}}}, 'Did you mean "grey"?'),
        ({"dataset": {"npz": {"path": 3}}}, "dataset.npz.path is 3"),
        ({"preprocessing": ["standardize"]}, 'Did you mean "standardise"?'),
        ({"preprocessing": ["resize"]}, "preprocessing[0]"),
        ({"preprocessing": [{"zcaWhitening": {"epsilom": 1}}]}, 'Did you mean "epsilon"?'),
        ({"preprocessing": [{"flop": {}}]}, 'Did you mean "flip"?'),
        ({"split": {"validate": 0.1}}, 'split.validate (value 0.1) is not a known key. Did you mean "validation"?'),
        ({"split": {"validation": 1}}, "split.validation is 1"),
        ({"split": {"folds": 1}}, "split.folds is 1"),
    ],
)
def test_a_mistake_is_told_with_the_nearest_word(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    with pytest.raises(WebNNError) as caught:
        definition(tmp_path, **{"dataset": "digits", **change})
    assert words in str(caught.value)


def test_a_misspelt_loader_gets_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(WebNNError, match=r'no dataset "cvs".*Did you mean "csv"'):
        load(tmp_path, {"cvs": {"path": "a"}})
    with pytest.raises(WebNNError, match='"csv" is a loader and needs options'):
        load(tmp_path, "csv")


def test_a_module_s_data_can_be_split_anew(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import numpy as np\nfrom webnn.data import Dataset, Split\n\n"
        "def load(options, data_dir):\n    rows = Split(np.arange(20.0).reshape(10, 2), np.arange(10) % 2)\n"
        "    return Dataset(train=rows, validation=rows, licence='CC0', source='made up')\n"
    )
    raw = {"dataset": "mine", "layers": [{"dense": {"units": 2}}], "split": {"folds": 2, "fold": 2}}
    wanted = parse_model(raw, "my.json")
    dataset = load_data(wanted, [tmp_path], tmp_path).dataset
    assert (len(dataset.train), len(dataset.validation)) == (10, 10)
    assert preprocess(dataset, []).dataset is dataset
