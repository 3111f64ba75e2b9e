"""A connection whose other end says whatever a fuzzer makes of it, against the real session and the real run."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import msgpack
from aiohttp import WSMessage, WSMsgType, web

from fuzz.reading import Reader
from tests.server.volunteer import hello, ready, update_for
from tests.server.world import TARGET, make_task
from webnn.core.encoding import Encoding, encode_vector
from webnn.core.events import Start
from webnn.core.frames import MAX_LARGE_HEADER_BYTES, decode_frame, encode_frame
from webnn.server.config import Limits
from webnn.server.connection import Connection, Socket
from webnn.server.identities import Identities
from webnn.server.invites import Invite
from webnn.server.run_task import RunTask
from webnn.server.volunteers import Session

MOST_MESSAGES = 40
PATIENCE_SECONDS = 20.0
LIMITS = Limits(messages_per_second=1e9, message_burst=10**9, close_seconds=1.0)
UNKNOWN_LEASE = {"lease_id": "0-0", "version": 1, "iterations": 1, "num_examples": 10, "encoding": "f32"}
KINDS = ("hello", "ready", "progress", "update", "abandon", "status", "goodbye")
ENCODINGS = tuple(encoding.value for encoding in Encoding)


class Open:
    """An entrance that is open."""

    async def check(self, code: str | None) -> Invite | None:
        return None

    async def enter(self, invite: Invite | None, volunteer_id: str) -> None:
        pass

    def newcomer(self) -> None:
        pass


class Wire(Socket):
    """A socket without a network; a subclass says what comes in."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[dict[str, Any]] = []
        self.ended = asyncio.Event()

    async def send_bytes(self, data: Any, compress: int | None = None) -> None:
        self.send_now(data)

    async def send_parts(self, head: bytes, payload: memoryview) -> None:
        self.send_now(head + payload)

    def send_now(self, frame: bytes) -> bool:
        self.heard.append(decode_frame(frame, MAX_LARGE_HEADER_BYTES, 64).header)
        self.took()
        return True

    @property
    def waits(self) -> bool:
        return self.ended.is_set()

    async def close(self, *, code: int = 1000, message: bytes = b"", drain: bool = True) -> bool:
        assert 1000 <= code < 5000
        assert len(message) <= 123
        self.ended.set()
        return True

    def took(self) -> None:
        """Something was sent to this end."""

    def last(self, kind: str) -> dict[str, Any] | None:
        return next((header for header in reversed(self.heard) if header["type"] == kind), None)


