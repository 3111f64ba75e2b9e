"""An owner's day, from an empty folder to predictions, by `wnn` alone."""

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support.keras_reader import PYTHON, predict_with_keras
from support.programs import ROOT, Program

from benchmarks.check_export import model_inputs, tfjs_predictions
from webnn.cli.main import run
from webnn.cli.places import model_search
from webnn.data.dataset import Split
from webnn.data.loading import LoadedDataset, load_dataset
from webnn.data.shards import encode_examples
from webnn.evaluator.evaluator import Evaluator
from webnn.model.definition import load_model
from webnn.paths import bundled_datasets_dir

pytestmark = [pytest.mark.node, pytest.mark.slow, pytest.mark.timeout(400)]

Wnn = Callable[..., Any]


@pytest.fixture
def wnn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Wnn:
    """Run a command with `--json` in the owner's folder; what it printed, an object a line."""
    monkeypatch.chdir(tmp_path)

    async def command(*arguments: str, code: int = 0) -> list[dict[str, Any]]:
        capsys.readouterr()
        ended = await asyncio.to_thread(run, [*arguments, "--json"])
        captured = capsys.readouterr()
        assert ended == code, captured.err
        return [json.loads(line) for line in captured.out.splitlines()]

    return command


async def test_owner_makes_a_project_trains_steers_exports_and_uses_the_result(
    tmp_path: Path, wnn: Wnn, monkeypatch: pytest.MonkeyPatch
):
    # a folder to work in, whose example has what it takes
    (project,) = await wnn("init", "digits-project")
    folder = tmp_path / project["folder"]
    monkeypatch.chdir(folder)
    names = {(entry["kind"], entry["name"]) for entry in await wnn("list")}
    assert {("model", "spirals"), ("dataset", "spirals"), ("dataset", "digits")} <= names
    (spirals,) = await wnn("check", "spirals")
    assert spirals["parameters"] > 1000

    # a model of the owner's
    await wnn("new", "reader", "--dataset", "digits")
    (checked,) = await wnn("check", "reader")
    assert checked["sample"]["inputs"][0]["high"] == 1.0
    assert checked["lease"]["upload"] == 4 * checked["parameters"]
    assert (await wnn("new", "reader", code=2)) == []

    # trained by two, paused, steered and resumed meanwhile
    settings = ("--set", 'training.stop={"accuracy": 0.93, "seconds": 120}', "--set", "validation.everySeconds=1")
    train = ("train", "reader", "--workers", "2", "--no-open", "--port", "0", "--seed", "1", *settings)
    async with Program(*train, cwd=folder) as owner:
        first = await owner.event("validation")
        (paused,) = await wnn("pause")
        assert paused["state"] == "paused"
        await look_from_elsewhere(wnn, (await owner.event("listening"))["url"])
        (changed,) = await wnn("set", "learningRate=0.001")
        assert changed["learning_rate"] == pytest.approx(0.001)
        (resumed,) = await wnn("resume")
        assert resumed["state"] == "running"
        finished = await owner.event("finished", 200)
        assert await owner.exit_code() == 0, await owner.stderr()
    assert finished["volunteers"] == 2
    assert finished["accuracy"] > first["accuracy"]
    export = folder / finished["export"]
    check_results(export, finished)

    # exported in every format that there is
    exports = {}
    for form in ("keras", "h5", "tfjs", "safetensors", "npz"):
        (exported,) = await wnn("export", "--format", form)
        assert exported["format"] == form
        exports[form] = folder / exported["path"]

    # measured, and used
    (report,) = await wnn("evaluate", "reader")
    assert report["accuracy"] >= 0.9
    assert report["macro"]["f1"] == pytest.approx(report["accuracy"], abs=0.05)
    await use(wnn, folder, exports)

    # trained on, and tidied up
    short = ("--set", 'training.stop={"iterations": 20}', "--no-open", "--port", "0", "--workers", "1")
    async with Program("retrain", "reader", *short, cwd=folder) as owner:
        again = await owner.event("finished", 120)
        assert await owner.exit_code() == 0, await owner.stderr()
    assert again["accuracy"] > 0.8
    runs = await wnn("runs")
    assert [one["state"] for one in runs] == ["finished", "finished"]
    await wnn("rm", runs[1]["id"], "--yes")
    pruned = await wnn("prune", "--yes")
    assert [one["run"] for one in pruned] == [runs[0]["id"]]


