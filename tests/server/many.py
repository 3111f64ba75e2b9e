"""A server of many runs, with fakes where Node and data would be."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import aiohttp
import numpy as np

from tests.server.volunteer import Closed, Peer, Volunteer
from tests.server.world import CONFIG, INFO, LIMITS, TARGET, FakeValidator, make_task
from webnn.core.config import RunConfig, StopConditions
from webnn.paths import bundled_datasets_dir, bundled_models_dir
from webnn.server.config import Limits, Places, ServerConfig
from webnn.server.prepare import Preparation, PrepareRequest, Step
from webnn.server.resuming import take_up
from webnn.server.run_task import RunTask
from webnn.server.service import RunsServer

T = TypeVar("T")
MODEL = {
    "name": "small",
    "dataset": "digits",
    "layers": [{"flatten": {}}, {"dense": {"units": 10, "activation": "softmax"}}],
    "loss": "sparseCategoricalCrossentropy",
}


@dataclass
class FakePrepared:
    """A run whose keeping is real and whose model is twelve numbers."""

    folder: Path
    name: str
    config: RunConfig
    validator: FakeValidator = field(default_factory=FakeValidator)
    closed: int = 0

    def __post_init__(self) -> None:
        initial = np.zeros(self.config.num_weights, np.float32)
        self.taken = take_up(self.folder, self.config, initial, reopen=True)

    @property
    def id(self) -> str:
        return self.folder.name

    def make_task(self, limits: Limits | None = None) -> RunTask:
        taken = self.taken
        task = make_task(
            config=self.config,
            info=replace(INFO, id=self.id, name=self.name),
            limits=limits or LIMITS,
            engine=taken.engine,
            validator=self.validator,
        )
        task.run, task._clock, task.keeper = taken.run, taken.clock, taken.keeper
        taken.furnish(task)
        return task

    async def close(self) -> None:
        self.closed += 1
        await self.taken.keeper.close()


@dataclass
class Preparer:
    """Prepares runs in no time. `hold`: not before it is set. `failures` by a model's name."""

    stop: dict[str, StopConditions] = field(default_factory=dict)
    failures: dict[str, Exception] = field(default_factory=dict)
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    prepared: list[FakePrepared] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.hold.set()

    async def __call__(self, request: PrepareRequest, progress: Callable[[Preparation], None]) -> FakePrepared:
        name = request.definition.name
        progress(Step(f"Loading the dataset of {name}"))
        await self.hold.wait()
        if name in self.failures:
            raise self.failures[name]
        folder = request.resume or request.folder
        assert folder is not None
        if request.resume is None:
            written = {
                "run": folder.name,
                "created": f"2026-01-01T00:00:{len(self.prepared):02}+00:00",
                "seed": request.seed,
                "name": name,
                "model_file": None,
                "model": request.definition.raw,
                "dataset": {"name": request.definition.dataset},
                "num_weights": CONFIG.num_weights,
            }
            (folder / "config.json").write_text(json.dumps(written))
        config = replace(CONFIG, stop=self.stop.get(name, CONFIG.stop), lease_seconds=0.02)
        self.prepared.append(FakePrepared(folder, name, config))
        return self.prepared[-1]


@dataclass
class Many:
    """A server, and an owner who talks to it."""

    server: RunsServer
    http: aiohttp.ClientSession
    preparer: Preparer
    events: list[Any]

    @property
    def url(self) -> str:
        return self.server.listening.url

    @property
    def token(self) -> str:
        return self.server.listening.owner_token

    async def ask(self, method: str, path: str, body: Any = None, owner: bool = True) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token}"} if owner else {}
        async with self.http.request(method, f"{self.url}/api/v1{path}", json=body, headers=headers) as answer:
            return answer.status, await answer.json() if answer.content_length else None

    async def new(self, name: str = "small", **more: Any) -> str:
        status, answer = await self.ask("POST", "/runs", {"model": MODEL | {"name": name}, **more})
        assert status == 201, answer
        return str(answer["id"])

    async def status(self, run: str) -> dict[str, Any]:
        return dict((await self.ask("GET", f"/runs/{run}"))[1])

    async def until(self, run: str, *states: str) -> dict[str, Any]:
        """Wait until a run is in one of `states`."""
        while (status := await self.status(run))["state"] not in states:
            assert status["state"] != "failed", status["reason"]
            await asyncio.sleep(0.01)
        return status

    def volunteer(self, run: str, *, bound: bool = True, seconds: float = 0.0) -> Wanderer:
        return Wanderer(self, run, bound=bound, seconds=seconds)


