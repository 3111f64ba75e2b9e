"""One open WebSocket: what waits to be sent over it, and how it ends."""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from webnn.core.brief import Brief
from webnn.core.encoding import Encoding
from webnn.core.errors import ERRORS
from webnn.core.frames import encode_frame
from webnn.core.messages import Role, VolunteerState, goodbye
from webnn.server.config import Limits
from webnn.server.traffic import Traffic

_SILENT_CLOSES = frozenset({"protocol_error", "too_large", "bad_secret", "no_such_run"})
"""Closes without a goodbye before them: the other side may not be one of ours, and code and reason say it all."""

_MAX_REASON_BYTES = 123


_OURS = {1002: 4400, 1003: 4400, 1007: 4400, 1009: 4413}


class Socket(web.WebSocketResponse):
    """A WebSocket that closes with the protocol's codes where aiohttp would use the transport's, and sends a large
    message without copying it.
    """

    def send_now(self, frame: bytes) -> bool:
        """Send a small binary message at once, if nothing waits to leave before it; whether that was so."""
        writer = self._writer
        if writer is None or self.waits or len(frame) > _JOINED_BYTES:
            return False
        writer.transport.write(_start(len(frame)) + frame)
        return True

    @property
    def waits(self) -> bool:
        """Whether a message would have to wait: for bytes that have not left yet, or for ever."""
        writer = self._writer
        if writer is None or self.closed or writer.transport.is_closing():
            return True
        return writer.transport.get_write_buffer_size() > 0

    async def send_parts(self, head: bytes, payload: memoryview) -> None:
        """Send one binary message: `head`, then `payload`, which aiohttp would have to be given joined.

        Raises `ConnectionError` where the connection is closing.
        """
        writer = self._writer
        if writer is None or self.closed or writer.transport.is_closing():
            raise ConnectionResetError("the connection is closing")
        start = _start(len(head) + len(payload)) + head
        if len(payload) <= _JOINED_BYTES:
            writer.transport.write(start + payload)
        else:
            writer.transport.write(start)
            writer.transport.write(payload)
        if writer.protocol._paused:
            await writer.protocol._drain_helper()

    async def close(self, *, code: int = 1000, message: bytes = b"", drain: bool = True) -> bool:
        ours = _OURS.get(code, code)
        return await super().close(code=ours, message=message or _REASONS.get(ours, b""), drain=drain)


_JOINED_BYTES = 16_384  # what is copied faster than written apart
_BINARY = 0x82  # a whole binary message


def _start(size: int) -> bytes:
    """What stands before a binary message of `size` bytes that is not masked (RFC 6455, 5.2)."""
    if size < 126:
        return bytes((_BINARY, size))
    if size < 65_536:
        return struct.pack("!BBH", _BINARY, 126, size)
    return struct.pack("!BBQ", _BINARY, 127, size)


_REASONS = {4400: b"Malformed WebSocket frame.", 4413: ERRORS["too_large"].sentence.encode()}


@dataclass(frozen=True, slots=True)
class Closing:
    """Why a connection ends: a code of the error table, the sentence, and when to come back (None: never)."""

    code: str
    message: str
    reconnect_seconds: float | None = None

    @property
    def reason(self) -> bytes:
        """The sentence as a close frame can carry it: at most 123 bytes, cut between characters."""
        return self.message.encode()[:_MAX_REASON_BYTES].decode(errors="ignore").encode()


NOTHING = memoryview(b"")

Make = Callable[[], tuple[bytes, memoryview]]
"""Makes a message when its turn has come: its header as bytes, and its payload (empty: none)."""


