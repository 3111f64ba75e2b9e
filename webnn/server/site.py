"""The application on its sockets: where a server answers."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from webnn.server.admission import ADMISSION
from webnn.server.app import READ_BUFFER_BYTES, create_app
from webnn.server.config import ServerConfig
from webnn.server.doorman import GuardedRunner
from webnn.server.listening import bind_socket, local_url, people_url, tls_context
from webnn.server.logs import ACCESS_LOGGER, AccessLogger
from webnn.server.signing_in import load_sign_in

_SHUTDOWN_SECONDS = 3.0


class Site:
    """Makes the application, listens, and closes both.

    `sock` is a socket that is bound already (`bind_socket`), so that a busy port is found before the data is loaded.
    With `loopback` a server also listens, without TLS, at a port of its own that only this computer reaches, for the
    owner's own workers: they need no code and no sign-in, and no certificate, which names the server for others.
    """

    def __init__(self, config: ServerConfig, *, sock: socket.socket | None = None, loopback: bool = False) -> None:
        self._config = config
        self._socket = sock
        self._loopback_wanted = loopback
        self._loopback: socket.socket | None = None
        self._runner: web.AppRunner | None = None
        self._app: web.Application | None = None
        self._port = 0

    def make_app(self) -> web.Application:
        """Make the application, without listening yet."""
        self._app = create_app(self._config)
        return self._app

    @property
    def is_made(self) -> bool:
        """Whether there is an application."""
        return self._app is not None

    @property
    def app(self) -> web.Application:
        assert self._app is not None, "the application has not been made"
        return self._app

    async def start(self) -> None:
        """Begin to listen. Raises `WebNNError` `port_in_use` or `settings`."""
        config = self._config
        tls = tls_context(config)
        self._socket = self._socket or bind_socket(config.host, config.port)
        self._runner = GuardedRunner(
            mount(self.app, config.prefix),
            config.limits,
            proxies=config.proxies,
            access_log=ACCESS_LOGGER,
            access_log_class=AccessLogger,
            shutdown_timeout=_SHUTDOWN_SECONDS,
            read_bufsize=READ_BUFFER_BYTES,
        )
        await self._runner.setup()
        await web.SockSite(self._runner, self._socket, ssl_context=tls).start()
        self._port = self._socket.getsockname()[1]
        if self._loopback_wanted:
            self._loopback = bind_socket("127.0.0.1", 0)
            self.app[ADMISSION].own_port = self._loopback.getsockname()[1]
            await web.SockSite(self._runner, self._loopback).start()

    async def close(self) -> None:
        """Close the connections, the application and the sockets. May be called twice."""
        if self._runner is not None:
            await self._runner.cleanup()
        for one in (self._socket, self._loopback):
            if one is not None:
                one.close()

    @property
    def url(self) -> str:
        """For programs on this computer."""
        return local_url(self._config, self._port)

    @property
    def people_url(self) -> str:
        """For people, anywhere."""
        return people_url(self._config, self._port)

    @property
    def workers_url(self) -> str:
        """For volunteers on this computer, which need not trust the certificate."""
        if self._loopback is None:
            return self.url
        return f"http://127.0.0.1:{self._loopback.getsockname()[1]}{self._config.prefix}"

    @property
    def place(self) -> Mapping[str, Any]:
        """What other programs on this computer need to find the server."""
        cert = None if self._config.tls_cert is None else str(self._config.tls_cert.resolve())
        return {"url": self.url, "port": self._port, "pid": os.getpid(), "tls_cert": cert}


def check_site(config: ServerConfig) -> None:
    """Raise `WebNNError("settings")` for files and functions that are of no use, before anything takes long."""
    tls_context(config)
    if config.sign_in is not None:
        load_sign_in(config.sign_in)


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
