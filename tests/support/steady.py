"""A volunteer that comes back: after a cut connection, a server that died, a run that went back.

It sends what was not acknowledged again, as the real one does, and remembers all that it was told of every lease.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import aiohttp
import numpy as np
from numpy.typing import NDArray

from webnn.core.encoding import decode_vector, encode_vector
from webnn.core.frames import MAX_LARGE_HEADER_BYTES, decode_frame, encode_frame

Vector = NDArray[np.float32]
Frames = Callable[[bytes], list[bytes]]
"""What becomes of a frame on its way to the server: none, one, or several, in order."""

FINISHED = 1000


class Steady:
    """Trains until the run is over. `url` is asked afresh for each connection, so that a server may move.

    A lease takes about `seconds`, or `pace` seconds for each of its iterations.
    `train` makes the payload of a lease from its base weights; `meddle`, if given, has every frame on its way out, and
    may raise `Cut`.
    """

    def __init__(
        self,
        url: Callable[[], str],
        train: Callable[[Vector], Vector],
        *,
        seconds: float = 0.0,
        pace: float | None = None,
        retry_seconds: float = 0.02,
        meddle: Frames | None = None,
    ) -> None:
        self._url = url
        self._train = train
        self._seconds = seconds
        self._pace = pace
        self._retry_seconds = retry_seconds
        self._meddle = meddle or (lambda frame: [frame])
        self._identity: tuple[str | None, str | None] = (None, None)
        self._unacknowledged: dict[str, bytes] = {}
        self.told: dict[str, list[str]] = defaultdict(list)
        self.hashes: dict[int, set[str]] = defaultdict(set)
        self.heard_at = time.monotonic()
        self._open: dict[str, float] = {}
        self.connections = 0
        self.errors: Counter[str] = Counter()
        self.over = False

    @property
    def outcomes(self) -> Counter[str]:
        """The first outcome of each lease."""
        return Counter(told[0] for told in self.told.values())

    @property
    def longest_silence(self) -> float:
        """How long it may hear nothing of its work: the seconds that the server gave its open leases."""
        return max(self._open.values(), default=0.0)

    async def run(self) -> None:
        """Work until the run is over."""
        async with aiohttp.ClientSession() as http:
            while not self.over:
                try:
                    await self._connect(http)
                except (Cut, aiohttp.ClientError, ConnectionError, TimeoutError) as error:
                    self.errors[type(error).__name__] += 1
                await asyncio.sleep(self._retry_seconds * random.uniform(0.5, 1.5))

    async def _connect(self, http: aiohttp.ClientSession) -> None:
        base = self._url()
        async with http.ws_connect(f"{base}/volunteer", protocols=("webnn.v1",), max_msg_size=0) as socket:
            self.connections += 1
            await self._send(socket, self._hello())
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.BINARY:
                    break
                await self._take(http, base, socket, decode_frame(message.data, MAX_LARGE_HEADER_BYTES, 64).header)
            if socket.close_code == FINISHED:
                self.over = True

    def _hello(self) -> bytes:
        volunteer_id, secret = self._identity
        return encode_frame(
            {
                "type": "hello",
                "protocol": 1,
                "build": None,
                "role": "volunteer",
                "volunteer_id": volunteer_id,
                "secret": secret,
                "device": {"kind": "worker", "name": "steady"},
                "encodings": {"up": ["f32"], "down": ["f32"]},
            }
        )

    async def _take(
        self, http: aiohttp.ClientSession, base: str, socket: aiohttp.ClientWebSocketResponse, header: dict[str, Any]
    ) -> None:
        if header.get("hash"):
            self.hashes[header["version"]].add(header["hash"])
        match header["type"]:
            case "welcome":
                if header["secret"] is not None:
                    self._identity = header["volunteer_id"], header["secret"]
                for frame in list(self._unacknowledged.values()):
                    await self._send(socket, frame)
                await self._send(socket, self._ready())
            case "lease":
                self.heard_at = time.monotonic()
                self._open[header["lease_id"]] = header["seconds"]
                await self._work(http, base, socket, header)
            case "outcome":
                self.heard_at = time.monotonic()
                self._open.pop(header["lease_id"], None)
                self.told[header["lease_id"]].append(header["outcome"])
                self._unacknowledged.pop(header["lease_id"], None)
                await self._send(socket, self._ready())
            case "goodbye":
                self.over = header["code"] == "finished"
            case _:
                pass

    async def _work(
        self, http: aiohttp.ClientSession, base: str, socket: aiohttp.ClientWebSocketResponse, lease: dict[str, Any]
    ) -> None:
        async with http.get(f"{base}/weights/{lease['version']}-{lease['hash']}?encoding=f32") as response:
            body = await response.read()
            if response.status != 200:
                header = {"type": "abandon", "lease_id": lease["lease_id"], "reason": "its weights are gone"}
                await self._send(socket, encode_frame(header))
                return
        seconds = self._seconds if self._pace is None else self._pace * lease["iterations"]
        if seconds:
            await asyncio.sleep(seconds * random.uniform(0.5, 1.5))
        weights = decode_vector(body, "f32", len(body) // 4)
        trained = self._train(weights)
        if lease["wants"] == "delta":
            trained = trained - weights
        frame = encode_frame(_update(lease, max(seconds, 0.01)), encode_vector(trained, "f32"))
        self._unacknowledged[lease["lease_id"]] = frame
        await self._send(socket, frame)

    async def _send(self, socket: aiohttp.ClientWebSocketResponse, frame: bytes) -> None:
        for sent in self._meddle(frame):
            await socket.send_bytes(sent)

    def _ready(self) -> bytes:
        seconds = max(self._seconds, 0.01) / 10 if self._pace is None else self._pace
        return encode_frame({"type": "ready", "backend": "test", "seconds_per_iteration": seconds, "version": None})


class Cut(Exception):
    """The connection ends here."""


def _update(lease: dict[str, Any], seconds: float) -> dict[str, Any]:
    return {
        "type": "update",
        "lease_id": lease["lease_id"],
        "base_version": lease["version"],
        "iterations": lease["iterations"],
        "num_examples": lease["num_examples"],
        "seconds": seconds,
        "encoding": lease["encoding"],
        "loss": 0.5,
        "accuracy": 0.5,
    }
