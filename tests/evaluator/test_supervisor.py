"""The supervisor against a fake child: one request at a time, restarts, no process left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest

from webnn.core.errors import WebNNError
from webnn.evaluator.supervisor import Exchange, Supervisor

FAKE_CHILD = Path(__file__).with_name("fake_child.py")
ROOT = Path(__file__).parents[2]


async def nothing(_exchange: Exchange) -> None:
    return None


@pytest.fixture
async def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Callable[..., Supervisor]]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    made: list[Supervisor] = []

    def build(restore: object = nothing, **options: float) -> Supervisor:
        command = [sys.executable, str(FAKE_CHILD), str(tmp_path / "lives")]
        made.append(Supervisor(command, restore, **options))  # type: ignore[arg-type]
        return made[-1]

    yield build
    for supervisor in made:
        await supervisor.close()


def ask(kind: str, payload: memoryview | None = None, **fields: object) -> Callable[[Exchange], object]:
    async def operation(exchange: Exchange) -> dict[str, object]:
        return {**(await exchange(kind, fields, payload)).header}

    return operation


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def test_large_payloads_go_both_ways_while_the_loop_stays_free(make: Callable[..., Supervisor]) -> None:
    sent = np.arange(5_000_000, dtype=np.float32)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0)
            ticks += 1

    async def echo(exchange: Exchange) -> np.ndarray:
        frame = await exchange("echo", None, memoryview(sent))
        return np.frombuffer(frame.payload, np.float32)

    ticking = asyncio.create_task(tick())
    assert np.array_equal(await make().perform(echo), sent)
    ticking.cancel()
    assert ticks > 40  # 20 MB either way, at most one MiB at once


async def test_a_refusal_carries_its_code_and_the_process_lives_on(make: Callable[..., Supervisor]) -> None:
    supervisor = make()
    with pytest.raises(WebNNError, match="No") as caught:
        await supervisor.perform(ask("refuse"))
    assert caught.value.code == "invalid_model"
    assert (await supervisor.perform(ask("echo")))["life"] == 1


async def test_a_death_in_mid_request_is_survived_with_the_state_rebuilt(make: Callable[..., Supervisor]) -> None:
    async def restore(exchange: Exchange) -> None:
        await exchange("remember", {"value": 42})

    supervisor = make(restore)
    reply = await supervisor.perform(ask("die_once"))
    assert (reply["life"], reply["remembered"]) == (2, 42)


async def test_a_death_between_requests_is_survived(make: Callable[..., Supervisor]) -> None:
    supervisor = make()
    assert (await supervisor.perform(ask("echo")))["life"] == 1
    assert supervisor.pid is not None
    os.kill(supervisor.pid, signal.SIGTERM)
    assert (await supervisor.perform(ask("echo")))["life"] == 2


async def test_a_request_that_kills_twice_is_given_up_with_last_words(make: Callable[..., Supervisor]) -> None:
    supervisor = make()
    with pytest.raises(WebNNError, match="life 2") as caught:
        await supervisor.perform(ask("die"))
    assert caught.value.code == "evaluator_failed"
    assert (await supervisor.perform(ask("echo")))["life"] == 3


async def test_a_process_that_hangs_is_killed(make: Callable[..., Supervisor]) -> None:
    assert (await make(request_seconds=1.5).perform(ask("hang_once")))["life"] == 2


async def test_a_process_that_babbles_is_killed(make: Callable[..., Supervisor]) -> None:
    with pytest.raises(WebNNError, match="died twice"):
        await make().perform(ask("babble"))


async def test_too_many_deaths_are_too_many(make: Callable[..., Supervisor]) -> None:
    supervisor = make(max_restarts=1)
    with pytest.raises(WebNNError, match="died twice"):
        await supervisor.perform(ask("die"))
    with pytest.raises(WebNNError, match="2 times"):
        await supervisor.perform(ask("echo"))


async def test_a_cancelled_caller_does_not_mix_up_replies(make: Callable[..., Supervisor]) -> None:
    supervisor = make()
    await supervisor.start()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await supervisor.perform(ask("remember", value=1))
    assert (await supervisor.perform(ask("echo")))["remembered"] == 1


@pytest.mark.skipif(sys.platform == "win32", reason="no signal 0 there")
async def test_close_fails_what_waits_and_leaves_no_process(make: Callable[..., Supervisor]) -> None:
    supervisor = make()
    await supervisor.start()
    pid = supervisor.pid
    assert pid is not None
    waiting = asyncio.create_task(supervisor.perform(ask("hang_once")))
    queued = asyncio.create_task(supervisor.perform(ask("echo")))
    await asyncio.sleep(0)
    await supervisor.close()
    for task in (waiting, queued):
        with pytest.raises(WebNNError, match="closed"):
            await task
    assert gone(pid)
    with pytest.raises(WebNNError, match="closed"):
        await supervisor.perform(ask("echo"))