async def look_from_elsewhere(wnn: Wnn, url: str) -> None:
    """What the network is worth and says by now, as whoever has only the server's address sees it."""
    there = ("--server", url, "--weights", "final")
    (report,) = await wnn("evaluate", "reader", *there)
    assert (report["kind"], report["split"]) == ("classes", "validation")
    images = load_dataset("digits", [bundled_datasets_dir()], {}, Path()).dataset.validation.arrays[0]
    np.save("shown.npy", np.concatenate([images, images])[:300])  # more than a request takes
    said = await wnn("predict", "reader", "shown.npy", *there)
    assert [one["example"] for one in said] == list(range(300))
    assert await wnn("evaluate", "reader", *there, "--split", "train", code=2) == []


def check_results(export: Path, finished: dict[str, Any]) -> None:
    """The files that people look at have the run in them."""
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    found = accumulator.EventAccumulator(str(export)).Reload()
    accuracies = found.Scalars("validation/accuracy")
    assert accuracies[-1].value == pytest.approx(finished["accuracy"], abs=1e-6)
    assert found.Scalars("progress/merges")[-1].value == finished["merges"]
    assert max(one.value for one in found.Scalars("volunteers")) == 2
    assert any(tag.startswith("weights/") for tag in found.Tags()["histograms"])
    card = (export / "MODEL_CARD.md").read_text("utf-8")
    assert "| volunteers | 2 |" in card
    assert "time of volunteers' devices" in card


async def use(wnn: Wnn, folder: Path, exports: Mapping[str, Path]) -> None:
    """Predict held-out digits from files; most are right, and every export says the same of them."""
    loaded = load_dataset("digits", [bundled_datasets_dir()], {}, folder)
    held_out = loaded.dataset.validation
    shown = Split(held_out.inputs[:50], held_out.targets[:50])
    np.save(folder / "digits.npy", shown.inputs)
    answers = await wnn("predict", "reader", "digits.npy")
    right = [int(one["label"]) == int(label) for one, label in zip(answers, shown.targets, strict=True)]
    assert np.mean(right) > 0.8
    expected = np.array([list(one["probabilities"].values()) for one in answers])
    for form, predicted in (await loaded_again(wnn, loaded, shown, exports)).items():
        np.testing.assert_allclose(predicted, expected, atol=1e-5, rtol=0, err_msg=form)


async def loaded_again(
    wnn: Wnn, loaded: LoadedDataset, shown: Split, exports: Mapping[str, Path]
) -> dict[str, NDArray[np.float32]]:
    """Return what each export predicts: TensorFlow.js and Keras by themselves, weights by a new model that has them.

    Keras and TensorFlow.js are left out where they are not installed.
    """
    predictions = {}
    async with await Evaluator.start() as evaluator:
        for form in ("safetensors", "npz"):
            name = f"from-{form}"
            await wnn("import", str(exports[form]), "--model", "reader", "--name", name)
            definition = load_model(name, model_search())
            built = await evaluator.build(definition, loaded.description, seed=2)
            predictions[form] = await evaluator.predict(built.initial, encode_examples(shown, np.arange(len(shown))))
    inputs = model_inputs(shown, loaded.dataset)
    if (ROOT / "static" / "node_modules").is_dir():
        predictions["tfjs"] = await asyncio.to_thread(tfjs_predictions, exports["tfjs"], inputs)
    if PYTHON is not None:
        np.savez(exports["npz"].with_name("shown.npz"), x=inputs[0])
        asked = {form: (exports[form], exports["npz"].with_name("shown.npz")) for form in ("keras", "h5")}
        predictions |= await asyncio.to_thread(predict_with_keras, asked)
    return predictions
