"""An owner who has nothing but a server's address and a token, after the run: everything is done there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file
from support.programs import Program

from webnn.cli.main import run
from webnn.data.loading import load_dataset
from webnn.paths import bundled_datasets_dir

pytestmark = [pytest.mark.node, pytest.mark.slow, pytest.mark.timeout(300)]
MODEL = {
    "name": "reader",
    "dataset": "digits",
    "layers": [{"flatten": {}}, {"dense": {"units": 10, "activation": "softmax"}}],
    "validation": {"everySeconds": 0.5},
    "training": {"leaseSeconds": 0.5, "stop": {"iterations": 100}},
}
Wnn = Callable[..., Any]


@pytest.fixture
def wnn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Wnn:
    """Run a command with `--json` in a folder that has no runs; what it printed, an object a line."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)

    async def command(*words: str, code: int = 0) -> list[dict[str, Any]]:
        capsys.readouterr()
        ended = await asyncio.to_thread(run, [*words, "--json"])
        told = capsys.readouterr()
        assert ended == code, told.err
        return [json.loads(line) for line in told.out.splitlines()]

    return command


async def test_what_a_run_left_is_used_from_elsewhere(
    tmp_path: Path, wnn: Wnn, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = tmp_path / "there"
    there.mkdir()
    (tmp_path / "here" / "reader.json").write_text(json.dumps(MODEL))
    async with Program("serve", "--port", "0", "--workers", "1", cwd=there) as server:
        monkeypatch.setenv("WNN_SERVER", (await server.event("listening"))["url"])
        assert await wnn("check", "reader.json", code=2) == []  # without a token
        monkeypatch.setenv("WNN_TOKEN", (there / "runs" / "owner-token").read_text("ascii").strip())
        assert {"digits", "mnist"} <= {one["name"] for one in await wnn("list") if one["kind"] == "dataset"}
        (checked,) = await wnn("check", "reader.json", "--set", "training.batchSize=16")
        assert (checked["parameters"], checked["batch_size"]) == (650, 16)
        assert await wnn("check", "reeder", code=2) == []
        (first,) = await wnn("submit", "reader.json")
        await finished(wnn, first)
        await export_all(wnn, tmp_path / "here", first["id"], there / "runs" / first["id"] / "final.safetensors")
        await score_and_ask(wnn, there / "runs")
        await begin_again_and_tidy_up(wnn, there / "runs", first["id"])
        server.interrupt()
        assert await server.exit_code() == 130, await server.stderr()


async def finished(wnn: Wnn, run: dict[str, Any]) -> dict[str, Any]:
    """The status of a run at its end."""
    last: dict[str, Any] = (await wnn("watch", run["id"], "--every", "0.2"))[-1]
    assert last["state"] == "finished"
    return last


async def export_all(wnn: Wnn, here: Path, run: str, weights: Path) -> None:
    """Every format comes, and the weights in those that are plain are the run's own."""
    for form in ("keras", "h5", "tfjs", "safetensors", "npz"):
        (told,) = await wnn("export", "reader", "--format", form, "--final")
        assert (told["run"], told["which"], told["format"]) == (run, "final", form)
        assert told["bytes"] > 0
    expected = load_file(weights)
    with np.load(here / "reader.npz") as arrays:
        for found in (load_file(here / "reader.safetensors"), arrays):
            assert set(found) == set(expected)
            for name, array in expected.items():
                np.testing.assert_array_equal(found[name], array)
    assert json.loads((here / "reader-tfjs" / "model.json").read_text("utf-8"))["format"] == "layers-model"
    assert await wnn("export", "reader", "--format", "npz", code=2) == []  # there already
    assert await wnn("export", "reader", "--version", "99999", "-o", "x.npz", code=2) == []


async def score_and_ask(wnn: Wnn, runs_dir: Path) -> None:
    """Scores and predictions are those that `wnn` has where the files are."""
    shown = load_dataset("digits", [bundled_datasets_dir()], {}, runs_dir).dataset.validation.arrays[0][:20]
    np.save("shown.npy", shown)
    asked = [("evaluate", "reader", "--split", split) for split in ("train", "validation")]
    scores = [(await wnn(*words))[0] for words in asked]
    said = await wnn("predict", "reader", "shown.npy")
    assert await wnn("evaluate", "reader", "--split", "test", code=2) == []
    with pytest.MonkeyPatch.context() as at_home:
        at_home.delenv("WNN_SERVER")
        at_home.setenv("WNN_RUNS_DIR", str(runs_dir))
        for words, scored in zip(asked, scores, strict=True):
            (report,) = await wnn(*words)
            assert {name: scored[name] for name in report if name != "weights"} == {
                name: value for name, value in report.items() if name != "weights"
            }
        for mine, its in zip(await wnn("predict", "reader", "shown.npy"), said, strict=True):
            assert its["probabilities"] == pytest.approx(mine["probabilities"], abs=1e-5)


async def begin_again_and_tidy_up(wnn: Wnn, runs_dir: Path, first: str) -> None:
    """Train on, do it again, and remove: not a run that another starts from."""
    short = ("--set", "training.stop.iterations=20")
    (second,) = await wnn("retrain", "reader", "--weights", "final", *short)
    await finished(wnn, second)
    (third,) = await wnn("reset", first, "--merge", "weighted", *short)
    assert (await finished(wnn, third))["merge"] == "weighted"
    seeds = {json.loads((runs_dir / one / "config.json").read_text("utf-8"))["seed"] for one in (first, third["id"])}
    assert len(seeds) == 1
    assert await wnn("rm", first, "--yes", code=2) == []
    planned = await wnn("prune", "--keep", "1", "--dry-run")
    assert [one["run"] for one in planned if Path(one["path"]).name == one["run"]] == [second["id"]]
    await wnn("prune", "--keep", "1", "--yes")
    assert {one["id"] for one in await wnn("runs")} == {first, third["id"]}
    assert not (runs_dir / second["id"]).exists()
    assert not (runs_dir / first / "checkpoint").exists()
    assert (await wnn("rm", first, "--yes"))[0]["run"] == first
    assert [one["id"] for one in await wnn("runs")] == [third["id"]]
