"""A WebSocket client and an HTTP client with as little between them and the kernel as can be.

A thousand volunteers of `load.py` live on one core. aiohttp's client copies what comes and what leaves several times,
which costs that core more than the server's work costs another: then latencies tell of the volunteers, and a body
that leaves in small pieces makes the server read as many. Here a large message is read straight into its own memory,
and a body is sent from where it lies.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
import struct
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

SMALL_BYTES = 16_384
_BINARY, _CLOSE, _PING, _PONG = 2, 8, 9, 10
_LAST = 0x80
_MASKED = 0x80
_KEY = bytes(4)  # a mask that changes nothing: the server takes it off all the same


class WebSocket(asyncio.BufferedProtocol):
    """One connection, after `connect`. Messages are binary and come in one frame, as our server sends them."""

    def __init__(self, target: str, host: str, protocol: str | None) -> None:
        self._request = _upgrade(target, host, protocol)
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None
        self._few = bytearray(SMALL_BYTES)  # what is not a large message's own
        self._end = 0  # of what has come of it
        self._large: bytearray | None = None
        self._missing = 0  # bytes of the large message
        self._messages: deque[bytearray] = deque()
        self._news: asyncio.Future[None] | None = None
        self._lost: Exception | None = None

    def send(self, *parts: bytes | memoryview) -> None:
        """Send one message, made of `parts`. What cannot leave at once is kept. Raises `ConnectionError`."""
        self._write(_BINARY, *parts)

    async def receive(self) -> bytearray:
        """The next message. Raises `ConnectionError` when there will be none."""
        while not self._messages:
            if self._lost is not None:
                raise self._lost
            self._news = asyncio.get_running_loop().create_future()
            await self._news
        return self._messages.popleft()

    def close(self) -> None:
        """Be gone, without a word."""
        if self._transport is not None:
            self._transport.abort()

    # what the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def connection_lost(self, error: Exception | None) -> None:
        self._lose(error or ConnectionResetError("the server closed the connection"))

    def get_buffer(self, sizehint: int) -> memoryview:
        if self._large is not None:
            return memoryview(self._large)[-self._missing :]
        return memoryview(self._few)[self._end :]

    def buffer_updated(self, nbytes: int) -> None:
        if self._large is None:
            self._end += nbytes
            self._read()
            return
        self._missing -= nbytes
        if not self._missing:
            self._messages.append(self._large)
            self._large = None
            self._tell()

    def _read(self) -> None:
        """Take frames off the beginning of what has come."""
        few, first = self._few, 0
        if not self._opened.done():
            first = few.find(b"\r\n\r\n", 0, self._end) + 4
            if first < 4:
                return
            self._open(bytes(few[:first]))
        while (head := _head(few, first, self._end)) is not None:
            kind, size, first_byte = head
            have = min(self._end - first_byte, size)
            if have < size <= SMALL_BYTES - 16:
                break  # the rest of a small one comes behind it
            message = bytearray(size)
            first = first_byte + have
            message[:have] = few[first_byte:first]
            if have < size:
                self._large, self._missing = message, size - have
                break
            self._take(kind, message)
        few[: self._end - first] = few[first : self._end]
        self._end -= first

    def _open(self, answer: bytes) -> None:
        if answer.startswith(b"HTTP/1.1 101 "):
            self._opened.set_result(None)
        else:
            self._lose(ConnectionRefusedError(answer.split(b"\r\n", 1)[0].decode(errors="replace")))

    def _take(self, kind: int, message: bytearray) -> None:
        if kind == _BINARY:
            self._messages.append(message)
            self._tell()
        elif kind == _PING:
            self._write(_PONG, bytes(message))
        elif kind != _PONG:
            self._lose(ConnectionResetError(f"the server closed the connection: {bytes(message)!r}"))

    def _write(self, kind: int, *parts: bytes | memoryview) -> None:
        if self._transport is None or self._lost is not None:
            raise self._lost or ConnectionResetError("not connected")
        size = sum(map(len, parts))
        if size < 126:
            start = struct.pack("!BB", _LAST | kind, _MASKED | size)
        elif size < 65_536:
            start = struct.pack("!BBH", _LAST | kind, _MASKED | 126, size)
        else:
            start = struct.pack("!BBQ", _LAST | kind, _MASKED | 127, size)
        first, *rest = parts or (b"",)
        self._transport.write(b"".join((start, _KEY, first)))
        for part in rest:
            self._transport.write(part)

    def _lose(self, error: Exception) -> None:
        self._lost = self._lost or error
        if not self._opened.done():
            self._opened.set_exception(self._lost)
        self._tell()

    def _tell(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)


async def connect(url: str, protocol: str | None = None) -> WebSocket:
    """Open a WebSocket, with a subprotocol. Raises `ConnectionError`."""
    place = urlsplit(url)
    loop = asyncio.get_running_loop()
    _, opened = await loop.create_connection(
        lambda: WebSocket(place.path, place.netloc, protocol), place.hostname, place.port, family=socket.AF_INET
    )
    await opened._opened
    return opened


def _upgrade(target: str, host: str, protocol: str | None) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    lines = (
        f"GET {target} HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        *([f"Sec-WebSocket-Protocol: {protocol}"] if protocol else ()),
    )
    return "\r\n".join((*lines, "", "")).encode()


def _head(data: bytearray, first: int, end: int) -> tuple[int, int, int] | None:
    """Kind and size of the frame that begins at `first`, and where its payload does; None: not all of it is here."""
    if end - first < 2:
        return None
    kind, size = data[first] & 0x0F, data[first + 1] & 0x7F
    if not data[first] & _LAST or data[first + 1] & _MASKED:
        raise ConnectionError("not a frame of our server's")
    if size < 126:
        return kind, size, first + 2
    form, begin = ("!H", first + 4) if size == 126 else ("!Q", first + 10)
    return (kind, struct.unpack_from(form, data, first + 2)[0], begin) if begin <= end else None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered with."""

    status: int
    body: bytearray

    def json(self) -> Any:
        return json.loads(self.body)


