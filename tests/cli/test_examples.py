"""Every command's help has an example, and every example does what it says."""

import asyncio
import re
import shlex
from pathlib import Path

import pytest
from support.programs import Program

from webnn.cli.examples import EXAMPLES
from webnn.cli.group import COMMANDS
from webnn.cli.main import run

pytestmark = [pytest.mark.node, pytest.mark.slow, pytest.mark.timeout(300)]

SHORT = ("--no-open", "--port", "0", "--set", 'training.stop={"iterations": 20}')
BEGINS_A_RUN = ("train", "retrain", "reset")
SERVED = ("save", "pause", "resume", "rollback", "stop")
NEEDS_MORE = {
    **dict.fromkeys(BEGINS_A_RUN, SHORT),
    "simulate": ("--seconds", "2", "--volunteers", "1"),
    "doctor": ("--port", "65431"),
}
"""What makes an example end soon, and take no fixed port."""


def example_of(name: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The example that the help of a command shows, as arguments of `wnn`."""
    assert run([name, "--help"]) == 0
    text = capsys.readouterr().out
    found = re.search(r"Example:\s+wnn (.+)", text)
    assert found is not None, f"wnn {name} --help shows no example"
    arguments = shlex.split(found[1])
    assert arguments[0] == name
    return arguments


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_an_example(name: str, capsys: pytest.CaptureFixture[str]):
    example_of(name, capsys)


def test_table_has_no_command_that_is_not_there():
    assert set(EXAMPLES) <= set(COMMANDS)


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in (*SERVED, "worker", "demo")])
def test_example_of_a_command_runs(name: str, trained: Path, capsys: pytest.CaptureFixture[str]):
    assert run([*example_of(name, capsys), *NEEDS_MORE.get(name, ())]) == 0
    captured = capsys.readouterr()
    assert captured.out.strip()


async def test_examples_of_commands_to_a_live_run_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    forever = ("--set", 'training.stop={"seconds": 3600}', "--set", "checkpoint.everySeconds=1")
    async with Program("train", "digits-mlp", "--no-open", "--port", "0", *forever, cwd=tmp_path) as owner:
        listening = await owner.event("listening")
        address = example_of("worker", capsys)
        address[1] = listening["url"]
        async with Program(*address, cwd=tmp_path) as worker:
            for number in (0, 1):  # one that comes when the server is gone tries to reach it for a long time
                await worker.wait_for(lambda event, n=number: (event["worker"], event["type"]) == (n, "welcome"))
            await owner.event("validation")
            for name in SERVED:
                code = await asyncio.to_thread(run, example_of(name, capsys))
                assert code == 0, (name, capsys.readouterr().err)
            assert await owner.exit_code() == 3, owner.events[-1]
            assert await worker.exit_code() == 0


async def test_example_of_demo_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    async with Program(*example_of("demo", capsys), "--no-open", cwd=tmp_path) as demo:
        await demo.event("validation")
        demo.interrupt()
        assert await demo.exit_code() == 130