class Wanderer:
    """A volunteer that goes where the server sends it; `trained` has the runs that it was welcome in."""

    def __init__(self, many: Many, run: str, *, bound: bool, seconds: float) -> None:
        self.many, self.run, self.bound, self.seconds = many, run, bound, seconds
        self.trained: list[str] = []
        self.goodbyes: list[dict[str, Any]] = []
        self.joined = asyncio.Event()

    async def train(self) -> Closed:
        """Train until there is nothing to come back to."""
        while True:
            peer = await Peer.connect(self.many.http, f"{self.many.url}/api/v1/runs/{self.run}")
            worker = _Worker(peer, self)
            try:
                closed = await worker.train()
            finally:
                await peer.socket.close()
            farewell = next((one for one in reversed(peer.heard) if one["type"] == "goodbye"), None)
            if farewell is None:
                return closed
            self.goodbyes.append(farewell)
            if farewell["reconnect_seconds"] is None:
                return closed
            self.run = farewell["run"] or self.run
            await asyncio.sleep(0.01)


class _Worker(Volunteer):
    def __init__(self, peer: Peer, wanderer: Wanderer) -> None:
        super().__init__(peer, TARGET, pull=0.3, seconds=wanderer.seconds)
        self.wanderer = wanderer

    async def train(self) -> Closed:
        try:
            await self.peer.join(bound=self.wanderer.bound)
            self.wanderer.trained.append(self.wanderer.run)
            self.wanderer.joined.set()
            await self.peer.send({"type": "ready", "backend": "t", "seconds_per_iteration": 0.01, "version": None})
            while True:
                await self._answer((await self.peer.receive()).header)
        except Closed as closed:
            return closed
        except aiohttp.ClientError:
            return await self.peer.closed()


@asynccontextmanager
async def serve_many(runs_dir: Path, preparer: Preparer | None = None, **settings: Any) -> AsyncIterator[Many]:
    preparer = preparer or Preparer()
    places = Places((bundled_models_dir(),), (bundled_datasets_dir(),), runs_dir / "data")
    config = ServerConfig(runs_dir, port=0, limits=LIMITS, places=places, **settings)
    events: list[Any] = []
    server = RunsServer(config, on_event=events.append, prepare=preparer)  # type: ignore[arg-type]
    async with server, aiohttp.ClientSession() as http:
        yield Many(server, http, preparer, events)


class Background:
    """A server of many runs in a thread of its own, for a test that waits for answers."""

    def __init__(self, runs_dir: Path, preparer: Preparer | None = None, **settings: Any) -> None:
        self._arguments = (runs_dir, preparer)
        self._settings = settings
        self.runs_dir = runs_dir
        self._trainings: list[asyncio.Task[Closed]] = []
        self.many: Many

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._stack = AsyncExitStack()
        self.many = self.call(self._stack.enter_async_context(serve_many(*self._arguments, **self._settings)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.call(self._end())
            self.call(self._loop.shutdown_default_executor())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    async def _end(self) -> None:
        for training in self._trainings:
            training.cancel()
        await asyncio.gather(*self._trainings, return_exceptions=True)
        await self._stack.aclose()
        await asyncio.sleep(0)  # transports that were closed are let go of in the loop's next turn

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something in the server's loop, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def train(self, run: str) -> None:
        """Let a volunteer train until the server ends."""

        async def begin() -> None:
            self._trainings.append(asyncio.create_task(self.many.volunteer(run, seconds=0.01).train()))

        self.call(begin())
