from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
from support.certificates import make_certificate

from tests.server.volunteer import Peer, Volunteer, hello
from tests.server.world import CONFIG, INFO, LIMITS, TARGET, FakeShards, FakeValidator, make_task
from webnn.core.config import RunConfig, StopConditions
from webnn.core.errors import WebNNError
from webnn.core.states import RunState
from webnn.model.definition import CheckpointPlan
from webnn.server import hosted, service
from webnn.server.config import Limits, ServerConfig
from webnn.server.listening import bind_socket, local_url, people_url, tls_context
from webnn.server.news import StatusNews, ValidationNews
from webnn.server.resuming import TakenUp, take_up
from webnn.server.run_folder import make_run_folder
from webnn.server.run_task import RunTask
from webnn.server.service import Finished, Listening, TrainingServer
from webnn.store.journal import Journal


@dataclass
class FakePrepared:
    """What the service needs of a prepared run."""

    folder: Path
    config: RunConfig = CONFIG
    id: str = INFO.id
    validator: FakeValidator = field(default_factory=FakeValidator)
    closed: int = 0

    def make_task(self, limits: Limits | None = None) -> RunTask:
        return make_task(config=self.config, limits=limits or LIMITS, validator=self.validator)

    async def close(self) -> None:
        self.closed += 1


