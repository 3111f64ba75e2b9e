"""What networks and volunteers do to a run: it counts each update once or not at all, and ends."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.steady import Cut, Steady

from tests.faults.faults import Fault, Injection, provokes
from tests.faults.world import QUICK, conclude, kept, pull, run_config
from tests.server.volunteer import Peer, update_for
from tests.server.world import TARGET
from webnn.core.encoding import encode_vector
from webnn.core.frames import encode_frame
from webnn.core.leases import Outcome
from webnn.server.run_task import RunTask
from webnn.store.journal import Journal


class Meddler:
    """One in so many frames of updates suffers `fault`."""

    def __init__(self, injected: Injection, fault: Fault, every: int = 3) -> None:
        self._injected = injected
        self._fault = fault
        self._every = every
        self._chance = random.Random(1)
        self._held: list[bytes] = []

    def __call__(self, frame: bytes) -> list[bytes]:
        if len(frame) < 150:  # not an update
            return [frame]
        if self._chance.randrange(self._every):
            held, self._held = self._held, []
            return [frame, *held]
        self._injected.fire(self._fault)
        match self._fault:
            case Fault.CONNECTION_CUT:
                raise Cut
            case Fault.DUPLICATED:
                return [frame, frame, frame]
            case Fault.REORDERED:
                self._held.append(frame)
                return []
            case Fault.TRUNCATED:
                return [frame[: random.randrange(4, len(frame))]]
            case _:
                raise AssertionError(self._fault)


def check_accounts(task: RunTask, folder: Path) -> None:
    """What the run counts is what its journal says was merged, once each."""
    journal = Journal.open(folder)
    _, iterations, examples = journal.merged()
    assert (iterations, examples) == (task.run.iterations, task.run.status(0).examples)
    assert {str(outcome): count for outcome, count in task.run.outcomes.items()} == journal.outcomes()
    journal.close()


@provokes(Fault.CONNECTION_CUT, Fault.DUPLICATED, Fault.REORDERED, Fault.TRUNCATED)
@pytest.mark.parametrize("fault", [Fault.CONNECTION_CUT, Fault.DUPLICATED, Fault.REORDERED, Fault.TRUNCATED])
async def test_frames_that_suffer_count_once_or_not_at_all(tmp_path: Path, injected: Injection, fault: Fault) -> None:
    settings = run_config(min_lease_timeout_seconds=0.3, lease_timeout_factor=1.0)  # what is lost is soon given anew
    async with asyncio.timeout(60), kept(tmp_path / "test-run", config=settings) as (task, url):
        meddled = Steady(lambda: url, pull, meddle=Meddler(injected, fault))
        honest = Steady(lambda: url, pull, seconds=0.005)
        async with asyncio.TaskGroup() as group:
            workers = [group.create_task(volunteer.run()) for volunteer in (meddled, honest)]
            await conclude(task)
            for worker in workers:
                worker.cancel()
    assert injected.fired[fault] >= 2
    assert task.run.outcomes[Outcome.MERGED] > 5
    assert meddled.outcomes["merged"] > 0
    check_accounts(task, tmp_path / "test-run")


@provokes(Fault.GONE_BEFORE_UPLOAD, Fault.GONE_DURING_UPLOAD, Fault.GONE_AFTER_UPLOAD)
@pytest.mark.parametrize("fault", [Fault.GONE_BEFORE_UPLOAD, Fault.GONE_DURING_UPLOAD, Fault.GONE_AFTER_UPLOAD])
async def test_lease_of_a_volunteer_that_vanishes_ends_once(tmp_path: Path, injected: Injection, fault: Fault) -> None:
    import aiohttp

    async with (
        asyncio.timeout(30),
        kept(tmp_path / "test-run", config=run_config(min_lease_timeout_seconds=0.5)) as (task, url),
        aiohttp.ClientSession() as http,
    ):
        peer = await Peer.connect(http, url)
        await peer.join()
        lease = await peer.lease()
        frame = encode_frame(update_for(lease), encode_vector(TARGET, "f32"))
        if fault is Fault.GONE_DURING_UPLOAD:
            peer.socket._writer.transport.write(_started(frame))  # type: ignore[attr-defined]
            await asyncio.sleep(0.05)
        elif fault is Fault.GONE_AFTER_UPLOAD:
            await peer.socket.send_bytes(frame)
        peer.socket._writer.transport.abort()  # type: ignore[attr-defined]
        wanted = Outcome.MERGED if fault is Fault.GONE_AFTER_UPLOAD else Outcome.EXPIRED
        await until(lambda: task.run.outcomes[wanted] == 1)
        assert sum(task.run.outcomes.values()) == 1
        await until(lambda: not task.run.volunteers)  # the server has seen it go
        injected.fire(fault)
        async with asyncio.TaskGroup() as group:
            group.create_task(Steady(lambda: url, pull).run())
            await conclude(task)
    check_accounts(task, tmp_path / "test-run")


def _started(frame: bytes) -> bytes:
    """The beginning of a masked WebSocket message that says that it has all of `frame`."""
    return bytes([0x82, 0x80 | 126]) + len(frame).to_bytes(2, "big") + bytes(4) + frame[: len(frame) // 2]


async def until(true: Callable[[], bool]) -> None:
    """Wait, within the test's own limit, until something is so."""
    while not true():  # noqa: ASYNC110 (nothing tells of it)
        await asyncio.sleep(0.01)


