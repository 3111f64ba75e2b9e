"""What `wnn doctor` says of a machine that lacks something."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from support.programs import ROOT

from webnn.cli import checkup
from webnn.cli.checkup import State
from webnn.cli.main import run
from webnn.core.errors import WebNNError


def test_machine_that_lacks_nothing_that_runs_need_is_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert run(["doctor", "--json", "--port", "65432", "--runs-dir", str(tmp_path)]) == 0
    findings = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {finding["what"] for finding in findings} >= {"Node", "Pages and worker", "Open files", "Port", "Chromium"}
    assert all(finding["remedy"] for finding in findings if finding["state"] != "ok")


def test_missing_pages_fail_the_check_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("webnn.paths.dist_dir", lambda: tmp_path / "nowhere")
    assert run(["doctor", "--port", "65432"]) == 1
    assert "MISSING Pages and worker" in capsys.readouterr().out


def test_node_that_is_not_there_says_how_to_get_it(tmp_path: Path):
    def none() -> Path:
        raise WebNNError("evaluator_failed", "Node is not installed.")

    for find in (none, lambda: tmp_path / "node"):
        found = checkup.node(find)
        assert found.state is State.MISSING
        assert "pip install" in found.remedy


def test_port_that_is_taken_is_a_note():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        found = checkup.port(other.getsockname()[1])
    assert found.state is State.NOTE
    assert "--port 0" in found.remedy


def test_folder_that_cannot_be_written_to_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert checkup.disk("runs", tmp_path / "runs").state is State.MISSING


def test_what_is_short_or_optional_is_a_note(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("WNN_TEST_BROWSER", raising=False)
    assert checkup.memory(1 << 20).state is State.NOTE
    assert checkup.chromium(lambda name: None).state is State.NOTE
    remedy = checkup.extra("nothing", "no_such_module", "nobody", "some").remedy
    assert remedy == f'{sys.executable} -m pip install "webnn[some]"'
    assert {group for *_, group in checkup.EXTRAS} >= {"keras", "images"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("wnn eval", "evaluate"),
        ("wnn check digits-m", "digits-mlp"),
        ("wnn evaluate my", "my-run"),
        ("wnn pause my", "my-run"),
        ("wnn serve mnist-m", "mnist-mlp"),
        ("wnn graph series-l", "series-lstm"),
        ("wnn new x --dataset fried", "friedman"),
        ("wnn train digits-mlp --merge fedb", "fedbuff"),
    ],
)
def test_shell_completes_commands_models_and_runs(tmp_path: Path, words: str, expected: str):
    (tmp_path / "runs" / "my-run").mkdir(parents=True)
    (tmp_path / "runs" / "my-run" / "config.json").touch()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WNN_")}
    environment |= {"PYTHONPATH": str(ROOT), "_WNN_COMPLETE": "bash_complete", "COMP_WORDS": words}
    environment["COMP_CWORD"] = str(len(words.split()) - 1)
    code = "from webnn.cli.main import main; main()"
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert f"plain,{expected}" in result.stdout.splitlines(), result.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_script_of_each_shell_names_its_variable(shell: str, capsys: pytest.CaptureFixture[str]):
    assert run(["completion", shell]) == 0
    assert "_WNN_COMPLETE" in capsys.readouterr().out