class Fuzzed(Wire):
    """Sends what a fuzzer's bytes say, with the leases that it was really given."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self._reader = reader
        self._left = MOST_MESSAGES

    async def receive(self, timeout: float | None = None) -> WSMessage:  # noqa: ASYNC109 (aiohttp's)
        for _ in range(3):  # let the server answer
            await asyncio.sleep(0)
        self._left -= 1
        if self.ended.is_set() or self._reader.ended or self._left < 0:
            return WSMessage(WSMsgType.CLOSED, None, None)
        if self._reader.byte() == 255:
            return WSMessage(WSMsgType.TEXT, self._reader.text(), None)
        return WSMessage(WSMsgType.BINARY, frame_of(self._reader, self.last("lease"), self.last("welcome")), None)


def frame_of(reader: Reader, lease: dict[str, Any] | None, welcome: dict[str, Any] | None) -> bytes:
    """Make a frame: mostly a message of the protocol, often with a field that is odd, now and then any bytes."""
    style = reader.byte()
    if style < 16:
        return reader.raw(400)
    header = message_of(reader, lease or UNKNOWN_LEASE, welcome)
    for _ in range(max(0, style - 200) // 16):
        key = reader.choose((*header, reader.text()))
        header[key] = reader.value()
    frame = packed(header) + payload_of(reader, header)
    if style % 8 == 1:
        frame = frame[: reader.byte()]
    return frame


def message_of(reader: Reader, lease: dict[str, Any], welcome: dict[str, Any] | None) -> dict[str, Any]:
    match reader.choose(KINDS):
        case "hello":
            known = welcome if welcome is not None and reader.byte() & 1 else {"volunteer_id": None, "secret": None}
            up = [reader.choose(ENCODINGS) for _ in range(reader.byte() % 3)]
            role = reader.choose(("volunteer", "volunteer", "watcher"))
            encodings = {"up": up, "down": ["f32"]}
            identity = {"volunteer_id": known["volunteer_id"], "secret": known["secret"]}
            return hello(role=role, encodings=encodings, bound=bool(reader.byte() & 1), **identity)
        case "ready":
            return ready(seconds_per_iteration=reader.choose((0.01, 1e-9, 1e9, None)), version=reader.byte() or None)
        case "progress":
            numbers = {"iterations": reader.byte(), "loss": reader.choose((None, 0.5, -1e300)), "accuracy": None}
            return {"type": "progress", "lease_id": lease["lease_id"], **numbers}
        case "abandon":
            return {"type": "abandon", "lease_id": lease["lease_id"], "reason": reader.text()}
        case "status":
            return {"type": "status", "state": reader.choose(("training", "paused", "hidden"))}
        case "goodbye":
            return {"type": "goodbye", "reason": reader.text()}
        case _:
            changes: dict[str, Any] = {"encoding": reader.choose(ENCODINGS)}
            if reader.byte() & 1:
                changes |= {"base_version": reader.byte(), "iterations": 1 + reader.byte()}
            return update_for(lease, **changes)


def packed(header: dict[str, Any]) -> bytes:
    try:
        return encode_frame(header)
    except (ValueError, TypeError, OverflowError, msgpack.PackException):  # one that we would not write ourselves
        try:
            raw: bytes = msgpack.packb(header)
        except (ValueError, TypeError, OverflowError):
            return b"\xc1"
        start = len(raw).to_bytes(4, "little") + raw
        return start + bytes(-len(start) % 8)


def payload_of(reader: Reader, header: dict[str, Any]) -> bytes:
    if header.get("type") != "update":
        return b""
    known = frozenset(Encoding)
    encoding = Encoding(header["encoding"]) if str(header.get("encoding")) in known else Encoding.F32
    proper = bytes(encode_vector(TARGET, encoding))
    match reader.byte() % 4:
        case 0:
            return reader.raw(64)
        case 1:
            return reader.raw(len(proper)).ljust(len(proper), b"\xff")
        case _:
            return proper


class Honest(Wire):
    """Joins, trains one lease, and leaves."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = asyncio.Event()
        self._said: list[str] = []

    def took(self) -> None:
        self._changed.set()

    @property
    def counted(self) -> bool:
        """Whether its work had an outcome; the run may have been over before."""
        state = self.last("welcome")
        over = self.last("goodbye") is not None or (state is not None and state["state"] != "running")
        return over or self.last("outcome") is not None

    async def receive(self, timeout: float | None = None) -> WSMessage:  # noqa: ASYNC109 (aiohttp's)
        while True:
            said = self._next()
            if said is not None:
                return WSMessage(WSMsgType.BINARY, said, None)
            if self.ended.is_set() or self.counted:
                return WSMessage(WSMsgType.CLOSED, None, None)
            self._changed.clear()
            await self._changed.wait()

    def _next(self) -> bytes | None:
        lease = self.last("lease")
        for kind, frame, may in (
            ("hello", lambda: encode_frame(hello()), True),
            ("ready", lambda: encode_frame(ready()), self.last("welcome") is not None),
            ("update", lambda: encode_frame(update_for(lease or {}), TARGET.tobytes()), lease is not None),
        ):
            if kind not in self._said:
                if not may:
                    return None
                self._said.append(kind)
                return frame()
        return None


async def talk(task: RunTask, wire: Wire, identities: Identities) -> None:
    connection = Connection(wire, None, LIMITS, task.traffic)
    session = Session(wire, connection, task, identities, None, entrance=Open())  # type: ignore[arg-type]
    await session.serve()


async def converse(data: bytes) -> None:
    """Let a fuzzer's connection say what it likes: the run goes on, and an honest volunteer is served after it."""
    task, identities = make_task(limits=LIMITS), Identities("key")
    task.start()
    try:
        task.post(Start())
        async with asyncio.timeout(PATIENCE_SECONDS):
            await talk(task, Fuzzed(Reader(data)), identities)
            honest = Honest()
            await talk(task, honest, identities)
        assert task.failure is None, task.failure
        assert honest.counted or task.state.over, "an honest volunteer was not served"
        assert len(task.audience) == 0, "a connection was left behind"
    finally:
        with suppress(web.HTTPException):
            await task.close()
