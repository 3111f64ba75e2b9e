"""The whole edge with what nobody thought of: any bytes, messages, paths, headers and bodies, against a real server.

It answers, with anything but a 5xx; it never stalls; and whoever comes next is served.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fuzz.conversation import UNKNOWN_LEASE, frame_of
from fuzz.reading import Reader
from tests.attacks.test_connections import still_serves
from tests.server.volunteer import hello
from tests.server.world import Served, serve
from webnn.core.config import StopConditions
from webnn.server.config import Limits

T = TypeVar("T")
PATIENCE_SECONDS = 10.0
LIMITS = Limits(head_seconds=1.0, body_seconds=1.0, keepalive_seconds=1.0, close_seconds=1.0)
MANY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

pytestmark = pytest.mark.timeout(240)


class Edge:
    """A server in a thread of its own, which hypothesis can knock at from outside."""

    def __init__(self, folder: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._stack = AsyncExitStack()
        opening = serve(folder, limits=LIMITS, stop=StopConditions(epochs=1e9))
        self.served: Served = self.call(self._stack.enter_async_context(opening))
        self.port = int(self.served.url.rsplit(":", 1)[1])

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(2 * PATIENCE_SECONDS)

    def close(self) -> None:
        self.call(self._stack.aclose())
        self.call(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def ask(self, data: bytes) -> bytes:
        """Send bytes, and read until the server has answered and closed; it stalls where it does neither."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_SECONDS) as peer:
            answer = bytearray()
            with suppress(ConnectionError):
                peer.sendall(data)
                while part := peer.recv(65536):
                    answer += part
            return bytes(answer)

    def check(self) -> None:
        """The run goes on, and somebody else is served."""
        assert self.served.task.failure is None
        self.call(still_serves(self.served))


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    opened = Edge(tmp_path_factory.mktemp("edge"))
    yield opened
    opened.close()


def statuses(answer: bytes) -> list[int]:
    """The status of an answer; none where the server closed without one."""
    if not answer:
        return []
    assert answer.startswith(b"HTTP/1."), answer[:80]
    return [int(answer.split(b" ", 2)[1])]


def assert_well(answer: bytes) -> None:
    assert all(status < 500 for status in statuses(answer)), answer[:300]


@MANY
@given(data=st.binary(max_size=300))
@example(data=b"\r\n\r\n")
def test_any_bytes_are_answered_or_closed(edge: Edge, data: bytes) -> None:
    assert_well(edge.ask(data + b"\r\n\r\n"))


SAFE = st.characters(min_codepoint=33, max_codepoint=126)
ODD = st.characters(codec="latin-1", exclude_characters="\r\n\0")
PARTS = """api v1 runs test-run weights latest shards download volunteers me static join settings notes queue updates
events predict 1 .. %2e%2e %00 owner embed samples metrics rollback save kick order"""
WORDS = st.sampled_from(PARTS.split())
PATHS = st.lists(WORDS | st.text(SAFE, max_size=12), max_size=8).map(lambda parts: "/" + "/".join(parts))
RUN_PATHS = st.lists(WORDS, max_size=3).map(lambda parts: "/".join(["/api/v1/runs/test-run", *parts]))
METHODS = st.sampled_from(("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "X"))
NAMES = """Content-Type Content-Encoding Range If-None-Match If-Match Origin Cookie Accept-Encoding X-Forwarded-For
Upgrade Sec-WebSocket-Key WebNN-Code If-Modified-Since X-Anything"""
KNOWN = """bytes=0- bytes=-1 bytes=9-1,2- "x" * deflate gzip br identity websocket 1.2.3.4,::1 application/json null
https://evil.example text/html;charset=utf-7 text/html;charset=nothing session=1"""
VALUES = st.sampled_from(KNOWN.split()) | st.sampled_from(["Bearer x", "Volunteer a:b"])
HEADERS = st.lists(
    st.tuples(st.sampled_from(NAMES.split()), VALUES | st.text(SAFE, max_size=40) | st.text(ODD, max_size=9)),
    max_size=4,
)
BODIES = st.binary(max_size=200) | st.sampled_from(
    [
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"to": 1e999}',
        b'{"rows": [[NaN]]}',
        b"[" * 3000,
        b'{"model": {"layers": [{}]}}',
        b'""',
    ]
)


@MANY
@example(
    method="POST",
    path="/api/v1/runs/test-run/rollback",
    query="",
    headers=[("Content-Encoding", "deflate")],
    body=b"\0",
    owner=True,
)
@given(
    method=METHODS,
    path=PATHS | RUN_PATHS,
    query=st.sampled_from(("", "since=-1", "format=csv", "encoding=f16", "weights=best")) | st.text(SAFE, max_size=20),
    headers=HEADERS,
    body=BODIES,
    owner=st.booleans(),
)
def test_any_request_is_answered_without_a_5xx(  # noqa: PLR0917 (what hypothesis makes)
    edge: Edge, method: str, path: str, query: str, headers: list[tuple[str, str]], body: bytes, owner: bool
) -> None:
    stops = owner and path.rstrip("/").endswith(("stop", "pause"))
    target = f"{path}?{query}".encode()
    lines = [b"%s %s HTTP/1.1" % (method.encode(), target), b"Host: x", b"Connection: close"]
    lines += [f"{name}: {value}".encode("latin-1") for name, value in headers]
    lines.append(b"Content-Length: %d" % len(body))
    if owner and not stops:
        lines.append(b"Authorization: Bearer " + edge.served.token.encode())
    assert_well(edge.ask(b"\r\n".join(lines) + b"\r\n\r\n" + body))


async def converse(served: Served, frames: list[bytes], greeted: bool) -> None:
    """Send frames on a socket of one's own, as long as the server takes them; it ends, or goes on to answer."""
    peer = await served.peer()
    try:
        if greeted:
            await peer.join()
        with suppress(ConnectionError, aiohttp.ClientError):
            for frame in frames:
                await peer.socket.send_bytes(frame)
            await peer.send(hello())  # a second one, or one after nonsense: it ends every conversation
        closed = await asyncio.wait_for(peer.closed(), PATIENCE_SECONDS)
        assert closed.code in (1000, 1006, 4001, 4400, 4401, 4408, 4413, 4429), closed
    finally:
        await peer.socket.close()
        served.peers.remove(peer)


@MANY
@given(frames=st.lists(st.binary(max_size=300), min_size=1, max_size=5), greeted=st.booleans())
def test_any_frames_on_a_socket_end_it_and_nothing_else(edge: Edge, frames: list[bytes], greeted: bool) -> None:
    edge.call(converse(edge.served, frames, greeted))


@MANY
@given(data=st.binary(min_size=8, max_size=400))
def test_any_messages_that_look_valid_end_it_and_nothing_else(edge: Edge, data: bytes) -> None:
    reader, frames = Reader(data), []
    while not reader.ended and len(frames) < 12:
        frames.append(frame_of(reader, UNKNOWN_LEASE, None))
    edge.call(converse(edge.served, [*frames, frames[0]], greeted=True))


def test_after_all_that_the_run_goes_on(edge: Edge) -> None:
    edge.check()
