"""What is done with a run that is over: evaluate, predict, train on, copy, remove."""

import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from webnn.cli.examples_in import read_examples
from webnn.cli.main import run
from webnn.cli.spans import read_age
from webnn.core.errors import WebNNError
from webnn.data.loading import load_dataset
from webnn.paths import bundled_datasets_dir
from webnn.server.removal import plan_pruning
from webnn.server.resuming import find_runs

node = pytest.mark.node


def run_id(project: Path) -> str:
    (found,) = (path.parent.name for path in (project / "runs").glob("*/config.json"))
    return found


def answers(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@node
def test_evaluation_agrees_with_the_run_s_own_validation(trained: Path, capsys: pytest.CaptureFixture[str]):
    assert run(["evaluate", "digits-mlp", "--weights", "final", "--json"]) == 0
    (report,) = answers(capsys)
    rows = [line.split(",") for line in (trained / "runs" / run_id(trained) / "metrics.csv").read_text().splitlines()]
    last = [row for row in rows if row[0] == "validation" and row[7] == "True"][-1]
    assert report["split"] == "validation"
    assert report["accuracy"] == pytest.approx(float(last[5]), abs=1e-6)
    assert sum(row["examples"] for row in report["per_class"]) == report["num_examples"] == int(last[6])


@node
def test_prediction_of_every_kind_of_file_agrees(trained: Path, capsys: pytest.CaptureFixture[str]):
    image_module = pytest.importorskip("PIL.Image")
    dataset = load_dataset("digits", [bundled_datasets_dir()], {}, trained).dataset
    images, labels = dataset.validation.arrays[0][:40], dataset.validation.targets[:40]
    np.save("many.npy", images)
    np.savez("many.npz", images=images)
    np.savetxt("many.csv", images.reshape(40, -1), fmt="%d", delimiter=",")
    image_module.fromarray((images[0, :, :, 0].astype(float) * 255 / 16).round().astype(np.uint8)).save("one.png")
    assert run(["predict", run_id(trained), "many.npy", "many.npz", "many.csv", "one.png", "--json"]) == 0
    said = answers(capsys)
    assert len(said) == 121
    for first, others in zip(said[:40], zip(said[40:80], said[80:120], strict=True), strict=True):
        assert all(other["probabilities"] == pytest.approx(first["probabilities"]) for other in others)
    assert said[120]["label"] == said[0]["label"]
    assert said[0]["probability"] == pytest.approx(max(said[0]["probabilities"].values()))
    assert np.mean([int(one["label"]) == label for one, label in zip(said[:40], labels, strict=True)]) > 0.5


@node
def test_retrained_run_begins_where_the_other_ended(trained: Path, capsys: pytest.CaptureFixture[str]):
    first = run_id(trained)
    stop = ("--no-open", "--port", "0", "--workers", "1", "--set", 'training.stop={"iterations": 20}')
    assert run(["retrain", "digits-mlp", "--weights", "final", *stop, "--json"]) == 0
    losses = [event["loss"] for event in answers(capsys) if event["event"] == "validation"]
    (second,) = {path.parent.name for path in Path("runs").glob("*/config.json")} - {first}
    config = json.loads(Path("runs", second, "config.json").read_text("utf-8"))
    assert Path(config["model"]["initialWeights"]) == (Path("runs") / first / "final.safetensors").resolve()
    assert losses[0] < 1.5  # chance is 2.3
    assert run(["rm", first, "--yes"]) == 2
    assert f"The run {second} starts from the weights" in capsys.readouterr().err
    assert run(["rm", first, "--yes", "--force"]) == 0
    assert not Path("runs", first).exists()


def test_run_is_found_by_its_beginning_and_copied(trained: Path):
    assert run(["copy", run_id(trained)[:14], "again"]) == 0
    copied = json.loads(Path("models", "again.json").read_text("utf-8"))
    assert copied["name"] == "again"
    assert copied["training"]["stop"] == {"iterations": 60}


def test_pruning_takes_the_checkpoints_of_a_finished_run_and_nothing_else(
    trained: Path, capsys: pytest.CaptureFixture[str]
):
    folder = Path("runs", run_id(trained))
    before = {path.name for path in folder.iterdir()}
    assert run(["prune", "--dry-run", "--json"]) == 0
    (planned,) = answers(capsys)
    assert planned["path"] == str(folder / "checkpoint")
    assert folder.joinpath("checkpoint").is_dir()
    assert run(["prune", "--yes"]) == 0
    assert before - {path.name for path in folder.iterdir()} - {"journal.sqlite-shm", "journal.sqlite-wal"} == {
        "checkpoint"
    }
    assert find_runs(Path("runs"))[0].state == "finished"


def test_nothing_is_removed_where_nobody_can_be_asked(trained: Path, capsys: pytest.CaptureFixture[str]):
    for arguments in (["prune"], ["rm", "digits-mlp"]):
        assert run(arguments) == 2
        assert "--yes" in capsys.readouterr().err
    assert len(find_runs(Path("runs"))) == 1


NOW = datetime(2026, 3, 1, tzinfo=UTC)


def old_run(folder: Path, name: str, days: float, **changes: Any) -> Any:
    created = (NOW - timedelta(days=days)).isoformat()
    place = folder / f"{name}-{days}"
    (place / "checkpoint").mkdir(parents=True)
    plain = {"id": place.name, "name": name, "created": created, "live": False, "state": "stopped", "folder": place}
    return SimpleNamespace(**{**plain, **changes})


@pytest.mark.parametrize(
    ("keep", "older", "gone"),
    [
        (None, None, ["a-9/checkpoint"]),
        (1, None, ["a-9", "a-3"]),
        (None, 5, ["a-9", "b-8"]),
        (1, 5, ["a-9"]),
        (0, None, ["a-9", "b-8", "a-3", "a-1"]),
    ],
)
def test_pruning_plan(tmp_path: Path, keep: int | None, older: int | None, gone: list[str]):
    runs = [
        old_run(tmp_path, "a", 9, state="finished"),
        old_run(tmp_path, "b", 8),
        old_run(tmp_path, "a", 3),
        old_run(tmp_path, "a", 1),
        old_run(tmp_path, "c", 7, live=True),
    ]
    age = None if older is None else timedelta(days=older)
    plan = plan_pruning(runs, NOW, keep, age)
    assert [removal.path.relative_to(tmp_path).as_posix() for removal in plan] == gone


@pytest.mark.parametrize(
    ("text", "age"), [("12h", timedelta(hours=12)), ("1.5d", timedelta(hours=36)), ("2w", timedelta(14))]
)
def test_age_is_read(text: str, age: timedelta):
    assert read_age(text) == age


def dataset_of(shape: list[int], scale: Any = 1.0, **targets: Any) -> dict[str, Any]:
    entry = {"shape": shape, "dtype": "uint8", "scale": scale, "shift": 0.0}
    return {"inputs": [entry], "targets": {"kind": "class", "shape": [], "num_classes": 2, **targets}}


@pytest.mark.parametrize("shape", [(8, 8, 1), (5, 8, 8, 1), (8, 8), (5, 8, 8), (64,), (5, 64)])
def test_array_may_be_one_example_or_several_or_flat(tmp_path: Path, shape: tuple[int, ...]):
    np.save(tmp_path / "a.npy", np.arange(np.prod(shape)).reshape(shape) % 16)
    split = read_examples(tmp_path / "a.npy", dataset_of([8, 8, 1]))
    assert split.arrays[0].shape == (5 if 5 in shape else 1, 8, 8, 1)
    assert split.arrays[0].dtype == np.float32
    assert split.arrays[0][0, 0, 5, 0] == 5


def test_heading_of_a_table_is_passed_over(tmp_path: Path):
    (tmp_path / "a.csv").write_text("x,y\n1,2\n3,4\n", "utf-8")
    assert read_examples(tmp_path / "a.csv", dataset_of([2])).arrays[0].tolist() == [[1, 2], [3, 4]]


def test_picture_is_made_to_fit_and_white_is_what_the_dataset_has(tmp_path: Path):
    image_module = pytest.importorskip("PIL.Image")
    image_module.new("RGB", (50, 30), "white").save(tmp_path / "a.png")
    array = read_examples(tmp_path / "a.png", dataset_of([8, 8, 1], scale=1 / 16)).arrays[0]
    assert array.shape == (1, 8, 8, 1)
    assert array == pytest.approx(np.full(array.shape, 16.0))


def test_picture_for_prepared_inputs_is_refused_with_what_to_show_instead(tmp_path: Path):
    image_module = pytest.importorskip("PIL.Image")
    image_module.new("RGB", (8, 8), "white").save(tmp_path / "a.png")
    dataset = dataset_of([8, 8, 1])
    dataset["inputs"][0]["prepared"] = ["zcaWhitening"]
    with pytest.raises(WebNNError, match=r"prepared \(zcaWhitening\): show an array"):
        read_examples(tmp_path / "a.png", dataset)


def test_array_of_objects_is_never_unpickled(tmp_path: Path):
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(tmp_path / "trapped"),)

    np.save(tmp_path / "a.npy", np.array([Trap()], dtype=object), allow_pickle=True)
    with pytest.raises(WebNNError, match="cannot be read"):
        read_examples(tmp_path / "a.npy", dataset_of([1]))
    assert not (tmp_path / "trapped").exists()
    shutil.rmtree(tmp_path / "trapped", ignore_errors=True)
