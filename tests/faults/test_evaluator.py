"""An evaluator that is killed is started again, and its run goes on."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from support.programs import Program

from tests.faults.faults import Fault, Injection, provokes

pytestmark = [
    pytest.mark.node,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not Path("/proc").is_dir() or sys.platform == "win32", reason="finds the child in /proc"),
]


def child_of(pid: int, name: str) -> int | None:
    """Find the child process of `pid` that runs `name`."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == pid and name in (folder / "cmdline").read_text():
                    return int(folder.name)
            except (OSError, IndexError, ValueError):
                continue
    return None


@provokes(Fault.EVALUATOR_KILLED)
async def test_run_outlives_its_evaluator(tmp_path: Path, injected: Injection) -> None:
    stop = 'training.stop={"iterations": 100000000}'
    async with Program(
        *("train", "digits-mlp", "--no-open", "--port", "0", "--seed", "1", "--workers", "1", "--set", stop),
        cwd=tmp_path,
    ) as owner:
        before = await owner.event("validation", 90)
        evaluator = child_of(owner._process.pid, "evaluator")
        assert evaluator is not None
        os.kill(evaluator, signal.SIGKILL)
        while _state_of(evaluator) not in (None, "Z"):  # noqa: ASYNC110 (another's child)
            await asyncio.sleep(0.01)
        injected.fire(Fault.EVALUATOR_KILLED)
        newest = max(event["version"] for event in [before, *owner.events] if event["event"] == "validation")
        await owner.wait_for(lambda event: event["event"] == "validation" and event["version"] > newest + 1, 90)
        assert child_of(owner._process.pid, "evaluator") not in (None, evaluator)
        owner.interrupt()
        finished = await owner.event("finished", 60)
    assert finished["state"] == "stopped"
    assert finished["accuracy"] is not None


def _state_of(pid: int) -> str | None:
    """The letter of a process' state; None when there is none of that number."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return None
