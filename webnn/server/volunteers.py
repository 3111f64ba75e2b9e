"""The WebSocket of volunteers and watchers: from the handshake to the last message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import assert_never

from aiohttp import WSMsgType, web

from webnn.core.brief import Brief
from webnn.core.errors import ProtocolError, WebNNError
from webnn.core.events import Abandoned, Device, Joined, Left, Progressed, Ready
from webnn.core.messages import (
    SUBPROTOCOL,
    AbandonMessage,
    ClientMessage,
    GoodbyeMessage,
    Hello,
    ProgressMessage,
    ReadyMessage,
    Role,
    StatusMessage,
    UpdateMessage,
    decode_client_message,
    welcome,
)
from webnn.server.admission import Entrance, entrance_of
from webnn.server.auth import check_origin
from webnn.server.connection import Connection, Socket
from webnn.server.guarding import GUARD
from webnn.server.identities import Identities
from webnn.server.keys import ASSETS, CONFIG, CONNECTIONS, HOST, IDENTITIES, RUNS
from webnn.server.limits import TokenBucket
from webnn.server.lobby import Lobby
from webnn.server.run_task import RunTask
from webnn.server.updates import take_update


async def volunteer_socket(request: web.Request) -> web.StreamResponse:
    """Serve one WebSocket. A page of another origin gets 403 before it opens; every other refusal is a close code."""
    config = request.app[CONFIG]
    check_origin(request, config.public_url)
    limits = config.limits
    run_id = request.match_info["run"]
    task = request.app[RUNS].find(run_id)
    socket = Socket(
        timeout=limits.close_seconds,
        heartbeat=limits.heartbeat_seconds,
        protocols=(SUBPROTOCOL,),
        compress=False,
        autoping=False,
        max_msg_size=limits.max_frame_bytes(task.engine.num_weights if task else 0),
    )
    await socket.prepare(request)
    try:
        with request.app[CONNECTIONS].one_more(request.app[GUARD].address(request)):
            if socket.ws_protocol != SUBPROTOCOL:
                raise ProtocolError(f"The subprotocol of this socket is {SUBPROTOCOL}.")
            if task is None:
                await Lobby(socket, request.transport, limits, request.app[HOST]).receive(run_id)
                return socket
            connection = Connection(socket, request.transport, limits, task.traffic)
            chosen_only = run_id in request.app[RUNS].bound
            identities, build = request.app[IDENTITIES], request.app[ASSETS].build
            entrance = entrance_of(request, run_id)
            session = Session(socket, connection, task, identities, build, entrance=entrance, chosen_only=chosen_only)
            await session.serve()
    except WebNNError as error:
        await socket.close(code=error.kind.close_code, message=str(error).encode()[:123])
    return socket


class Session:
    """What one client says, turned into the run's events."""

    def __init__(
        self,
        socket: Socket,
        connection: Connection,
        task: RunTask,
        identities: Identities,
        build: str | None,
        *,
        entrance: Entrance,
        chosen_only: bool = False,
    ) -> None:
        self._socket = socket
        self._task = task
        self._identities = identities
        self._build = build
        self._chosen_only = chosen_only
        self._entrance = entrance
        self._limits = task.limits
        self._connection = connection
        self._entered = False
        self._listening: float | None = None  # since when, while it listens
        self._watchdog: asyncio.TimerHandle | None = None
        self._farewell: str | None = None

    async def serve(self) -> None:
        """Read until either side ends the connection; what goes wrong ends this connection alone."""
        connection, task = self._connection, self._task
        writer = asyncio.create_task(connection.write())
        task.audience.meet(connection)
        self._look_for_silence()
        try:
            await self._read()
        except WebNNError as error:
            self._break(error)
        finally:
            if self._watchdog is not None:
                self._watchdog.cancel()
            if task.audience.remove(connection):
                task.post(Left(connection.volunteer_id, self._why_left(), for_good=self._is_gone()))
            if connection.closing is None:
                writer.cancel()
            await asyncio.wait([writer])

    def _is_gone(self) -> bool:
        closing = self._connection.closing
        return self._farewell is not None or (closing is not None and closing.code == "moved")

    def _why_left(self) -> str:
        if self._farewell is not None:
            return self._farewell
        closing = self._connection.closing
        return closing.message if closing is not None else "The connection ended."

    async def _read(self) -> None:
        messages = self._messages()
        async for message, payload in messages:
            if not isinstance(message, Hello):
                raise ProtocolError("The first message is hello.")
            del payload
            await self._enter(message)
            break
        async for message, payload in messages:
            await self._take(message, payload)

    async def _messages(self) -> AsyncIterator[tuple[ClientMessage, memoryview]]:
        """Decode frames as they come; raises `ProtocolError` or `WebNNError("too_many")`."""
        loop = asyncio.get_running_loop()
        bucket = TokenBucket(self._limits.messages_per_second, self._limits.message_burst, loop.time())
        intake = self._task.intake
        while True:
            if intake.full:
                await intake.wait()
            self._listening = loop.time()
            message = await self._socket.receive()
            while message.type is WSMsgType.PING or message.type is WSMsgType.PONG:  # they say nothing, and count
                if not bucket.take(loop.time()):
                    raise WebNNError("too_many", "You send too many pings.")
                if message.type is WSMsgType.PING:
                    await self._socket.pong(message.data)
                message = await self._socket.receive()
            self._listening = None
            if message.type is WSMsgType.BINARY:
                self._task.traffic.bytes_in += len(message.data)
                if not bucket.take(loop.time()):
                    raise WebNNError("too_many", "You send too many messages.")
                yield decode_client_message(message.data)
            elif message.type is WSMsgType.TEXT:
                raise ProtocolError("Every message is a binary frame.")
            else:
                return

    def _look_for_silence(self) -> None:
        """Close a connection of which nothing was heard for too long; else look again when that may be so. One timer
        for a connection costs far less than one for each message.
        """
        loop = asyncio.get_running_loop()
        limits = self._limits
        patience = limits.silence_seconds if self._entered else limits.hello_seconds
        listening = self._listening if self._listening is not None and self._owes_words() else loop.time()
        if loop.time() < listening + patience:
            self._watchdog = loop.call_at(listening + patience, self._look_for_silence)
        elif self._connection.closing is None:
            self._break(WebNNError("silence"))

    def _break(self, error: WebNNError) -> None:
        extra = {"volunteer": self._connection.volunteer_id, "code": error.code}
        self._task.log.info("connection closed: %s", error, extra=extra)
        self._connection.close(error.code, str(error))

    def _owes_words(self) -> bool:
        """Whether silence has consequences: watchers have nothing to say after hello."""
        return not self._entered or self._connection.role is Role.VOLUNTEER

    # hello

    async def _enter(self, hello: Hello) -> None:
        self._entered = True
        connection, task = self._connection, self._task
        connection.role, connection.bound = hello.role, hello.bound
        if hello.build is not None and self._build is not None and hello.build != self._build:
            connection.close("build_changed")
        elif hello.role is Role.WATCHER:
            task.enter(connection)
        elif task.state.over:
            task.audience.dismiss(connection, "finished", task.reason)
        elif self._chosen_only and not hello.bound:
            task.audience.dismiss(connection, "bound")
        else:
            await self._enter_volunteer(hello)

    async def _enter_volunteer(self, hello: Hello) -> None:
        connection, task = self._connection, self._task
        invite = await self._entrance.check(hello.code)
        connection.volunteer_id, secret = self._identify(hello)
        if connection.volunteer_id in task.blocked:
            connection.close("blocked")
            return
        await self._entrance.enter(invite, connection.volunteer_id)
        connection.encoding = hello.encodings_up[0]
        connection.brief = Brief() if hello.brief else None
        connection.send_header(self._welcome(secret))
        task.enter(connection)
        task.post(Joined(connection.volunteer_id, Device(hello.device_kind, hello.device_name)))

    def _identify(self, hello: Hello) -> tuple[str, str | None]:
        """The volunteer's id and, where it is new, the secret to tell it; raises `bad_secret`, `too_many`."""
        if hello.volunteer_id is None:
            self._entrance.newcomer()
            return self._identities.mint()
        if hello.secret is None or not self._identities.proves(hello.volunteer_id, hello.secret):
            raise WebNNError("bad_secret")
        return hello.volunteer_id, None

    def _welcome(self, secret: str | None) -> dict[str, object]:
        info, current, limits = self._task.info, self._task.current, self._limits
        return welcome(
            volunteer_id=self._connection.volunteer_id,
            secret=secret,
            build=self._build or "",
            run=info.head,
            model=info.model,
            dataset=info.dataset,
            training=info.training,
            weights={"version": current.version, "hash": current.hash, "iterations": current.iterations},
            limits={
                "max_frame_bytes": limits.max_frame_bytes(self._task.engine.num_weights),
                "progress_seconds": limits.progress_seconds,
                "silence_seconds": limits.silence_seconds,
                "post_bytes": limits.post_bytes,
            },
            state=self._task.state,
        )

    # afterwards

    async def _take(self, message: ClientMessage, payload: memoryview) -> None:
        volunteer_id, task = self._connection.volunteer_id, self._task
        if isinstance(message, Hello):
            raise ProtocolError("hello comes once.")
        if self._connection.closing is not None:
            return
        if self._connection.role is Role.WATCHER and not isinstance(message, GoodbyeMessage | StatusMessage):
            raise ProtocolError("A watcher only watches.")
        match message:
            case ReadyMessage():
                self._connection.down, self._connection.push = message.down, message.push
                task.post(Ready(volunteer_id, message.backend, message.seconds_per_iteration))
            case ProgressMessage():
                task.post(Progressed(volunteer_id, message.lease_id, message.iterations, message.metrics))
            case UpdateMessage():
                await take_update(task, volunteer_id, message, payload)
            case AbandonMessage():
                task.post(Abandoned(volunteer_id, message.lease_id, message.reason))
            case StatusMessage():
                self._connection.state = message.state
            case GoodbyeMessage():
                self._farewell = message.reason
                await self._socket.close()
            case _:
                assert_never(message)
