"""The volunteers of `load.py`: they speak the real protocol over real sockets, and send back the weights they got,
with other last bits.

Prints a line of JSON when all are connected (and, where they work as fast as they can, each has had an update merged).
Then measures from one line of its standard input to the next, and prints what it saw.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import numpy as np

from webnn.core.encoding import Encoding, encode_vector
from webnn.core.frames import MAX_LARGE_HEADER_BYTES, Frame, decode_frame, encode_header

FAULTS = ("drop", "duplicate", "nan", "silent")


@dataclass
class Book:
    """What the volunteers saw while it was `open`. Latencies are seconds from `ready` to `lease`."""

    open: bool = False
    latencies: list[float] = field(default_factory=list)
    leases: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    def leased(self, seconds: float) -> None:
        if self.open:
            self.latencies.append(seconds)
            self.leases += 1

    def ended(self, outcome: str) -> None:
        if self.open:
            self.outcomes[outcome] += 1

    def begin(self) -> None:
        self.open = True

    def result(self) -> dict[str, Any]:
        ordered = sorted(self.latencies) or [0.0]
        return {
            "leases": self.leases,
            "lease_p50_ms": ordered[len(ordered) // 2] * 1000,
            "lease_p99_ms": ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000,
            "outcomes": dict(self.outcomes),
            "faults": dict(self.faults),
        }


class Echo:
    """One volunteer: as fast as it is answered, or one update in `pause` seconds."""

    def __init__(self, http: aiohttp.ClientSession, options: argparse.Namespace, book: Book, pause: float) -> None:
        self.http = http
        self.options = options
        self.book = book
        self.pause = pause
        self.rng = random.Random(id(self))
        self.warm = asyncio.Event()
        self.held: tuple[int, bytes] = (0, b"")
        self.identity: tuple[str | None, str | None] = (None, None)
        self.post_bytes = 0
        self.down = "int8" if options.encoding == "topk" else options.encoding
        self.payload = b""
        self.asked = 0.0
        self.granted: deque[dict[str, Any]] = deque()
        self.outcomes: dict[str, dict[str, Any]] = {}

    async def live(self) -> None:
        """Connect, work, and connect again when a fault dropped the connection."""
        while True:
            async with self.http.ws_connect(
                f"{self.options.url}/volunteer", protocols=("webnn.v1",), max_msg_size=0
            ) as socket:
                await self.join(socket)
                if self.pause:
                    self.warm.set()
                    await asyncio.sleep(self.rng.random() * self.pause)
                await self.ask(socket)
                while await self.lease(socket):
                    pass

    async def join(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        encodings = {"up": [self.options.encoding, "f32"], "down": [self.down, "f32"]}
        volunteer_id, secret = self.identity
        hello = {"type": "hello", "protocol": 1, "build": None, "role": "volunteer", "volunteer_id": volunteer_id}
        hello |= {"secret": secret, "device": {"kind": "worker", "name": "echo"}, "encodings": encodings}
        await socket.send_bytes(encode_header(hello))
        welcome = await hear(socket)
        assert welcome["type"] == "welcome", welcome
        self.granted.clear()
        self.identity = (welcome["volunteer_id"], welcome["secret"] or secret)
        self.post_bytes = self.options.post_bytes or welcome["limits"].get("post_bytes", 1 << 40)

    async def ask(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Ask for a lease, as a browser does: for the first one, and for the next while it is at the last."""
        self.asked = time.perf_counter()
        ready = {"type": "ready", "backend": "echo", "seconds_per_iteration": 0.05, "version": self.held[0] or None}
        if self.options.push:
            ready |= {"down": self.down, "push": True}
        await socket.send_bytes(encode_header(ready))

    async def lease(self, socket: aiohttp.ClientWebSocketResponse) -> bool:
        """Take the next lease and bring it to its end; False: connect anew."""
        while not self.granted:
            await self.listen(socket)
        lease = self.granted.popleft()
        await self.ask(socket)
        if self.options.dispatch:
            await socket.send_bytes(
                encode_header({"type": "abandon", "lease_id": lease["lease_id"], "reason": "only asking"})
            )
            self.warm.set()
            return True
        fault = self.fault()
        if fault == "drop":
            await socket.close()
            return False
        if fault == "silent":
            return True
        version, weights = await self.weights(lease)
        await self.train(socket)
        await self.update(socket, lease, version, weights, fault)
        return True

    async def train(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Take `pause` seconds, and what comes meanwhile, when it comes."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.pause):
                while self.pause:
                    await self.listen(socket)

    async def listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Take one message."""
        frame = await hear_frame(socket)
        header = frame.header
        if header["type"] == "lease":
            self.granted.append(header)
            self.book.leased(time.perf_counter() - self.asked)
        elif header["type"] == "outcome":
            self.outcomes[header["lease_id"]] = header
            if len(frame.payload) and header["version"] > self.held[0]:
                self.held = (header["version"], bytes(frame.payload))

    def fault(self) -> str | None:
        for name, share in self.options.faults.items():
            if self.rng.random() < share:
                if self.book.open:
                    self.book.faults[name] += 1
                return str(name)
        return None

    async def weights(self, lease: dict[str, Any]) -> tuple[int, bytes]:
        """What to start from, and its version: what is here if it is new enough, else what the server has."""
        wanted = lease
        while self.held[0] < lease["version"]:
            url = f"{self.options.url}/weights/{wanted['version']}-{wanted['hash']}?encoding={self.down}"
            async with self.http.get(url) as response:
                if response.status == 410:
                    wanted = (await response.json())["newest"]
                    continue
                response.raise_for_status()
                self.held = (wanted["version"], await response.read())
        return self.held

    def echo(self, weights: bytes) -> bytes:
        """What to send for `weights`: they themselves with other last bits, so that something seems to be learnt; with
        encodings of differences always the same.
        """
        encoding = Encoding(self.options.encoding)
        if encoding.differs:
            if not self.payload:
                small = np.random.default_rng(1).standard_normal(self.options.params, np.float32) * np.float32(1e-6)
                self.payload = bytes(encode_vector(small, encoding))
            return self.payload
        kind, bits = (np.uint32, 12) if encoding is Encoding.F32 else (np.uint16, 2)
        if not self.payload:
            self.payload = np.random.default_rng().integers(0, 1 << bits, self.options.params, kind).tobytes()
        return (np.frombuffer(weights, kind) ^ np.frombuffer(self.payload, kind)).tobytes()

    async def update(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        lease: dict[str, Any],
        version: int,
        weights: bytes,
        fault: str | None,
    ) -> None:
        header = {"type": "update", "lease_id": lease["lease_id"], "base_version": version}
        header |= {"iterations": lease["iterations"], "num_examples": lease["num_examples"]}
        header |= {"seconds": 0.05 * lease["iterations"], "encoding": lease["encoding"], "loss": 0.5, "accuracy": 0.5}
        payload = self.echo(weights) if fault != "nan" else bytes(len(weights) - 4) + np.float32("nan").tobytes()
        frame = b"".join((encode_header(header), payload))
        for _ in range(2 if fault == "duplicate" else 1):
            await self.send(socket, frame)
        while lease["lease_id"] not in self.outcomes:
            await self.listen(socket)
        outcome = self.outcomes.pop(lease["lease_id"])
        if outcome["outcome"] == "merged":
            self.warm.set()
        self.book.ended(outcome["outcome"])

    async def send(self, socket: aiohttp.ClientWebSocketResponse, frame: bytes) -> None:
        if len(frame) < self.post_bytes:
            await socket.send_bytes(frame)
            return
        headers = {"Authorization": f"Volunteer {self.identity[0]}:{self.identity[1]}"}
        async with self.http.post(f"{self.options.url}/updates", data=frame, headers=headers) as response:
            response.raise_for_status()


async def hear_frame(socket: aiohttp.ClientWebSocketResponse) -> Frame:
    message = await socket.receive()
    if message.type is not aiohttp.WSMsgType.BINARY:
        raise ConnectionError(f"the server closed the connection: {message}")
    return decode_frame(message.data, MAX_LARGE_HEADER_BYTES, 64)


async def hear(socket: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    """The header of the next message."""
    return (await hear_frame(socket)).header


async def work(options: argparse.Namespace) -> None:
    book = Book()
    pause = options.volunteers / options.rate if options.rate else 0.0
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, read_bufsize=1 << 20) as http:
        echoes = [Echo(http, options, book, pause) for _ in range(options.volunteers)]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(echo.live()) for echo in echoes]
            waiting = group.create_task(measure(echoes, book))
            await waiting
            for task in tasks:
                task.cancel()
        print(json.dumps(book.result()), flush=True)


async def measure(echoes: list[Echo], book: Book) -> None:
    for echo in echoes:
        await echo.warm.wait()
    await asyncio.sleep(1.1 * echoes[0].pause)
    print(json.dumps({"connected": len(echoes)}), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    book.begin()
    await asyncio.to_thread(sys.stdin.readline)
    book.open = False


def parse_faults(text: str) -> dict[str, float]:
    """`drop=0.01,nan=0.02`: the share of leases that each happens to."""
    pairs = [part.partition("=") for part in text.split(",") if part]
    unknown = [name for name, _, _ in pairs if name not in FAULTS]
    if unknown:
        raise argparse.ArgumentTypeError(f"no fault {unknown[0]!r}; there are {', '.join(FAULTS)}")
    return {name: float(share) for name, _, share in pairs}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--volunteers", type=int, required=True)
    parser.add_argument("--params", type=int, required=True)
    parser.add_argument("--encoding", default="f32")
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--faults", type=parse_faults, default={})
    parser.add_argument("--post-bytes", type=int, default=0)
    parser.add_argument("--dispatch", action="store_true")
    parser.add_argument("--push", action="store_true")
    asyncio.run(work(parser.parse_args()))


if __name__ == "__main__":
    main()
