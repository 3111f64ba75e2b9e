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
SERVED = (
    *("runs", "status", "volunteers", "save", "rollback", "pause", "set", "resume"),
    *("submit", "queue", "token", "token new", "token list", "token rotate", "token revoke", "kick", "invite", "stop"),
)
"""In an order in which each can be done to a run of a server."""

PROGRAMS = ("serve", "worker", "demo", "watch")
"""These go on until something ends them."""
NEEDS_MORE = {
    **dict.fromkeys(BEGINS_A_RUN, SHORT),
    "simulate": ("--seconds", "2", "--volunteers", "1"),
    "doctor": ("--port", "65431"),
}
"""What makes an example end soon, and take no fixed port."""


def examples_of(name: str, capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    """The examples that the help of a command shows, each as arguments of `wnn`."""
    assert run([*name.split(), "--help"]) == 0
    text = capsys.readouterr().out
    found = re.search(r"\n  Examples?:\n((?:    wnn [^\n]+(?:\n|\Z))+)", text)
    assert found is not None, f"wnn {name} --help shows no example"
    lines = [shlex.split(line)[1:] for line in found[1].splitlines()]
    assert [" ".join(line).startswith(name.split(maxsplit=1)[0]) for line in lines] == [True] * len(lines)
    return lines


def example_of(name: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The one example of a command."""
    (found,) = examples_of(name, capsys)
    return found


@pytest.mark.parametrize("name", EXAMPLES)
def test_help_has_an_example(name: str, capsys: pytest.CaptureFixture[str]):
    examples_of(name, capsys)


def test_every_command_has_examples_and_no_other():
    assert {name.split()[0] for name in EXAMPLES} == set(COMMANDS)


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in (*SERVED, *PROGRAMS)])
def test_example_of_a_command_runs(name: str, trained: Path, capsys: pytest.CaptureFixture[str]):
    if name == "import":  # it reads what the example of `wnn export` writes, here of a network without convolutions
        assert run(example_of("export", capsys)) == 0
    arguments = ["dense*" if word == "conv*" else word for word in example_of(name, capsys)]
    assert run([*arguments, *NEEDS_MORE.get(name, ())]) == 0
    captured = capsys.readouterr()
    assert captured.out.strip()


async def test_examples_of_commands_to_a_server_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    for name in ("digits-mlp", "digits-cnn"):  # those that come with WebNN end too soon
        assert run(["copy", name, name, "--set", 'training.stop={"seconds": 3600}']) == 0
    async with Program(*example_of("serve", capsys), "--port", "0", "--at-most", "1", cwd=tmp_path) as owner:
        url = (await owner.event("listening"))["url"]
        worker_example = example_of("worker", capsys)
        worker_example[1] = url
        async with Program(*worker_example, cwd=tmp_path) as worker:
            for number in (0, 1):
                await worker.wait_for(lambda event, n=number: (event["worker"], event["type"]) == (n, "welcome"))
            await worker.event("outcome")
            found = run_of("digits-mlp")
            monkeypatch.setenv("WNN_TOKEN", owner_token())  # as one has to who is elsewhere
            places = {"digits-mlp-2026": found, "https://example.org": url, "3": "1"}
            watching = [places.get(word, word) for word in example_of("watch", capsys)]
            async with Program(*watching, found, cwd=tmp_path) as watch:  # of two runs, one has to be named
                for name in SERVED:
                    for words in examples_of(name, capsys):
                        arguments = [places.get(word, word) for word in words]
                        if name == "queue" and len(arguments) > 1:
                            arguments[1] = waiting(capsys)
                        code = await asyncio.to_thread(run, arguments)
                        assert code == 0, (arguments, capsys.readouterr().err)
                assert await watch.exit_code() in (0, 3), await watch.stderr()


def run_of(model: str) -> str:
    """The id of the one run of a model."""
    (found,) = Path("runs").glob(f"{model}-*/config.json")
    return found.parent.name


def owner_token() -> str:
    return Path("runs", "owner-token").read_text("ascii").strip()


def waiting(capsys: pytest.CaptureFixture[str]) -> str:
    """The id of a run that waits in the queue."""
    assert run(["queue", "--json"]) == 0
    found = re.findall(r"digits-cnn-[0-9]{8}-[0-9]{6}-[0-9a-f]{4}", capsys.readouterr().out)
    return found[0]


async def test_example_of_demo_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    async with Program(*example_of("demo", capsys), "--no-open", cwd=tmp_path) as demo:
        await demo.event("validation")
        demo.interrupt()
        assert await demo.exit_code() == 130, await demo.stderr()