class Proxy:
    """Passes bytes on between volunteers and the server; may hold them back for a while, or for ever."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port, self._path = parts.hostname, parts.port, parts.path
        self.open = asyncio.Event()
        self.open.set()
        self.delay_seconds = 0.0
        self.held_back = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}{self._path}"

    async def close(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._host, self._port)
        self._writers += [writer, back]
        for source, sink in ((reader, back), (there, writer)):
            task = asyncio.create_task(self._pass_on(source, sink))
            self._tasks.add(task)

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(1 << 16):
                if not self.open.is_set():
                    self.held_back += 1
                    await self.open.wait()
                if self.delay_seconds:
                    self.held_back += 1
                    await asyncio.sleep(random.uniform(0, 2 * self.delay_seconds))
                sink.write(data)
                await sink.drain()
        except ConnectionError:
            pass
        finally:
            sink.close()


@provokes(Fault.DELAYED)
async def test_frames_that_come_late_count(tmp_path: Path, injected: Injection) -> None:
    async with asyncio.timeout(60), kept(tmp_path / "test-run", config=run_config(iterations=300)) as (task, url):
        proxy = Proxy(url)
        address = await proxy.start()
        proxy.delay_seconds = 0.01
        volunteers = [Steady(lambda: address, pull) for _ in range(3)]
        async with asyncio.TaskGroup() as group:
            workers = [group.create_task(volunteer.run()) for volunteer in volunteers]
            await conclude(task)
            for worker in workers:
                worker.cancel()
        await proxy.close()
    injected.fired[Fault.DELAYED] += proxy.held_back
    assert injected.fired[Fault.DELAYED] > 20
    assert set(task.run.outcomes) <= {Outcome.MERGED, Outcome.NOT_NEEDED}
    check_accounts(task, tmp_path / "test-run")


@provokes(Fault.PROXY_STALLS)
async def test_volunteers_behind_a_proxy_that_stalls_cost_nobody_else_anything(
    tmp_path: Path, injected: Injection
) -> None:
    limits = replace(QUICK, silence_seconds=0.5, hello_seconds=0.5)
    settings = run_config(min_lease_timeout_seconds=0.3)
    async with asyncio.timeout(60), kept(tmp_path / "test-run", config=settings, limits=limits) as (task, url):
        proxy = Proxy(url)
        address = await proxy.start()
        stalled = [Steady(lambda: address, pull) for _ in range(2)]
        direct = Steady(lambda: url, pull, seconds=0.005)
        async with asyncio.TaskGroup() as group:
            workers = [group.create_task(volunteer.run()) for volunteer in (*stalled, direct)]
            await until(lambda: sum(volunteer.outcomes["merged"] for volunteer in stalled) > 2)
            proxy.open.clear()
            await conclude(task)
            injected.fired[Fault.PROXY_STALLS] += proxy.held_back
            for worker in workers:
                worker.cancel()
        await proxy.close()
    assert injected.fired[Fault.PROXY_STALLS]
    assert direct.outcomes["merged"] > 0
    check_accounts(task, tmp_path / "test-run")
