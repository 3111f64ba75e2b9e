"""A server for one training run: started, followed and stopped by the command line or by a program."""

from __future__ import annotations

import asyncio
import os
import socket
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from webnn.core.errors import WebNNError
from webnn.core.events import Start, Stop
from webnn.core.states import RunState
from webnn.server.app import READ_BUFFER_BYTES, create_app
from webnn.server.config import ServerConfig
from webnn.server.doorman import GuardedRunner
from webnn.server.keys import RUNS, TOKEN
from webnn.server.listening import bind_socket, local_url, people_url, tls_context
from webnn.server.logs import ACCESS_LOGGER, AccessLogger
from webnn.server.news import News
from webnn.server.prepare import PreparedRun
from webnn.server.rolling_back import go_back
from webnn.server.run_task import RunTask
from webnn.server.saving import save_run
from webnn.store import journal as jn

_SHUTDOWN_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Listening:
    """The server answers. `url` is for programs on this computer, `join_url` and `watch_url` for people, anywhere.

    `workers_url` is for volunteers that the owner's own program starts here: plain http where there is `loopback`.
    """

    url: str
    workers_url: str
    join_url: str
    watch_url: str
    run: str
    owner_token: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The run is over and saved. `loss` and `accuracy` are validation's last; `export` is None where saving failed."""

    state: RunState
    reason: str
    loss: float | None
    accuracy: float | None
    iterations: int
    merges: int
    seconds: float
    volunteers: int
    export: Path | None


ServiceEvent = Listening | News | Finished


class TrainingServer:
    """Serves one prepared run until it is over, saves it, and ends.

    Use as an async context manager: leaving it stops the run if it still goes on, tells the volunteers why, saves, and
    closes everything, the evaluator too. `on_event` gets every event, in order; it must be quick and must not raise.
    `sock` is a socket that is bound already (`bind_socket`), so that a busy port is found before the data is loaded.
    After a run that ended by itself the pages stay up for `linger_seconds` more. With `loopback`, a server that speaks
    TLS also listens without it at a port of its own that only this computer reaches: its certificate names the server
    for others, and a local worker that checks certificates, as all do, would refuse it for 127.0.0.1.
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
        self.run_task: RunTask = prepared.make_task(config.limits)
        self._prepared = prepared
        self._config = config
        self._on_event = on_event
        self._socket = sock
        self._linger_seconds = linger_seconds
        self._loopback_wanted = loopback
        self._loopback: socket.socket | None = None
        self._runner: web.AppRunner | None = None
        self._conclusion: asyncio.Task[Finished] | None = None
        self._listening: Listening | None = None

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and self._linger_seconds and self._conclusion is not None and self._conclusion.done():
            await asyncio.sleep(self._linger_seconds)
        await self.stop("The server is shutting down." if kind is None else "The server was interrupted.")

    @property
    def listening(self) -> Listening:
        """Where the server answers, once it has been started."""
        assert self._listening is not None, "the server has not been started"
        return self._listening

    async def start(self) -> str:
        """Begin to listen and start the run; returns the URL. Raises `WebNNError` `port_in_use` or `settings`."""
        config = self._config
        tls = tls_context(config)
        self._socket = self._socket or bind_socket(config.host, config.port)
        app = create_app(config)
        app[RUNS].add(self.run_task)
        self.run_task.saver = self._save
        self.run_task.returner = partial(go_back, self.run_task)
        self.run_task.listen(self._on_event)
        self._runner = GuardedRunner(
            mount(app, config.prefix),
            config.limits,
            access_log=ACCESS_LOGGER,
            access_log_class=AccessLogger,
            shutdown_timeout=_SHUTDOWN_SECONDS,
            read_bufsize=READ_BUFFER_BYTES,
        )
        await self._runner.setup()
        await web.SockSite(self._runner, self._socket, ssl_context=tls).start()
        if tls is not None and self._loopback_wanted:
            self._loopback = bind_socket("127.0.0.1", 0)
            await web.SockSite(self._runner, self._loopback).start()
        self._announce(self._socket.getsockname()[1], app[TOKEN])
        self._conclusion = asyncio.create_task(self._conclude())
        self.run_task.post(Start())
        return self.listening.url

    def _announce(self, port: int, token: str) -> None:
        people, run = people_url(self._config, port), self._prepared.id
        url = workers_url = local_url(self._config, port)
        if self._loopback is not None:
            workers_url = f"http://127.0.0.1:{self._loopback.getsockname()[1]}{self._config.prefix}"
        self._listening = Listening(url, workers_url, f"{people}/join/{run}", f"{people}/watch/{run}", run, token)
        self.run_task.log.info("listening at %s", self._listening.url)
        if self.run_task.keeper is not None:
            place = {"url": self._listening.url, "join_url": self._listening.join_url, "port": port, "pid": os.getpid()}
            cert = None if self._config.tls_cert is None else str(self._config.tls_cert.resolve())
            facts = [jn.fact(name, value) for name, value in {**place, "tls_cert": cert}.items()]
            self.run_task.keeper.note(*facts)
        self._on_event(self._listening)

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
        if self._runner is not None:
            await self._runner.cleanup()
        for one in (self._socket, self._loopback):
            if one is not None:
                one.close()
        await self._prepared.close()

    async def _save(self, status: dict[str, Any] | None = None) -> Path:
        """Write a checkpoint and the model's files of the run as it stands."""
        task = self.run_task
        if task.keeper is not None:
            await task.keeper.checkpoint()
        return await asyncio.to_thread(save_run, self._prepared, task, status or task.status())

    async def _conclude(self) -> Finished:
        task = self.run_task
        await task.wait_over()
        status = task.status()
        export: Path | None = None
        try:
            export = await self._save(status)
        except (OSError, sqlite3.Error, WebNNError):
            task.log.exception("the run could not be saved in %s", self._prepared.folder)
        finished = finished_event(task, status, export)
        task.audience.close_volunteers("finished", task.reason)
        self._on_event(finished)
        return finished


def mount(app: web.Application, prefix: str) -> web.Application:
    """The application to serve: `app` itself, or one that has it under `prefix`."""
    if not prefix:
        return app

    async def redirect(_: web.Request) -> web.Response:
        raise web.HTTPPermanentRedirect(f"{prefix}/")

    outer = web.Application()
    outer.router.add_get(prefix, redirect)
    outer.add_subapp(prefix, app)
    return outer


def finished_event(task: RunTask, status: dict[str, Any], export: Path | None) -> Finished:
    """Summarise a run that is over."""
    return Finished(
        state=task.state,
        reason=task.reason or "",
        loss=status["loss"],
        accuracy=status["accuracy"],
        iterations=status["iterations"],
        merges=status["merges"],
        seconds=status["seconds"],
        volunteers=status["volunteers_total"],
        export=export,
    )