@dataclass
class KeptPrepared(FakePrepared):
    """One that is kept in its folder, as real runs are."""

    taken: TakenUp = field(init=False)

    def make_task(self, limits: Limits | None = None) -> RunTask:
        start = np.zeros(self.config.num_weights, np.float32)
        self.taken = take_up(self.folder, self.config, start, plan=CheckpointPlan(every_seconds=60.0, keep=1))
        made = (INFO, self.taken.run, self.taken.engine, self.validator, FakeShards())
        task = RunTask(*made, clock=self.taken.clock, limits=limits or LIMITS, keeper=self.taken.keeper)
        self.taken.furnish(task)
        return task

    async def close(self) -> None:
        await self.taken.keeper.close()
        await super().close()


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The states in which runs were saved."""
    states: list[str] = []

    def save(prepared: FakePrepared, task: RunTask, status: dict[str, Any]) -> Path:
        states.append(status["state"])
        return prepared.folder

    monkeypatch.setattr(hosted, "save_run", save)
    return states


def config(tmp_path: Path, **changes: Any) -> ServerConfig:
    return ServerConfig(tmp_path / "runs", port=0, limits=LIMITS, **changes)


@pytest.mark.parametrize("prefix", ["", "/lab"])
async def test_service_runs_to_the_end_saves_and_tells(tmp_path: Path, saved: list[str], prefix: str) -> None:
    prepared = FakePrepared(tmp_path)
    events: list[service.ServiceEvent] = []
    async with (
        TrainingServer(prepared, config(tmp_path, prefix=prefix), on_event=events.append) as server,  # type: ignore[arg-type]
        aiohttp.ClientSession() as http,
    ):
        listening = server.listening
        assert listening.join_url == f"{listening.url}/join/{INFO.id}"
        async with http.get(listening.watch_url) as page:
            assert page.status == 200
        peer = await Peer.connect(http, f"{listening.url}/api/v1/runs/{INFO.id}")
        training = asyncio.create_task(Volunteer(peer, TARGET, seconds=0.01).train())
        finished = await asyncio.wait_for(server.wait_finished(), 10)
        assert (await training).code == 1000
        assert [one["code"] for one in peer.heard if one["type"] == "goodbye"] == ["finished"]
        async with http.get(listening.watch_url) as page:
            assert page.status == 200, "the pages stay until the server is left"
    assert finished.state is RunState.FINISHED
    assert finished.accuracy is not None
    assert finished.accuracy >= 0.99
    assert finished.export == tmp_path
    assert finished.volunteers == 1
    assert finished.merges > 0
    assert saved == ["finished"]
    assert prepared.closed
    kinds = [type(event) for event in events]
    assert kinds[0] is Listening
    assert kinds[-1] in (Finished, StatusNews)
    assert kinds.count(Finished) == 1
    assert ValidationNews in kinds
    assert StatusNews in kinds


async def test_where_a_run_is_served_is_on_the_disk_before_anyone_is_told(tmp_path: Path, saved: list[str]) -> None:
    found: list[tuple[str, str | None]] = []

    def hear(event: service.ServiceEvent) -> None:
        if isinstance(event, Listening):
            journal = Journal.look(tmp_path)
            assert journal is not None
            found.append((event.url, journal.fact("url")))
            journal.close()

    async with TrainingServer(KeptPrepared(tmp_path), config(tmp_path), on_event=hear) as server:  # type: ignore[arg-type]
        url = server.listening.url
    assert found == [(url, url)]
    assert saved == ["stopped"]


async def test_service_that_is_stopped_saves_and_tells_volunteers_why(tmp_path: Path, saved: list[str]) -> None:
    prepared = FakePrepared(tmp_path)
    async with (
        aiohttp.ClientSession() as http,
        TrainingServer(prepared, config(tmp_path)) as server,  # type: ignore[arg-type]
    ):
        peer = await Peer.connect(http, f"{server.listening.url}/api/v1/runs/{INFO.id}")
        await peer.join()
        await peer.lease()
        stopping = asyncio.create_task(server.stop("Ctrl-C was pressed."))
        assert (await peer.expect("outcome"))["outcome"] == "not_needed"
        assert (await peer.expect("state"))["reason"] == "Ctrl-C was pressed."
        assert (await peer.closed()).code == 1000
        finished = await asyncio.wait_for(stopping, 10)
        assert finished is not None
        assert (finished.state, finished.reason) == (RunState.STOPPED, "Ctrl-C was pressed.")
        await server.stop("again")
    assert saved == ["stopped"]


async def test_service_that_is_left_early_stops_the_run(tmp_path: Path, saved: list[str]) -> None:
    with pytest.raises(KeyError):
        async with TrainingServer(FakePrepared(tmp_path), config(tmp_path)):  # type: ignore[arg-type]
            raise KeyError
    assert saved == ["stopped"]


async def test_run_that_cannot_be_saved_still_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def save(*_: object) -> Path:
        raise OSError("disk full")

    monkeypatch.setattr(hosted, "save_run", save)
    prepared = FakePrepared(tmp_path, replace(CONFIG, stop=StopConditions(seconds=0.05)))
    async with TrainingServer(prepared, config(tmp_path)) as server:  # type: ignore[arg-type]
        finished = await asyncio.wait_for(server.wait_finished(), 10)
    assert finished.export is None


async def test_evaluator_that_fails_for_good_does_not_keep_a_run_from_ending(tmp_path: Path, saved: list[str]) -> None:
    prepared = FakePrepared(tmp_path, replace(CONFIG, stop=StopConditions(seconds=0.05)))
    prepared.validator.failure = WebNNError("evaluator_failed")
    async with TrainingServer(prepared, config(tmp_path)) as server:  # type: ignore[arg-type]
        finished = await asyncio.wait_for(server.wait_finished(), 10)
    assert (finished.state, finished.accuracy) == (RunState.FINISHED, None)
    assert prepared.validator.versions_seen >= 3


async def test_busy_port_is_told_with_what_to_do(tmp_path: Path, saved: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        prepared = FakePrepared(tmp_path)
        with pytest.raises(WebNNError, match=rf"Port {port} on 127.0.0.1 is taken .*--port 0") as refused:
            async with TrainingServer(prepared, replace(config(tmp_path), port=port)):  # type: ignore[arg-type]
                pass
    assert refused.value.code == "port_in_use"
    assert prepared.closed


def test_host_that_is_not_ours_is_refused() -> None:
    with pytest.raises(WebNNError, match=r"203\.0\.113\.1") as refused:
        bind_socket("203.0.113.1", 0)
    assert refused.value.code == "settings"


def test_urls_are_for_programs_here_and_for_people_anywhere(tmp_path: Path) -> None:
    lan = ServerConfig(tmp_path, host="0.0.0.0", prefix="/a")
    assert local_url(lan, 80) == people_url(lan, 80) == "http://127.0.0.1:80/a"
    public = ServerConfig(tmp_path, host="::1", public_url="https://webnn.example/b/")
    assert local_url(public, 81) == "http://[::1]:81"
    assert people_url(public, 81) == "https://webnn.example/b"


@pytest.mark.parametrize(
    "changes",
    [
        {"port": 65536},
        {"prefix": "a"},
        {"prefix": "/a/"},
        {"prefix": "/a b"},
        {"tls_cert": Path("x.pem")},
        {"public_url": "webnn.example"},
        {"public_url": "https://webnn.example?x=1"},
    ],
)
def test_settings_that_make_no_sense_are_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(WebNNError) as refused:
        ServerConfig(tmp_path, **changes)
    assert refused.value.code == "settings"


def test_tls_files_that_are_missing_or_no_certificate_are_told(tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    with pytest.raises(WebNNError, match=r"There is no TLS file .*cert\.pem"):
        tls_context(ServerConfig(tmp_path, tls_cert=cert, tls_key=key))
    cert.write_text("no")
    key.write_text("no")
    with pytest.raises(WebNNError, match="are not a PEM certificate and its key"):
        tls_context(ServerConfig(tmp_path, tls_cert=cert, tls_key=key))
    assert tls_context(ServerConfig(tmp_path)) is None


def test_run_folders_have_names_of_their_own(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    first, second = make_run_folder(tmp_path, "My model/..", now), make_run_folder(tmp_path, "My model/..", now)
    assert first != second
    assert first.name.startswith("my-model-20260102-030405-")
    assert first.parent == tmp_path


async def test_service_speaks_tls_with_the_files_given(tmp_path: Path, saved: list[str]) -> None:
    cert, key = make_certificate(tmp_path)
    trusting = ssl.create_default_context(cafile=str(cert))
    trusting.check_hostname = False
    async with (
        TrainingServer(FakePrepared(tmp_path), config(tmp_path, tls_cert=cert, tls_key=key)) as server,  # type: ignore[arg-type]
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting)) as http,
    ):
        assert server.listening.url.startswith("https://")
        assert server.listening.workers_url == server.listening.url
        peer = await Peer.connect(http, f"{server.listening.url}/api/v1/runs/{INFO.id}", origin=server.listening.url)
        assert (await peer.join())["state"] == "running"


@pytest.mark.parametrize("prefix", ["", "/lab"])
async def test_service_with_tls_has_a_plain_loopback_for_workers_on_this_computer(
    tmp_path: Path, saved: list[str], prefix: str
) -> None:
    cert, key = make_certificate(tmp_path)
    settings = config(tmp_path, tls_cert=cert, tls_key=key, prefix=prefix)
    async with (
        TrainingServer(FakePrepared(tmp_path), settings, loopback=True) as server,  # type: ignore[arg-type]
        aiohttp.ClientSession() as http,
    ):
        assert server.listening.join_url.startswith("https://")
        assert server.listening.workers_url.startswith("http://127.0.0.1:")
        peer = await Peer.connect(http, f"{server.listening.workers_url}/api/v1/runs/{INFO.id}")
        assert (await peer.join())["state"] == "running"


async def test_local_workers_have_a_port_of_their_own_where_a_code_is_asked_for(
    tmp_path: Path, saved: list[str]
) -> None:
    settings = config(tmp_path, password="correct horse")
    async with (
        TrainingServer(FakePrepared(tmp_path), settings, loopback=True) as server,  # type: ignore[arg-type]
        aiohttp.ClientSession() as http,
    ):
        own, others = server.listening.workers_url, server.listening.url
        assert own.startswith("http://127.0.0.1:")
        assert own != others
        peer = await Peer.connect(http, f"{own}/api/v1/runs/{INFO.id}")
        assert (await peer.join())["state"] == "running"
        stranger = await Peer.connect(http, f"{others}/api/v1/runs/{INFO.id}")
        await stranger.send(hello())
        assert (await stranger.closed()).code == 4006
