"""The pool of headless volunteers: restarts, goodbyes, exit codes."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from webnn.core.errors import WebNNError
from webnn.evaluator import worker
from webnn.evaluator.worker import ExitCode, WorkerPool

FAKE = Path(__file__).with_name("fake_volunteer.py")


class Heard(list[tuple[int, dict[str, Any]]]):
    """The events so far."""

    def __init__(self) -> None:
        super().__init__()
        self.started = asyncio.Semaphore(0)

    def add(self, number: int, event: Mapping[str, Any]) -> None:
        self.append((number, dict(event)))
        if event["type"] == "worker":
            self.started.release()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def make(tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch) -> Callable[..., WorkerPool]:
    monkeypatch.setattr(worker, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(worker, "LONGEST_PAUSE_SECONDS", 0.01)

    def build(url: str, count: int = 1, **options: Any) -> WorkerPool:
        command = [sys.executable, str(FAKE), str(tmp_path / "lives")]
        return WorkerPool(url, count, command=command, on_event=heard.add, **options)

    return build


async def test_a_pool_ends_when_its_run_is_over(make: Callable[..., WorkerPool], heard: Heard) -> None:
    async with make("exit-0", share=0.5, name="lab") as pool:
        assert await pool.wait() == ExitCode.DONE
    (number, event), *rest = heard
    assert (number, rest) == (0, [])
    arguments = event["arguments"]
    assert arguments[arguments.index("--share") + 1] == "0.5"
    assert arguments[arguments.index("--name") + 1] == "lab"


async def test_a_broken_worker_is_started_again(make: Callable[..., WorkerPool], heard: Heard) -> None:
    async with make("exit-1,1,0") as pool:
        assert await pool.wait() == ExitCode.DONE
    assert [event["life"] for _, event in heard] == [1, 2, 3]


async def test_a_worker_that_keeps_breaking_is_given_up(make: Callable[..., WorkerPool], heard: Heard) -> None:
    async with make("exit-1") as pool:
        assert await pool.wait() == ExitCode.BROKEN
    assert len(heard) == worker.MAX_QUICK_DEATHS


@pytest.mark.parametrize("code", [ExitCode.REFUSED, ExitCode.UNREACHABLE])
async def test_a_worker_that_cannot_work_is_not_started_again(
    make: Callable[..., WorkerPool], heard: Heard, code: ExitCode
) -> None:
    async with make(f"exit-{code}") as pool:
        assert await pool.wait() == code
    assert len(heard) == 1


async def test_stopping_asks_the_workers_to_leave(make: Callable[..., WorkerPool], heard: Heard) -> None:
    pool = make("wait", count=2)
    await pool.start()
    for _ in range(2):
        await heard.started.acquire()
    pids = pool.pids
    await pool.stop()
    assert sorted(number for number, event in heard if event["type"] == "closed") == [0, 1]
    assert await pool.wait() == ExitCode.DONE
    assert pool.pids == ()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(WebNNError, match="at least 1"):
        WorkerPool("http://127.0.0.1:1/join/r", 0, command=["node"])
    with pytest.raises(WebNNError, match="share"):
        WorkerPool("http://127.0.0.1:1/join/r", 1, share=0, command=["node"])
