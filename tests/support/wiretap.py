"""A TCP proxy that keeps all that clients send through it, WebSocket frames unmasked: what a server could have seen."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit


class Wiretap:
    """`url` is the way through it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connections: list[bytearray] = []

    @property
    def sent(self) -> list[bytes]:
        """What each connection's client sent: HTTP requests as they are, a WebSocket's messages without their masks."""
        return [_unmasked(bytes(data)) for data in self._connections]

    def _keep(self) -> bytearray:
        self._connections.append(bytearray())
        return self._connections[-1]


@contextlib.asynccontextmanager
async def tapped(url: str) -> AsyncIterator[Wiretap]:
    """Listen on a port of its own and pass everything on to the server at `url`."""
    parts = urlsplit(url)

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection(parts.hostname, parts.port)
        await asyncio.gather(_pass_on(reader, server_writer, tap._keep()), _pass_on(server_reader, writer, None))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    tap = Wiretap(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{parts.path}")
    try:
        yield tap
    finally:
        server.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, copy: bytearray | None) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            if copy is not None:
                copy += data
            writer.write(data)
            await writer.drain()
    writer.close()


def _unmasked(data: bytes) -> bytes:
    head, end, frames = data.partition(b"\r\n\r\n")
    if b"upgrade: websocket" not in head.lower():
        return data
    messages, place = [head, end], 0
    while place + 6 <= len(frames):
        length, place = frames[place + 1] & 0x7F, place + 2
        if length >= 126:
            size = 2 if length == 126 else 8
            length, place = int.from_bytes(frames[place : place + size], "big"), place + size
        mask, place = frames[place : place + 4], place + 4
        body, place = frames[place : place + length], place + length
        key = (mask * (len(body) // 4 + 1))[: len(body)]
        messages.append((int.from_bytes(body, "big") ^ int.from_bytes(key, "big")).to_bytes(len(body), "big"))
    return b"".join(messages)
