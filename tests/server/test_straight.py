"""Bodies that come straight from their socket: every byte in its place, and the connection as it was afterwards."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from support.certificates import make_certificate

from webnn.server import straight
from webnn.server.config import Limits
from webnn.server.doorman import GuardedRunner
from webnn.server.straight import FEW_BYTES, read_rest

BODY = bytes(range(256)) * 4096
Send = Callable[[bytes], Awaitable[None]]


class Reading:
    """A server that reads bodies so, and what it saw."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.straight: list[bool] = []
        self.failures: list[BaseException] = []
        self.begun = asyncio.Event()
        self.failed = asyncio.Event()
        self.heard = 0
        self.seconds = 5.0

    async def read(self, request: web.Request) -> web.Response:
        body = bytearray(request.content_length or 0)
        view, content, offset, taken = memoryview(body), request.content, 0, False
        try:
            async with asyncio.timeout(self.seconds):
                while offset < len(body) and not taken:
                    part, _ = await content.readchunk()
                    view[offset : offset + len(part)] = part
                    offset += len(part)
                    self.begun.set()
                    if offset == content.total_bytes < len(body):
                        taken = await read_rest(request, view[offset:], self.hear)
        except (TimeoutError, ConnectionError) as error:
            self.failures.append(error)
            self.failed.set()
            return web.Response(status=408)
        self.bodies.append(bytes(body))
        self.straight.append(taken)
        return web.Response(text=str(len(body)))

    def hear(self) -> None:
        self.heard += 1


@asynccontextmanager
async def reading(*, guarded: bool = False, tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[Reading, int]]:
    seen, app = Reading(), web.Application()
    app.router.add_post("/", seen.read)
    runner = GuardedRunner(app, Limits(), shutdown_timeout=0.1) if guarded else web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    try:
        yield seen, runner.addresses[0][1]
    finally:
        await runner.cleanup()


def head(num_bytes: int, *more: str) -> bytes:
    lines = ["POST / HTTP/1.1", "Host: x", f"Content-Length: {num_bytes}", *more]
    return "\r\n".join([*lines, "", ""]).encode()


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    said = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    length = int(said.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return int(said.split()[1]), await reader.readexactly(length)


async def begin(seen: Reading, port: int, sent: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Send the beginning of a request, and return when the server is at its body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    await asyncio.wait_for(seen.begun.wait(), 5)
    return reader, writer


@pytest.mark.parametrize("guarded", [False, True])
async def test_bodies_are_whole_and_requests_behind_them_are_answered(guarded: bool) -> None:
    async with reading(guarded=guarded) as (seen, port):
        reader, writer = await begin(seen, port, head(len(BODY)) + BODY[:10])
        writer.write(BODY[10:] + head(3) + b"abc" + head(len(BODY)) + BODY[:1000])
        assert await answer(reader) == (200, str(len(BODY)).encode())
        assert await answer(reader) == (200, b"3")
        writer.write(BODY[1000:])
        assert await answer(reader) == (200, str(len(BODY)).encode())
        writer.close()
    assert seen.bodies == [BODY, b"abc", BODY]
    assert seen.straight == [True, False, True]
    assert seen.heard >= 2


async def test_bodies_come_through_tls(tmp_path: Path) -> None:
    theirs, ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    theirs.load_cert_chain(*make_certificate(tmp_path))
    ours.check_hostname, ours.verify_mode = False, ssl.CERT_NONE
    async with reading(tls=theirs, guarded=True) as (seen, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=ours)
        for body in (BODY, b"abc", BODY):
            seen.begun.clear()
            writer.write(head(len(body)) + body[:2])
            await asyncio.wait_for(seen.begun.wait(), 5)
            writer.write(body[2:])
            assert (await answer(reader))[0] == 200
        writer.close()
    assert seen.bodies == [BODY, b"abc", BODY]
    assert seen.straight[0] is seen.straight[2] is True


async def test_a_connection_that_has_posted_reads_little_beside_the_body() -> None:
    async with reading() as (seen, port):
        reader, writer = await begin(seen, port, head(len(BODY)) + BODY[:10])
        writer.write(BODY[10:])
        await answer(reader)
        before = seen.heard
        writer.write(head(len(BODY)) + BODY)
        await answer(reader)
        writer.close()
    assert seen.bodies[1] == BODY
    assert seen.heard > before, "all of it came in the first part"
    assert len(BODY) > 4 * FEW_BYTES


async def test_whoever_goes_away_in_the_middle_is_a_connection_error() -> None:
    async with reading() as (seen, port):
        _, writer = await begin(seen, port, head(len(BODY)) + BODY[:10])
        writer.write(BODY[10:1000])
        await writer.drain()
        writer.transport.abort()
        await asyncio.wait_for(seen.failed.wait(), 5)
    assert isinstance(seen.failures[0], ConnectionError)
    assert not seen.bodies


async def test_after_a_body_that_stops_coming_nothing_more_is_read() -> None:
    async with reading() as (seen, port):
        seen.seconds = 0.05
        reader, writer = await begin(seen, port, head(len(BODY)) + BODY[:10])
        assert (await answer(reader))[0] == 408
        writer.write(BODY[10:] + head(3) + b"abc")
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(), 15) == b""
        writer.close()
    assert isinstance(seen.failures[0], TimeoutError)
    assert not seen.bodies


@pytest.mark.parametrize("odd", ["Upgrade: other", "unknown"])
async def test_where_it_cannot_be_aiohttp_reads(odd: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> None:
        raise TypeError("made otherwise")

    more = [odd, "Connection: upgrade"] if odd != "unknown" else []
    if not more:
        monkeypatch.setattr(straight, "HttpRequestParser", unknown)
    async with reading() as (seen, port):
        reader, writer = await begin(seen, port, head(len(BODY), *more) + BODY[:10])
        writer.write(BODY[10:])
        assert (await answer(reader))[0] == 200
        writer.close()
    assert (seen.bodies, seen.straight, seen.heard) == ([BODY], [False], 0)