class Http:
    """Requests to one server, over as many connections as are busy at once."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        self._address = (place.hostname, place.port)
        self._host = place.netloc
        self._free: list[socket.socket] = []

    async def request(
        self, method: str, target: str, headers: Sequence[str] = (), body: Sequence[bytes | memoryview] = ()
    ) -> Answer:
        """Send a request and wait for its answer. Raises `ConnectionError`."""
        loop = asyncio.get_running_loop()
        connection = self._free.pop() if self._free else await self._connect()
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self._host}", *headers]
        if body:
            lines.append(f"Content-Length: {sum(map(len, body))}")
        first, *rest = body or (b"",)
        try:
            await loop.sock_sendall(connection, b"".join(("\r\n".join((*lines, "", "")).encode(), first)))
            for part in rest:
                await loop.sock_sendall(connection, part)
            answer = await _hear(connection)
        except BaseException:
            connection.close()
            raise
        self._free.append(connection)
        return answer

    def close(self) -> None:
        while self._free:
            self._free.pop().close()

    async def _connect(self) -> socket.socket:
        connection = socket.socket()
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(connection, self._address)
        return connection


async def _hear(connection: socket.socket) -> Answer:
    """Read an answer whose length is told, or that has no body."""
    loop = asyncio.get_running_loop()
    come = b""
    while b"\r\n\r\n" not in come:
        piece = await loop.sock_recv(connection, SMALL_BYTES)
        if not piece:
            raise ConnectionResetError("the server closed the connection")
        come += piece
    head, _, begun = come.partition(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = bytearray(int(fields.get("content-length", 0)))
    body[: len(begun)] = begun
    missing = memoryview(body)[len(begun) :]
    while missing:
        count = await loop.sock_recv_into(connection, missing)
        if not count:
            raise ConnectionResetError("the server closed the connection")
        missing = missing[count:]
    return Answer(int(status_line.split()[1]), body)
