"""A server: started, followed and stopped by the command line or by a program; for one run, or for a queue of them."""

from __future__ import annotations

import asyncio
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aiohttp import web

from webnn.core.errors import WebNNError
from webnn.core.events import Start, Stop
from webnn.server.config import ServerConfig
from webnn.server.hosted import Finished, HostedRun, finished_event
from webnn.server.hosting import Host, HostEvent, Prepare
from webnn.server.keys import HOST, RUNS, TOKENS
from webnn.server.news import News
from webnn.server.prepare import PreparedRun, prepare_run
from webnn.server.run_task import RunTask
from webnn.server.site import Site, mount
from webnn.server.tickets import keep_place

__all__ = ["Finished", "Listening", "RunsServer", "ServiceEvent", "TrainingServer", "finished_event", "mount"]


@dataclass(frozen=True, slots=True)
class Listening:
    """The server answers. `url` is for programs on this computer, `join_url` and `watch_url` for people, anywhere.

    `workers_url` is for volunteers that the owner's own program starts here: plain http where there is `loopback`.
    A server of many runs has no `run`; its `join_url` sends a volunteer wherever help is needed.
    """

    url: str
    workers_url: str
    join_url: str
    watch_url: str
    run: str
    owner_token: str


ServiceEvent = Listening | News | Finished


class _Server(ABC):
    """What both kinds of server are: an async context manager that listens at an address."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._listening: Listening | None = None

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.close()
            raise
        return self

    @property
    def listening(self) -> Listening:
        """Where the server answers, once it has been started."""
        assert self._listening is not None, "the server has not been started"
        return self._listening

    @abstractmethod
    async def start(self) -> str:
        """Begin to listen; returns the URL."""

    @abstractmethod
    async def close(self) -> None:
        """Close everything. May be called twice."""


class TrainingServer(_Server):
    """Serves one prepared run until it is over, saves it, and ends.

    Use as an async context manager: leaving it stops the run if it still goes on, tells the volunteers why, saves, and
    closes everything, the evaluator too. `on_event` gets every event, in order; it must be quick and must not raise.
    `sock` is a socket that is bound already (`bind_socket`), so that a busy port is found before the data is loaded.
    After a run that ended by itself the pages stay up for `linger_seconds` more. `loopback` as `Site` has it.
    """

    def __init__(
        self,
        prepared: PreparedRun,
        config: ServerConfig,
        *,
        on_event: Callable[[ServiceEvent], None] = lambda _: None,
        sock: socket.socket | None = None,
        linger_seconds: float = 0.0,
        loopback: bool = False,
    ) -> None:
        self._hosted = HostedRun(prepared, config.limits)
        super().__init__(Site(config, sock=sock, loopback=loopback))
        self._on_event = on_event
        self._linger_seconds = linger_seconds
        self._conclusion: asyncio.Task[Finished] | None = None

    @property
    def run_task(self) -> RunTask:
        """The task that lives the run."""
        return self._hosted.task

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and self._linger_seconds and self._conclusion is not None and self._conclusion.done():
            await asyncio.sleep(self._linger_seconds)
        await self.stop("The server is shutting down." if kind is None else "The server was interrupted.")

    async def start(self) -> str:
        """Begin to listen and start the run; returns the URL. Raises `WebNNError` `port_in_use` or `settings`."""
        site, task, run = self._site, self.run_task, self._hosted.id
        site.make_app()[RUNS].add(task)
        task.listen(self._on_event)
        await site.start()
        people = site.people_url
        pages = (f"{people}/join/{run}", f"{people}/watch/{run}")
        self._listening = Listening(site.url, site.workers_url, *pages, run, site.app[TOKENS].first)
        task.log.info("listening at %s", site.url)
        await self._hosted.note_place(**site.place, join_url=self._listening.join_url)
        self._on_event(self._listening)
        self._conclusion = asyncio.create_task(self._hosted.conclude(self._on_event))
        task.post(Start())
        return site.url

    async def wait_finished(self) -> Finished:
        """Wait until the run is over, whoever ended it, and saved."""
        assert self._conclusion is not None, "the server has not been started"
        return await asyncio.shield(self._conclusion)

    async def stop(self, reason: str) -> Finished | None:
        """End the run if it goes on, save it, tell every volunteer why, and close everything. May be called twice."""
        finished: Finished | None = None
        try:
            if self._conclusion is not None:
                with suppress(WebNNError):  # over already
                    await self.run_task.ask(Stop(reason))
                finished = await self.wait_finished()
        finally:
            await self.close()
        return finished

    async def close(self) -> None:
        """Close everything, saving nothing."""
        if self._conclusion is not None:
            self._conclusion.cancel()
        await self._site.close()
        await self._hosted.close()


class RunsServer(_Server):
    """Serves the runs of a folder, in a queue, until it is left: what goes on then is taken up by the next server.

    Use as an async context manager. `on_event` gets every event; it must be quick and must not raise. `sock` and
    `loopback` as `Site` has them.
    """

    def __init__(
        self,
        config: ServerConfig,
        *,
        on_event: Callable[[Listening | HostEvent], None] = lambda _: None,
        sock: socket.socket | None = None,
        loopback: bool = False,
        prepare: Prepare = prepare_run,
    ) -> None:
        self._config = config
        self._prepare = prepare
        super().__init__(Site(config, sock=sock, loopback=loopback))
        self._on_event = on_event

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def app(self) -> web.Application:
        """The application."""
        return self._site.app

    @property
    def host(self) -> Host:
        """The runs."""
        return self._site.app[HOST]

    async def start(self) -> str:
        """Take the runs up and begin to listen; returns the URL. Raises `WebNNError`: `run_in_use`, `port_in_use`,
        `settings`.
        """
        site = self._site
        host = site.make_app()[HOST]
        host.prepare = self._prepare
        host.on_event = self._on_event
        await host.open()
        await site.start()
        people = site.people_url
        self._listening = Listening(
            site.url, site.workers_url, f"{people}/join", f"{people}/", "", site.app[TOKENS].first
        )
        host.place = site.place
        await asyncio.to_thread(keep_place, self._config.runs_dir, site.place)
        self._on_event(self._listening)
        host.begin()
        return site.url

    async def close(self) -> None:
        """Close everything; runs that go on are written down as they stand. May be called twice."""
        await self._site.close()
        if self._site.is_made:
            await self.host.close()
