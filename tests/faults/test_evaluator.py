"""An evaluator that is killed is started again, and its run goes on."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from support.programs import ROOT, Program

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
    assert ROOT.is_dir()
    stop = 'training.stop={"iterations": 400}'
    async with Program(
        *("train", "digits-mlp", "--no-open", "--port", "0", "--seed", "1", "--workers", "1", "--set", stop),
        cwd=tmp_path,
    ) as owner:
        await owner.event("validation", 90)
        evaluator = child_of(owner._process.pid, "evaluator")
        assert evaluator is not None
        os.kill(evaluator, signal.SIGKILL)
        injected.fire(Fault.EVALUATOR_KILLED)
        finished = await owner.event("finished", 120)
        assert await owner.exit_code() == 0, await owner.stderr()
    assert finished["state"] == "finished"
    assert finished["iterations"] >= 400
    assert injected.fired[Fault.EVALUATOR_KILLED]
    await asyncio.sleep(0)
