"""Hostile frames against a live server, and what honest volunteers notice of them.

A server (a process of its own on the first core) serves a small run to honest volunteers; an attacker, held to the last
core, sends fuzzed, truncated, oversized and misplaced frames. First the honest volunteers train alone, then beside the
attacker at `--rate` frames a second, then the attacker goes as fast as it can until `--frames` are sent.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]

import aiohttp  # noqa: E402
import numpy as np  # noqa: E402

from tests.server.volunteer import Closed, Peer, hello, ready, update_for  # noqa: E402
from tests.server.world import TARGET, serve  # noqa: E402
from webnn.core.config import StopConditions  # noqa: E402
from webnn.core.frames import encode_frame  # noqa: E402
from webnn.server.config import Limits  # noqa: E402

LIMITS = Limits(messages_per_second=1e9, message_burst=10**9)
CONNECTIONS = 8
MISPLACED = 20
"""Frames that are whole but out of place, sent on a connection before one that ends it."""


def pin(core: int) -> None:
    """Hold this process to a core, where that is possible."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[core]})


def memory_bytes() -> int:
    pages = Path("/proc/self/statm")
    return int(pages.read_text().split()[1]) * os.sysconf("SC_PAGESIZE") if pages.exists() else 0


def serve_for_ever(pipe: Any) -> None:
    """The server's process: tells its URL, then its memory whenever it is asked."""
    pin(0)

    async def main() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with serve(Path(folder), stop=StopConditions(epochs=1e9), limits=LIMITS) as served:
                pipe.send(served.base)
                while True:
                    word = await asyncio.to_thread(pipe.recv)
                    if word == "stop":
                        return
                    alive = served.task.failure is None
                    pipe.send((memory_bytes(), alive, served.task.status()["outcomes"]))

    asyncio.run(main())


def lost_update() -> bytes:
    """An update for a lease that nobody has."""
    lease = {"lease_id": "0-0", "version": 1, "iterations": 1, "num_examples": 1, "encoding": "f32"}
    return encode_frame(update_for(lease), TARGET.tobytes())


def hostile(rng: np.random.Generator) -> tuple[bytes, bool]:
    """Make a frame, and say whether it is sent after a proper hello."""
    kind = int(rng.integers(6))
    update = lost_update()
    if kind == 0:
        return rng.bytes(int(rng.integers(0, 300))), bool(rng.integers(2))
    if kind == 1:
        return update[: int(rng.integers(len(update)))], True
    if kind == 2:
        fuzzed = bytearray(update)
        for place in rng.integers(0, len(fuzzed), 4):
            fuzzed[place] = int(rng.integers(256))
        return bytes(fuzzed), True
    if kind == 3:
        return bytes(LIMITS.max_frame_bytes(len(TARGET)) + 1), True
    if kind == 4:
        return encode_frame(ready()), False
    return update, True


async def attack(base: str, frames: int, rate: float | None, seed: int) -> Counter[str]:
    """Send `frames`, at `rate` a second (None: as fast as can be), over several connections at a time."""
    codes, began = Counter[str](), time.monotonic()
    misplaced = [encode_frame(ready()), lost_update()]

    async def send(http: aiohttp.ClientSession, rng: np.random.Generator) -> None:
        while codes["sent"] < frames:
            frame, greeted = hostile(rng)
            peer = await Peer.connect(http, base)
            try:
                if greeted:
                    await peer.send(hello())
                for number in range(MISPLACED + 1 if greeted else 1):
                    last = number == MISPLACED or not greeted
                    await peer.socket.send_bytes(frame if last else misplaced[number % 2])
                    codes["sent"] += 1
                    if rate is not None:
                        await asyncio.sleep(max(0.0, began + codes["sent"] / rate - time.monotonic()))
                codes["connections"] += 1
            except (ConnectionError, aiohttp.ClientError):
                codes["cut"] += 1
            finally:
                await peer.socket.close()

    async with aiohttp.ClientSession() as http:
        generators = np.random.default_rng(seed).spawn(CONNECTIONS)
        await asyncio.gather(*(send(http, rng) for rng in generators))
    return codes


def attack_process(base: str, frames: int, rate: float | None, seed: int, pipe: Any) -> None:
    pin(-1)
    began = time.monotonic()
    codes = asyncio.run(attack(base, frames, rate, seed))
    pipe.send((time.monotonic() - began, dict(codes)))


async def lease_times(base: str, seconds: float, count: int = 2) -> list[float]:
    """Train as honest volunteers do; the time from each `ready` to the outcome of its lease."""
    times: list[float] = []

    async def volunteer(http: aiohttp.ClientSession) -> None:
        peer = await Peer.connect(http, base)
        try:
            await peer.join()
            async with asyncio.timeout(seconds):
                while True:
                    began = time.monotonic()
                    lease = await peer.lease()
                    weights = await peer.weights(lease)
                    await asyncio.sleep(0.05)
                    await peer.update(lease, weights + np.float32(0.1) * (TARGET - weights))
                    times.append(time.monotonic() - began)
        except (TimeoutError, Closed):
            pass
        finally:
            await peer.socket.close()

    async with aiohttp.ClientSession() as http:
        await asyncio.gather(*(volunteer(http) for _ in range(count)))
    return times


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--frames", type=int, default=1_000_000, help="hostile frames in all [1000000]")
    parser.add_argument("--rate", type=float, default=500.0, help="frames a second beside honest volunteers [500]")
    parser.add_argument("--seconds", type=float, default=20.0, help="of honest training, alone and beside [20]")
    parser.add_argument("--json", action="store_true", help="print the result as JSON, nothing else")
    given = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    server = context.Process(target=serve_for_ever, args=(there,), daemon=True)
    server.start()
    base = here.recv()

    def ask() -> Any:
        here.send("memory")
        return here.recv()

    def start(frames: int, rate: float | None, seed: int) -> tuple[Any, Any]:
        mine, its = context.Pipe()
        process = context.Process(target=attack_process, args=(base, frames, rate, seed, its), daemon=True)
        process.start()
        return process, mine

    alone = asyncio.run(lease_times(base, given.seconds))
    beside_frames = int(given.rate * (given.seconds + 5))
    process, pipe = start(beside_frames, given.rate, 1)
    beside = asyncio.run(lease_times(base, given.seconds))
    beside_seconds, _ = pipe.recv()
    process.join()
    before = ask()[0]
    process, pipe = start(max(given.frames - beside_frames, 0), None, 2)
    flood_seconds, codes = pipe.recv()
    process.join()
    after, alive, outcomes = ask()
    survived = asyncio.run(lease_times(base, 3.0))
    here.send("stop")
    server.join(10)
    result = {
        "benchmark": "hostile_frames",
        "frames": given.frames,
        "rate_beside": round(beside_frames / beside_seconds, 1),
        "rate_flood": round(max(given.frames - beside_frames, 0) / max(flood_seconds, 1e-9), 1),
        "lease_seconds_alone": round(median(alone), 4),
        "lease_seconds_beside": round(median(beside), 4),
        "slower": round(median(beside) / median(alone) - 1, 3),
        "memory_before": before,
        "memory_after": after,
        "crashed": not alive,
        "leases_after": len(survived),
        "codes": codes,
        "outcomes": {str(name): count for name, count in outcomes.items()},
    }
    print(json.dumps(result, indent=None if given.json else 1))
    good = alive and survived and result["slower"] <= 0.2 and after < before + (64 << 20)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
