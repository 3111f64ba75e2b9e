"""When updates come faster than they merge, volunteers train longer; and none of them can make the server hold more."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from support.steady import Steady

from benchmarks.pressure import measure, parse
from tests.faults.test_network import until
from tests.faults.world import kept, pull, run_config
from tests.server.world import LIMITS, SHARDS, TARGET, serve
from webnn.core.config import StopConditions
from webnn.engine.base import Snapshot
from webnn.engine.local import LocalEngine
from webnn.server.intake import Intake
from webnn.server.resources import give_memory_back, memory_in_use


async def test_volunteers_train_longer_while_merging_cannot_keep_up(tmp_path: Path) -> None:
    """Eight volunteers offer 80 updates a second to a server that merges at most 20."""
    found = await measure(parse(["--seconds", "20"]), tmp_path / "test-run")
    first, last = found["first_tenth"], found["last_tenth"]
    assert last["iterations_a_lease"] > 2 * first["iterations_a_lease"]
    assert last["iterations_a_second"] > 1.2 * first["iterations_a_second"]
    assert (found["sent_away"], found["errors"]) == (0, 0)


async def test_reader_waits_while_too_much_is_held() -> None:
    intake = Intake(100)
    intake.enter("a", 60)
    assert not intake.full
    intake.enter("a", 60)  # it came twice, and counts once
    assert intake.held_bytes == 60
    intake.enter("b", 60)
    assert intake.full
    waiting = asyncio.create_task(intake.wait())
    await asyncio.sleep(0)
    assert not waiting.done()
    intake.leave("a")
    await waiting
    intake.clear()
    assert intake.held_bytes == 0


async def test_updates_beyond_what_may_be_held_wait_in_their_senders_networks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = asyncio.Event()
    merge = LocalEngine.merge

    async def blocked(engine: LocalEngine, *arguments: Any) -> Snapshot:
        await go.wait()
        return await merge(engine, *arguments)

    monkeypatch.setattr(LocalEngine, "merge", blocked)
    monkeypatch.setattr(LocalEngine, "immediate", property(lambda _: False))
    limits = replace(LIMITS, held_update_bytes=100)  # two updates of this model
    async with (
        asyncio.timeout(30),
        kept(tmp_path / "test-run", config=run_config(iterations=10_000_000), limits=limits) as (task, url),
        asyncio.TaskGroup() as group,
    ):
        volunteers = [Steady(lambda: url, pull, seconds=0.01) for _ in range(12)]
        workers = [group.create_task(volunteer.run()) for volunteer in volunteers]
        await until(lambda: task.intake.full)
        held = task.intake.held_bytes
        for _ in range(20):
            await asyncio.sleep(0.01)
            assert task.intake.held_bytes <= held + 48 * len(volunteers), "one that was read already, of each"
        assert task.run.num_merges == 0
        go.set()
        await until(lambda: all(volunteer.outcomes["merged"] for volunteer in volunteers))
        for worker in workers:
            worker.cancel()


@pytest.mark.skipif(memory_in_use() is None, reason="the system does not say how much memory is in use")
async def test_volunteer_that_does_not_read_costs_no_memory(tmp_path: Path) -> None:
    """Ten connections ask for the same shard again and again, and read none of it, while others train."""
    async with serve(tmp_path, stop=StopConditions(iterations=10_000_000)) as served:
        honest = await served.peer()
        await honest.join()
        await honest.update(await honest.lease(), TARGET)
        give_memory_back()
        before = memory_in_use()
        silent = [await greedy(served.base, next(iter(SHARDS))) for _ in range(10)]
        try:
            for _ in range(30):
                assert (await honest.update(await honest.lease(), TARGET))["outcome"] == "merged"
            give_memory_back()
            after = memory_in_use()
        finally:
            for writer in silent:
                writer.transport.abort()
    assert before is not None
    assert after is not None
    assert after - before < 10 << 20, "a megabyte for each, of the four that it asked for"


async def greedy(base: str, shard: str) -> asyncio.StreamWriter:
    """Ask for a shard a thousand times over one connection with a small window, and read no answer."""
    parts = urlsplit(base)
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, (parts.hostname, parts.port))
    reader, writer = await asyncio.open_connection(sock=sock, limit=1)
    reader._transport.pause_reading()  # type: ignore[attr-defined]
    request = f"GET {parts.path}/shards/{shard} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
    writer.write(request * 1000)
    return writer
