"""`wnn` as a script uses it: a whole run, a Ctrl-C, a check, a list."""

import json
from pathlib import Path

import pytest
from support.certificates import make_certificate
from support.programs import Program

from webnn.cli.main import run

pytestmark = [pytest.mark.node, pytest.mark.timeout(180)]


def quick_run(cwd: Path, *more: str) -> Program:
    return Program("train", "digits-mlp", "--no-open", "--port", "0", "--seed", "1", *more, cwd=cwd)


def files_in(folder: str | Path) -> set[str]:
    return {path.name for path in Path(folder).iterdir()}


async def test_run_ends_at_its_stop_condition_and_leaves_its_files(tmp_path: Path):
    async with quick_run(tmp_path, "--workers", "1", "--set", 'training.stop={"iterations": 60}') as owner:
        listening = await owner.event("listening")
        finished = await owner.event("finished", 120)
        assert await owner.exit_code() == 0, await owner.stderr()
    assert listening["join_url"].startswith(listening["url"])
    assert finished["iterations"] >= 60
    assert finished["volunteers"] == 1
    assert [event for event in owner.events if event["event"] == "validation"]
    assert files_in(finished["export"]) >= {"final.safetensors", "metrics.csv", "README.md"}


async def test_workers_on_this_machine_train_behind_a_certificate_that_they_could_not_check(tmp_path: Path):
    cert, key = make_certificate(tmp_path)
    tls = ("--tls-cert", str(cert), "--tls-key", str(key))
    async with quick_run(tmp_path, "--workers", "1", "--set", 'training.stop={"iterations": 20}', *tls) as owner:
        listening = await owner.event("listening")
        assert await owner.exit_code(120) == 0, await owner.stderr()
    assert listening["url"].startswith("https://")
    assert listening["join_url"].startswith("https://")


async def test_ctrl_c_saves_the_run_and_exits_with_130(tmp_path: Path):
    async with quick_run(tmp_path) as owner:
        await owner.event("listening")
        owner.interrupt()
        finished = await owner.event("finished", 30)
        assert await owner.exit_code() == 130, await owner.stderr()
    assert finished["state"] == "stopped"
    assert "final.safetensors" in files_in(finished["export"])


async def test_ctrl_c_while_preparing_exits_with_130_and_leaves_nothing(tmp_path: Path):
    async with quick_run(tmp_path) as owner:
        await owner.event("preparing")
        owner.interrupt()
        assert await owner.exit_code(30) == 130, await owner.stderr()
    assert "runs" not in files_in(tmp_path)


async def test_worker_without_a_server_says_so(tmp_path: Path):
    async with Program("worker", "nonsense", cwd=tmp_path) as worker:
        assert await worker.exit_code() == 2


def test_check_prints_parameters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(tmp_path)
    assert run(["check", "digits-mlp", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["parameters"] == sum(layer["parameters"] for layer in report["layers"])
    assert report["training_examples"] + report["validation_examples"] <= 1797
    assert not list(tmp_path.iterdir())


def test_list_names_bundled_and_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mine.json").write_text("{", "utf-8")
    assert run(["list", "--json"]) == 0
    entries = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    names = {(entry["kind"], entry["name"]) for entry in entries}
    assert {("model", "digits-cnn"), ("model", "mnist-cnn"), ("dataset", "digits"), ("dataset", "mnist")} <= names
    assert next(entry for entry in entries if entry["name"] == "mine")["description"].startswith("cannot be used")
