"""The volunteers of `load.py`: they speak the real protocol over real sockets, and send back the weights they got,
with other last bits.

Prints a line of JSON when all are connected (and, where they work as fast as they can, each has had an update merged).
Then measures from one line of its standard input to the next, and prints what it saw.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import time
from collections import Counter, deque
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from wire import Http, WebSocket, connect

from webnn.core.encoding import Encoding, encode_vector
from webnn.core.frames import MAX_LARGE_HEADER_BYTES, Buffer, Frame, decode_frame, encode_header
from webnn.core.messages import SUBPROTOCOL

FAULTS = ("drop", "duplicate", "nan", "silent")


@dataclass
class Book:
    """What the volunteers saw while it was `open`. Latencies are seconds from `ready` to `lease`."""

    open: bool = False
    busy: float = 0.0  # CPU seconds of this process
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
        self.busy = -time.process_time()

    def end(self) -> None:
        self.open = False
        self.busy += time.process_time()

    def result(self) -> dict[str, Any]:
        ordered = sorted(self.latencies) or [0.0]
        return {
            "leases": self.leases,
            "cpu_seconds": self.busy,
            "lease_p50_ms": ordered[len(ordered) // 2] * 1000,
            "lease_p99_ms": ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000,
            "outcomes": dict(self.outcomes),
            "faults": dict(self.faults),
        }


class Echo:
    """One volunteer: as fast as it is answered, or one update in `pause` seconds."""

    def __init__(self, http: Http, options: argparse.Namespace, book: Book, pause: float) -> None:
        self.http = http
        self.options = options
        self.path = urlsplit(options.url).path
        self.book = book
        self.pause = pause
        self.rng = random.Random(id(self))
        self.warm = asyncio.Event()
        self.held: tuple[int, Buffer] = (0, b"")
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
            socket = await connect(f"{self.options.url}/volunteer", SUBPROTOCOL)
            try:
                await self.join(socket)
                if self.pause:
                    self.warm.set()
                    await asyncio.sleep(self.rng.random() * self.pause)
                await self.ask(socket)
                while await self.lease(socket):
                    pass
            finally:
                socket.close()

    async def join(self, socket: WebSocket) -> None:
        encodings = {"up": [self.options.encoding, "f32"], "down": [self.down, "f32"]}
        volunteer_id, secret = self.identity
        hello = {"type": "hello", "protocol": 1, "build": None, "role": "volunteer", "volunteer_id": volunteer_id}
        hello |= {"secret": secret, "device": {"kind": "worker", "name": "echo"}, "encodings": encodings}
        socket.send(encode_header(hello))
        welcome = await hear(socket)
        assert welcome["type"] == "welcome", welcome
        self.granted.clear()
        self.identity = (welcome["volunteer_id"], welcome["secret"] or secret)
        self.post_bytes = self.options.post_bytes or welcome["limits"].get("post_bytes", 1 << 40)

    async def ask(self, socket: WebSocket) -> None:
        """Ask for a lease, as a browser does: for the first one, and for the next while it is at the last."""
        self.asked = time.perf_counter()
        ready = {"type": "ready", "backend": "echo", "seconds_per_iteration": 0.05, "version": self.held[0] or None}
        if self.options.push:
            ready |= {"down": self.down, "push": True}
        socket.send(encode_header(ready))

    async def lease(self, socket: WebSocket) -> bool:
        """Take the next lease and bring it to its end; False: connect anew."""
        while not self.granted:
            await self.listen(socket)
        lease = self.granted.popleft()
        await self.ask(socket)
        if self.options.dispatch:
            socket.send(encode_header({"type": "abandon", "lease_id": lease["lease_id"], "reason": "only asking"}))
            self.warm.set()
            return True
        fault = self.fault()
        if fault == "drop":
            return False
        if fault == "silent":
            return True
        version, weights = await self.weights(lease)
        await self.train(socket)
        await self.update(socket, lease, version, weights, fault)
        return True

    async def train(self, socket: WebSocket) -> None:
        """Take `pause` seconds, and what comes meanwhile, when it comes."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.pause):
                while self.pause:
                    await self.listen(socket)

    async def listen(self, socket: WebSocket) -> None:
        """Take one message."""
        frame = await hear_frame(socket)
        header = frame.header
        if header["type"] == "lease":
            self.granted.append(header)
            self.book.leased(time.perf_counter() - self.asked)
        elif header["type"] == "outcome":
            self.outcomes[header["lease_id"]] = header
            if len(frame.payload) and header["version"] > self.held[0]:
                self.held = (header["version"], frame.payload)

    def fault(self) -> str | None:
        for name, share in self.options.faults.items():
            if self.rng.random() < share:
                if self.book.open:
                    self.book.faults[name] += 1
                return str(name)
        return None

    async def weights(self, lease: dict[str, Any]) -> tuple[int, Buffer]:
        """What to start from, and its version: what is here if it is new enough, else what the server has."""
        wanted = lease
        while self.held[0] < lease["version"]:
            target = f"{self.path}/weights/{wanted['version']}-{wanted['hash']}?encoding={self.down}"
            answer = await self.http.request("GET", target)
            if answer.status == HTTPStatus.GONE:
                wanted = answer.json()["newest"]
            else:
                assert answer.status == HTTPStatus.OK, answer
                self.held = (wanted["version"], answer.body)
        return self.held

    def echo(self, weights: Buffer) -> bytes | memoryview:
        """What to send for `weights`: they themselves with other last bits, so that something seems to be learnt; with
        encodings of differences always the same.
        """
        encoding = Encoding(self.options.encoding)
        if encoding.differs:
            return little(self.options.params, encoding)
        kind, bits = (np.uint32, 12) if encoding is Encoding.F32 else (np.uint16, 2)
        if not self.payload:
            self.payload = np.random.default_rng().integers(0, 1 << bits, self.options.params, kind).tobytes()
        return (np.frombuffer(weights, kind) ^ np.frombuffer(self.payload, kind)).data.cast("B")

    async def update(
        self,
        socket: WebSocket,
        lease: dict[str, Any],
        version: int,
        weights: Buffer,
        fault: str | None,
    ) -> None:
        header = {"type": "update", "lease_id": lease["lease_id"], "base_version": version}
        header |= {"iterations": lease["iterations"], "num_examples": lease["num_examples"]}
        header |= {"seconds": 0.05 * lease["iterations"], "encoding": lease["encoding"], "loss": 0.5, "accuracy": 0.5}
        payload = self.echo(weights) if fault != "nan" else bytes(len(weights) - 4) + np.float32("nan").tobytes()
        for _ in range(2 if fault == "duplicate" else 1):
            await self.send(socket, encode_header(header), payload)
        while lease["lease_id"] not in self.outcomes:
            await self.listen(socket)
        outcome = self.outcomes.pop(lease["lease_id"])
        if outcome["outcome"] == "merged":
            self.warm.set()
        self.book.ended(outcome["outcome"])

    async def send(self, socket: WebSocket, header: bytes, payload: bytes | memoryview) -> None:
        if len(header) + len(payload) < self.post_bytes:
            socket.send(header, payload)
            return
        headers = (f"Authorization: Volunteer {self.identity[0]}:{self.identity[1]}",)
        answer = await self.http.request("POST", f"{self.path}/updates", headers, (header, payload))
        assert answer.status < HTTPStatus.BAD_REQUEST, answer


@cache
def little(num_weights: int, encoding: Encoding) -> bytes:
    """A difference that hardly changes anything."""
    small = np.random.default_rng(1).standard_normal(num_weights, np.float32) * np.float32(1e-6)
    return bytes(encode_vector(small, encoding))


async def hear_frame(socket: WebSocket) -> Frame:
    return decode_frame(await socket.receive(), MAX_LARGE_HEADER_BYTES, 64)


async def hear(socket: WebSocket) -> dict[str, Any]:
    """The header of the next message."""
    return (await hear_frame(socket)).header


async def work(options: argparse.Namespace) -> None:
    book = Book()
    pause = options.volunteers / options.rate if options.rate else 0.0
    http = Http(options.url)
    with closing(http):
        echoes = [Echo(http, options, book, pause) for _ in range(options.volunteers)]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(echo.live()) for echo in echoes]
            await group.create_task(measure(echoes, book))
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
    book.end()


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
    parser.add_argument("--not-cpus", type=int, default=0, help="leave so many processors to the server")
    options = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[options.not_cpus :] or os.sched_getaffinity(0))
    asyncio.run(work(options))


if __name__ == "__main__":
    main()
