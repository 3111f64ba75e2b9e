"""Where those wait, and are told so, who come for a run that does not go on."""

from __future__ import annotations

import asyncio

from aiohttp import WSMsgType

from webnn.core.errors import ProtocolError, WebNNError
from webnn.core.messages import Hello, Role, decode_client_message, snapshot
from webnn.server.config import Limits
from webnn.server.connection import Connection, Socket
from webnn.server.hosting import Host
from webnn.server.still import StillRun
from webnn.server.traffic import Traffic

COME_BACK_SECONDS = 3.0


class Lobby:
    """Hears one client's `hello`, shows a watcher what is known, and says when to come back, or where to go instead."""

    def __init__(self, socket: Socket, transport: asyncio.Transport | None, limits: Limits, host: Host) -> None:
        self._socket = socket
        self._connection = Connection(socket, transport, limits, Traffic())
        self._limits = limits
        self._host = host

    async def receive(self, run_id: str) -> None:
        """Serve the connection to its end. Raises `WebNNError("no_such_run")`, or what is wrong with the `hello`."""
        run = self._host.runs.find_still(run_id)
        if run is None:
            raise WebNNError("no_such_run")
        hello = await self._hear()
        if hello is None:
            return
        writer = asyncio.create_task(self._connection.write())
        if hello.role is Role.WATCHER:
            self._connection.send_header(
                snapshot(run.info.head, run.status(), run.history.validation.points, run.history.training.points)
            )
        self._dismiss(run, hello)
        await asyncio.wait([writer])

    async def _hear(self) -> Hello | None:
        try:
            async with asyncio.timeout(self._limits.hello_seconds):
                message = await self._socket.receive()
        except TimeoutError:
            raise WebNNError("silence") from None
        if message.type is WSMsgType.TEXT:
            raise ProtocolError("Every message is a binary frame.")
        if message.type is not WSMsgType.BINARY:
            return None
        hello, _ = decode_client_message(message.data)
        if not isinstance(hello, Hello):
            raise ProtocolError("The first message is hello.")
        return hello

    def _dismiss(self, run: StillRun, hello: Hello) -> None:
        wanders = hello.role is Role.VOLUNTEER and not hello.bound
        place = self._host.running_in_need() if wanders else None
        if place is not None:
            self._connection.close("moved", reconnect_seconds=0.0, run=place)
        elif run.state.over:
            self._connection.close("finished", run.reason)
        elif wanders and run.info.id in self._host.runs.bound:
            self._connection.close("bound")
        else:
            self._connection.close("queued", reconnect_seconds=COME_BACK_SECONDS)
