"""A volunteer in Python: speaks `webnn.v1` over a real socket and "trains" by moving its weights towards a target."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, Self

import aiohttp
import numpy as np
from numpy.typing import NDArray

from webnn.core.encoding import decode_vector, encode_vector
from webnn.core.frames import MAX_LARGE_HEADER_BYTES, Frame, decode_frame, encode_frame

Vector = NDArray[np.float32]


class Closed(Exception):
    """The server closed the connection, with `code` and a `reason`."""

    def __init__(self, code: int | None, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


def hello(**changes: Any) -> dict[str, Any]:
    return {
        "type": "hello",
        "protocol": 1,
        "build": None,
        "role": "volunteer",
        "volunteer_id": None,
        "secret": None,
        "device": {"kind": "worker", "name": "test"},
        "encodings": {"up": ["f32"], "down": ["f32"]},
        **changes,
    }


def ready(**changes: Any) -> dict[str, Any]:
    return {"type": "ready", "backend": "test", "seconds_per_iteration": 0.01, "version": None, **changes}


def update_for(lease: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """An honest update's header."""
    return {
        "type": "update",
        "lease_id": lease["lease_id"],
        "base_version": lease["version"],
        "iterations": lease["iterations"],
        "num_examples": lease["num_examples"],
        "seconds": 0.5,
        "encoding": lease["encoding"],
        "loss": 0.5,
        "accuracy": 0.5,
        **changes,
    }


class Peer:
    """One connection: sends headers and payloads, receives frames, and remembers what passed by."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, http: aiohttp.ClientSession, base: str) -> None:
        self.socket = socket
        self.http = http
        self.base = base
        self.heard: list[dict[str, Any]] = []

    @classmethod
    async def connect(cls, http: aiohttp.ClientSession, base: str, **options: Any) -> Self:
        """`base` is the run's address: .../api/v1/runs/RUN."""
        options.setdefault("protocols", ("webnn.v1",))
        socket = await http.ws_connect(f"{base}/volunteer", max_msg_size=0, **options)
        return cls(socket, http, base)

    async def send(self, header: dict[str, Any], payload: Any = None) -> None:
        await self.socket.send_bytes(encode_frame(header, payload))

    async def receive(self) -> Frame:
        """The next frame; raises `Closed`."""
        message = await self.socket.receive(timeout=10)
        if message.type is aiohttp.WSMsgType.BINARY:
            frame = decode_frame(message.data, MAX_LARGE_HEADER_BYTES, 64)
            self.heard.append(frame.header)
            return frame
        reason = message.extra if message.type is aiohttp.WSMsgType.CLOSE else ""
        raise Closed(self.socket.close_code, reason or "")

    async def expect(self, kind: str, **wanted: Any) -> dict[str, Any]:
        """The next message of a kind with some values, whatever comes before it."""
        while True:
            header = (await self.receive()).header
            if header["type"] == kind and all(header[key] == value for key, value in wanted.items()):
                return header

    async def closed(self) -> Closed:
        """Read until the server closes."""
        try:
            while True:
                await self.receive()
        except Closed as closed:
            return closed

    async def join(self, **changes: Any) -> dict[str, Any]:
        """Say hello; the welcome."""
        await self.send(hello(**changes))
        return await self.expect("welcome")

    async def lease(self) -> dict[str, Any]:
        """Ask for a lease and wait until there is one."""
        await self.send(ready())
        return await self.expect("lease")

    async def weights(self, lease: dict[str, Any]) -> Vector:
        url = f"{self.base}/weights/{lease['version']}-{lease['hash']}?encoding=f32"
        async with self.http.get(url) as response:
            response.raise_for_status()
            body = await response.read()
        return decode_vector(body, "f32", len(body) // 4)

    async def update(self, lease: dict[str, Any], vector: Vector, **changes: Any) -> dict[str, Any]:
        """Send an update; its outcome."""
        await self.send(update_for(lease, **changes), encode_vector(vector, changes.get("encoding", lease["encoding"])))
        return await self.expect("outcome", lease_id=lease["lease_id"])


class Volunteer:
    """Trains until the run is over: each lease takes `seconds` and brings its weights `pull` of the way to `target`."""

    def __init__(
        self, peer: Peer, target: Vector, pull: float = 0.5, encoding: str = "f32", seconds: float = 0.0
    ) -> None:
        self.peer = peer
        self.target = target
        self.pull = pull
        self.encoding = encoding
        self.seconds = seconds
        self.outcomes: Counter[str] = Counter()
        self.identity: tuple[str, str | None] = ("", None)

    async def train(self) -> Closed:
        """Join and work until the server closes the connection."""
        welcome = await self.peer.join(encodings={"up": [self.encoding], "down": ["f32"]})
        self.identity = (welcome["volunteer_id"], welcome["secret"])
        await self.peer.send(ready())
        try:
            while True:
                await self._answer((await self.peer.receive()).header)
        except Closed as closed:
            return closed
        except aiohttp.ClientConnectionResetError:  # closed while this end was about to send
            return await self.peer.closed()

    async def _answer(self, header: dict[str, Any]) -> None:
        if header["type"] == "lease":
            weights = await self.peer.weights(header)
            await asyncio.sleep(self.seconds)
            trained = weights + np.float32(self.pull) * (self.target - weights)
            await self.peer.send(update_for(header), encode_vector(trained, header["encoding"]))
        elif header["type"] == "outcome":
            self.outcomes[header["outcome"]] += 1
            await self.peer.send(ready(version=header["version"]))


async def gather(*volunteers: Volunteer) -> list[Closed]:
    return list(await asyncio.gather(*(volunteer.train() for volunteer in volunteers)))