class Connection:
    """Sends without ever making the sender wait: frames queue up here, and a reader that is too slow is dropped.

    `send` keeps every frame, in order. `send_latest` keeps one frame a slot, made when its turn comes, so that a
    slow reader sees fewer of those and newer ones.
    """

    def __init__(self, socket: Socket, transport: asyncio.Transport | None, limits: Limits, traffic: Traffic) -> None:
        self.role = Role.WATCHER
        self.volunteer_id = ""
        self.encoding = Encoding.F32
        self.down = Encoding.F32  # of weights that come without being asked for
        self.pushed = 0  # the version that came last so, on its grid; it is here, since what is sent comes in order
        self.state = VolunteerState.TRAINING
        self.push = False  # whether they shall come where they are many bytes, too
        self.bound = True  # whether it came for this run, and for no other
        self.brief: Brief | None = None  # for one that remembers what it was told
        self.seen_validations = 0
        self.seen_training = 0
        self._socket = socket
        self._transport = transport
        self._limits = limits
        self._traffic = traffic
        self._queue: deque[bytes | Make] = deque()
        self._queued_bytes = 0
        self._latest: dict[str, Callable[[], bytes]] = {}
        self._news = asyncio.Event()
        self._writing = False
        self._closing: Closing | None = None
        self._deadline: asyncio.TimerHandle | None = None

    @property
    def closing(self) -> Closing | None:
        """Why this connection is being closed by this side; None while it is not."""
        return self._closing

    def send(self, frame: bytes | Make) -> None:
        """Queue a frame, or what makes one when its turn comes. A connection that is closing takes none."""
        if self._closing is not None:
            return
        if len(self._queue) >= self._limits.queue_messages or self._queued_bytes > self._limits.queue_bytes:
            self.drop()
            return
        if isinstance(frame, bytes):
            if self._idle and self._socket.send_now(frame):
                self._traffic.bytes_out += len(frame)
                return
            self._queued_bytes += len(frame)
        self._queue.append(frame)
        self._news.set()

    @property
    def _idle(self) -> bool:
        """Whether nothing waits to be sent, here or in the transport."""
        return not (self._queue or self._latest or self._writing or self._socket.waits)

    def send_header(self, header: Mapping[str, Any]) -> None:
        """Queue a message without a payload. For one that remembers what it was told it is shortened when it leaves."""
        if self._closing is not None:
            return
        if self._idle:
            self.send(encode_frame(self.shortened(header)))
        else:
            self.send(lambda: (encode_frame(self.shortened(header)), NOTHING))

    def shortened(self, header: Mapping[str, Any]) -> Mapping[str, Any]:
        """A message as it may be sent next, in the order of sending."""
        return header if self.brief is None else self.brief.shorten(header)

    def send_latest(self, slot: str, make: Callable[[], bytes]) -> None:
        """Send what `make` returns as soon as the queue is empty, unless the slot is filled anew before."""
        if self._closing is not None:
            return
        if self._idle:
            frame = make()
            if self._socket.send_now(frame):
                self._traffic.bytes_out += len(frame)
            else:
                self._queue.append(frame)
                self._queued_bytes += len(frame)
                self._news.set()
            return
        self._latest[slot] = make
        self._news.set()

    def close(
        self, code: str, message: str | None = None, reconnect_seconds: float | None = None, run: str | None = None
    ) -> None:
        """Close after what is queued has left. The first reason given counts. `run`: where to come back to instead."""
        if self._closing is not None:
            return
        closing = Closing(code, message or ERRORS[code].sentence, reconnect_seconds)
        if code not in _SILENT_CLOSES:
            self.send_header(goodbye(code, closing.message, reconnect_seconds, run))
        self._closing = self._closing or closing
        self._deadline = asyncio.get_running_loop().call_later(self._limits.close_seconds, self.drop)
        self._latest.clear()
        self._news.set()

    def drop(self) -> None:
        """Cut the connection at once, whatever waits."""
        self._closing = self._closing or Closing("too_many", "The connection took in messages too slowly.")
        self._queue.clear()
        self._latest.clear()
        self._news.set()
        if self._transport is not None:
            self._transport.abort()

    async def write(self) -> None:
        """Send what is queued, and close when asked to; to be cancelled where the other side closed."""
        try:
            while self._closing is None:
                await self._news.wait()
                self._news.clear()
                await self._drain()
            code = ERRORS[self._closing.code].close_code
            await self._socket.close(code=code, message=self._closing.reason)
        except ConnectionError:
            self.drop()
        finally:
            if self._deadline is not None:
                self._deadline.cancel()

    async def _drain(self) -> None:
        self._writing = True  # not taken back by what breaks in here: that ends the connection
        while self._queue or self._latest:
            if self._queue:
                frame = self._queue.popleft()
                if not isinstance(frame, bytes):
                    await self._send_made(*frame())
                    continue
                self._queued_bytes -= len(frame)
            else:
                frame = self._latest.pop(next(iter(self._latest)))()
            await self._socket.send_bytes(frame)
            self._traffic.bytes_out += len(frame)
        self._writing = False

    async def _send_made(self, head: bytes, payload: memoryview) -> None:
        traffic, size = self._traffic, len(payload)
        traffic.pushing_bytes += size
        try:
            await self._socket.send_parts(head, payload)
        finally:
            traffic.pushing_bytes -= size
        traffic.bytes_out += len(head) + size
