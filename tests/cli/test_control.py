"""`wnn runs, pause, resume, save, rollback, stop` of a run that another process serves, also over its death."""

from __future__ import annotations

import asyncio
import json
import re
import struct
from pathlib import Path

import pytest
from support.programs import Program

from webnn.cli.main import run

pytestmark = [pytest.mark.node, pytest.mark.slow, pytest.mark.timeout(300)]

ENDLESS = ("--set", 'training.stop={"iterations": 100000000}', "--set", "checkpoint.everySeconds=1")


class Owner:
    """Says `wnn ...` beside the server, and reads what it answers."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.runs = folder / "runs"
        self._capsys = capsys

    async def says(self, *words: str, code: int = 0) -> str:
        self._capsys.readouterr()
        found = await asyncio.to_thread(run, [*words, "--runs-dir", str(self.runs)])
        out, err = self._capsys.readouterr()
        assert found == code, out + err
        return out + err


def serve(folder: Path, *more: str) -> Program:
    words = ("train", "digits-mlp", "--no-open", "--port", "0", "--seed", "1", "--workers", "1")
    return Program(*words, "--runs-dir", str(folder / "runs"), *ENDLESS, *more, cwd=folder)


async def test_live_run_obeys_and_is_taken_up_again_after_its_server_died(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    owner = Owner(tmp_path, capsys)
    assert "no runs" in await owner.says("runs")
    assert "no runs" in await owner.says("pause", code=2)
    async with serve(tmp_path) as server:
        listening = await server.event("listening", 90)
        await server.wait_for(lambda event: event.get("event") == "validation" and event["version"] > 1, 90)
        await check_commands(owner, tmp_path / "runs" / listening["run"])
        server._process.kill()
        await server._process.wait()
    assert "interrupted" in await owner.says("runs")
    assert "wnn train digits-mlp --resume" in await owner.says("save", code=2)
    async with serve(tmp_path, "--resume") as server:
        again = await server.event("listening", 90)
        assert (again["run"], again["url"]) == (listening["run"], listening["url"])
        await server.wait_for(lambda event: "Going on from version" in event.get("message", ""), 90)
        assert (await server.event("validation", 90))["version"] > 256  # above all that were handed out before
        assert " is stopped" in await owner.says("stop")
        assert await server.exit_code(90) == 3, await server.stderr()
        finished = await server.event("finished")
    assert finished["state"] == "stopped"
    assert "stopped" in await owner.says("runs")


async def test_recorded_run_of_three_volunteers_replays_identical_over_a_kill(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    owner = Owner(tmp_path, capsys)
    words = ("--workers", "3", "--record")
    async with serve(tmp_path, *words) as server:
        await server.wait_for(lambda event: event.get("event") == "validation" and event["iterations"] > 100, 90)
        server.kill()
        await server._process.wait()
    async with serve(tmp_path, *words, "--resume") as server:
        await server.wait_for(lambda event: event.get("event") == "validation" and event["version"] > 256, 90)
        assert " is stopped" in await owner.says("stop")
        assert await server.exit_code(90) == 3, await server.stderr()
        finished = await server.event("finished")
    assert finished["volunteers"] >= 3
    told = (await owner.says("replay")).splitlines()
    assert "over 2 lives" in told[0]
    assert told[-1] == "identical"
    (recording,) = (tmp_path / "runs").glob("*/recording/00001.frames")
    spoil_update(recording)
    told = (await owner.says("replay", code=1)).splitlines()
    assert re.fullmatch(
        r"first difference: 00001.frames: version \d+ \(event \d+, at [\d.]+ s\) has other weights: \w+ now, \w+ then",
        told[-1],
    )


def spoil_update(recording: Path) -> None:
    """Change one number of the first update in a recording."""
    whole = bytearray(recording.read_bytes())
    place, end = whole.index(b"UpdateArrived"), 0
    while end <= place:
        end += 8 + int.from_bytes(whole[end : end + 8], "little")
    whole[end - 4 : end] = struct.pack("<f", 0.125)
    recording.write_bytes(whole)


async def check_commands(owner: Owner, folder: Path) -> None:
    assert "live, running" in await owner.says("runs")
    assert "is paused" in await owner.says("pause")
    assert "live, paused" in await owner.says("runs")
    assert "The run is paused, which does not allow this" in await owner.says("pause", code=2)
    assert json.loads(await owner.says("resume", folder.name[:12], "--json"))["state"] == "running"
    assert "The run is running, which does not allow this" in await owner.says("resume", code=2)
    assert "There is no run" in await owner.says("pause", "another", code=2)
    assert "Saved version" in await owner.says("save")
    assert (folder / "final.safetensors").is_file()
    assert "goes on from version" in await owner.says("rollback", "--to", "best")
    assert "Kept are" in await owner.says("rollback", "--to", "99999999", code=2)
    assert "version's number" in await owner.says("rollback", "--to", "worst", code=2)
    assert "live, running" in await owner.says("runs")
