"""A served run with fakes where Node and data would be."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
from aiohttp import web

from tests.server.volunteer import Peer, Vector
from webnn.core.config import RunConfig, ShardSize, StopConditions
from webnn.core.errors import WebNNError
from webnn.core.events import Start
from webnn.core.frames import Buffer, encode_frame
from webnn.core.merging import MergeSpec, make_strategy
from webnn.core.metrics import Validation
from webnn.core.run import Run
from webnn.engine.local import LocalEngine
from webnn.server.app import create_app
from webnn.server.clock import RunClock
from webnn.server.config import Limits, ServerConfig
from webnn.server.doorman import GuardedRunner
from webnn.server.info import RunInfo
from webnn.server.keys import RUNS, TOKENS
from webnn.server.run_task import RunTask

NUM_WEIGHTS = 12
TARGET: Vector = np.linspace(-1, 1, NUM_WEIGHTS, dtype=np.float32)
SHARDS = {
    hashlib.sha256(frame).hexdigest(): frame
    for frame in (encode_frame({"type": "shard", "num_examples": 400}, bytes([i]) * 4000) for i in range(3))
}


class FakeValidator:
    """Accuracy is 1 at the target and falls with the distance from it."""

    def __init__(self, target: Vector = TARGET) -> None:
        self._target = target
        self.versions_seen = 0
        self.failure: Exception | None = None
        self.loss: float | None = None

    async def validate(self, weights: Buffer, num_examples: int | None, version: int) -> Validation:
        self.versions_seen += 1
        if self.failure is not None:
            raise self.failure
        distance = float(np.abs(np.frombuffer(weights, np.float32) - self._target).mean())
        return Validation(
            loss=distance if self.loss is None else self.loss,
            accuracy=1 / (1 + distance),
            num_examples=num_examples or 500,
        )


class FakeShards:
    """Three shards that compress well."""

    def get(self, name: str) -> bytes:
        if name not in SHARDS:
            raise WebNNError("no_such_shard")
        return SHARDS[name]

    def gzipped(self, name: str) -> bytes | None:
        return gzip.compress(self.get(name), mtime=0)


CONFIG = RunConfig(
    seed=3,
    shards=tuple(ShardSize(name, 400) for name in SHARDS),
    batch_size=10,
    learning_rate=0.1,
    num_weights=NUM_WEIGHTS,
    num_trainable=NUM_WEIGHTS - 2,
    validation_total=500,
    validation_examples=100,
    validate_every_seconds=0.02,
    lease_seconds=0.1,
    stop=StopConditions(accuracy=0.99),
    merge=MergeSpec("average"),
)

INFO = RunInfo(
    id="test-run",
    name="test",
    description="A run for tests",
    model={"name": "test", "topology": {}, "weights": [], "num_weights": NUM_WEIGHTS, "num_trainable": NUM_WEIGHTS - 2},
    dataset={"name": "fake", "num_examples": 1200},
    training={"batch_size": 10, "lease_seconds": 0.1, "seed": 3, "clip": None},
)

LIMITS = Limits(live_seconds=0.05, version_seconds=0.02, close_seconds=1.0)


@dataclass(slots=True)
class Served:
    """A server on a port of its own, and the one run that it has."""

    url: str
    app: web.Application
    task: RunTask
    validator: FakeValidator
    http: aiohttp.ClientSession
    token: str
    runs_dir: Path
    stop: Callable[[], Any]
    peers: list[Peer] = field(default_factory=list)

    @property
    def base(self) -> str:
        return f"{self.url}/api/v1/runs/{self.task.info.id}"

    @property
    def owner(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def peer(self, **options: Any) -> Peer:
        peer = await Peer.connect(self.http, self.base, **options)
        self.peers.append(peer)
        return peer

    async def get(self, path: str, **options: Any) -> tuple[aiohttp.ClientResponse, bytes]:
        async with self.http.get(f"{self.url}{path}", **options) as response:
            return response, await response.read()

    async def json(self, path: str) -> Any:
        async with self.http.get(f"{self.url}{path}") as response:
            return await response.json()

    async def post(self, path: str, **options: Any) -> tuple[int, Any]:
        async with self.http.post(f"{self.base}{path}", **options) as response:
            return response.status, await response.json()


def make_task(
    *,
    config: RunConfig = CONFIG,
    info: RunInfo = INFO,
    limits: Limits = LIMITS,
    engine: LocalEngine | None = None,
    validator: FakeValidator | None = None,
) -> RunTask:
    engine = engine or LocalEngine(
        make_strategy(config.merge), np.zeros(config.num_weights, np.float32), config.num_trainable
    )
    clock = RunClock()
    return RunTask(
        info, Run(config, clock()), engine, validator or FakeValidator(), FakeShards(), clock=clock, limits=limits
    )


@asynccontextmanager
async def serve(
    runs_dir: Path,
    *,
    prefix: str = "",
    public_url: str | None = None,
    trusted_proxies: tuple[str, ...] = (),
    server: Mapping[str, Any] | None = None,
    start: bool = True,
    limits: Limits = LIMITS,
    **changes: Any,
) -> AsyncIterator[Served]:
    """Serve a run; `changes` are for its config, not `engine`, `validator` and `info`; `server` for its server's."""
    validator = changes.pop("validator", None) or FakeValidator()
    parts = {key: changes.pop(key) for key in ("engine", "info") if key in changes}
    task = make_task(config=replace(CONFIG, **changes), validator=validator, limits=limits, **parts)
    edge = {"prefix": prefix, "public_url": public_url, "trusted_proxies": trusted_proxies, **(server or {})}
    config = ServerConfig(runs_dir, limits=limits, **edge)
    app = create_app(config)
    app[RUNS].add(task)
    root = app
    if prefix:
        root = web.Application()
        root.add_subapp(prefix, app)
    runner = GuardedRunner(root, limits, proxies=config.proxies, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    if start:
        task.post(Start())
    async with aiohttp.ClientSession(auto_decompress=False) as http:
        url = f"http://127.0.0.1:{port}{prefix}"
        served = Served(url, app, task, validator, http, app[TOKENS].first, runs_dir, runner.cleanup)
        try:
            yield served
        finally:
            await runner.cleanup()
            for peer in served.peers:  # one that is left open warns when Python finds it, maybe in another test
                await peer.socket.close()
