"""Hostile frames against a live server, and what honest volunteers notice of them.

A server (a process of its own on the first core) serves a small run to honest volunteers; an attacker, held to the last
core, sends fuzzed, truncated, oversized and misplaced frames. In turns the honest volunteers train alone and beside the
attacker at `--rate` frames a second; then the attacker goes as fast as it can until `--frames` are sent, and they train
on. A million take 5 to 10 minutes of a quiet machine; the rate is printed.
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

TURNS = 4
PARTS = 16
STALL_SECONDS = 10.0
LONGEST_SECONDS = 3600.0
MOST_GROWTH_BYTES = 2 << 20
"""Of the server's memory in the second half of the flood, when all that it remembers of strangers is full."""


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


LOST_UPDATE = lost_update()
OUT_OF_ORDER = (
    encode_frame(ready()),
    LOST_UPDATE,
    encode_frame({"type": "progress", "lease_id": "0-0", "iterations": 5, "loss": None, "accuracy": None}),
    encode_frame({"type": "abandon", "lease_id": "9-9", "reason": "x"}),
    encode_frame({"type": "status", "state": "paused"}),
)
"""Whole messages that make no sense where they come; they do not end a connection."""


def hostile(rng: np.random.Generator) -> tuple[str, bytes, bool]:
    """Make a frame that ends a connection: its kind, its bytes, and whether it comes after a proper hello."""
    update = LOST_UPDATE
    match int(rng.integers(6)):
        case 0:
            return "random", rng.bytes(int(rng.integers(0, 300))), bool(rng.integers(2))
        case 1:
            return "truncated", update[: int(rng.integers(len(update)))], True
        case 2:
            fuzzed = bytearray(update)
            for place in rng.integers(0, len(fuzzed), 4):
                fuzzed[place] = int(rng.integers(256))
            return "fuzzed", bytes(fuzzed), True
        case 3:
            return "oversized", bytes(LIMITS.max_frame_bytes(len(TARGET)) + 1), True
        case 4:
            return "before hello", encode_frame(ready()), False
        case _:
            return "second hello", encode_frame(hello()), True


async def attack(base: str, frames: int, rate: float | None, seed: int) -> Counter[str]:
    """Send `frames`, at `rate` a second (None: as fast as can be), over several connections at a time."""
    counts, began = Counter[str](), time.monotonic()

    async def pace() -> None:
        counts["sent"] += 1
        if rate is not None:
            await asyncio.sleep(max(0.0, began + counts["sent"] / rate - time.monotonic()))

    async def send(http: aiohttp.ClientSession, rng: np.random.Generator) -> None:
        while counts["sent"] < frames:
            kind, frame, greeted = hostile(rng)
            peer = await Peer.connect(http, base)
            try:
                if greeted:
                    await peer.send(hello())
                    for place in rng.integers(0, len(OUT_OF_ORDER), MISPLACED):
                        await peer.socket.send_bytes(OUT_OF_ORDER[place])
                        counts["out of order"] += 1
                        await pace()
                await peer.socket.send_bytes(frame)
                counts[kind] += 1
                await pace()
                counts["connections"] += 1
            except (ConnectionError, aiohttp.ClientError):
                counts["cut"] += 1
            finally:
                await peer.socket.close()

    async with aiohttp.ClientSession() as http:
        generators = np.random.default_rng(seed).spawn(CONNECTIONS)
        await asyncio.gather(*(send(http, rng) for rng in generators))
    return counts


def attack_for_ever(base: str, pipe: Any) -> None:
    """The attacker's process: sends so many frames at such a rate, as often as it is told to."""
    pin(-1)
    while (told := pipe.recv()) is not None:
        began = time.monotonic()
        counts = asyncio.run(attack(base, *told))
        pipe.send((time.monotonic() - began, counts))


async def lease_times(base: str, seconds: float, count: int = 2, until: Any = None) -> list[float]:
    """Train as honest volunteers do; the time from each `ready` to the outcome of its lease.

    It lasts for `seconds`, or until the pipe `until` has something to say.
    """
    times: list[float] = []

    async def volunteer(http: aiohttp.ClientSession) -> None:
        peer = await Peer.connect(http, base)
        try:
            await peer.join()
            async with asyncio.timeout(seconds):
                while until is None or not until.poll():
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
    parser.add_argument("--seconds", type=float, default=40.0, help="of honest training, alone and beside [40 each]")
    parser.add_argument("--minutes", type=float, default=60.0, help="the flood takes no longer [60]")
    parser.add_argument("--json", action="store_true", help="print the result as JSON, nothing else")
    given = parser.parse_args()
    result = measure(given.frames, given.rate, given.seconds, given.minutes)
    print(json.dumps(result) if given.json else in_words(result))
    return 0 if result["good"] else 1


def measure(frames: int, rate: float, seconds: float, minutes: float) -> dict[str, Any]:
    """Run all of it; the result is what `--json` prints."""
    context = multiprocessing.get_context("spawn")
    to_server, of_server = context.Pipe()
    server = context.Process(target=serve_for_ever, args=(of_server,), daemon=True)
    server.start()
    base = to_server.recv()
    to_attacker, of_attacker = context.Pipe()
    attacker = context.Process(target=attack_for_ever, args=(base, of_attacker), daemon=True)
    attacker.start()

    def ask() -> Any:
        to_server.send("memory")
        return to_server.recv()

    alone, beside, beside_seconds, counts = [], [], 0.0, Counter[str]()
    for turn in range(TURNS):
        alone += asyncio.run(lease_times(base, seconds / TURNS))
        to_attacker.send((round(rate * seconds / TURNS), rate, turn))
        beside += asyncio.run(lease_times(base, seconds / TURNS))
        took, sent = to_attacker.recv()
        beside_seconds, counts = beside_seconds + took, counts + sent
    rate_beside = counts["sent"] / beside_seconds
    memory, flood_seconds, flooded, meanwhile = [ask()[0]], 0.0, 0, []
    for part in range(PARTS):
        to_attacker.send((max(frames - counts["sent"], 0) // (PARTS - part), None, TURNS + part))
        meanwhile += asyncio.run(lease_times(base, LONGEST_SECONDS, until=to_attacker))
        took, sent = to_attacker.recv()
        flood_seconds, flooded, counts = flood_seconds + took, flooded + sent["sent"], counts + sent
        memory.append(ask()[0])
        if flood_seconds * (part + 2) / (part + 1) > 60 * minutes:
            break
    alive, outcomes = ask()[1:]
    survived = asyncio.run(lease_times(base, 3.0))
    to_attacker.send(None)
    to_server.send("stop")
    attacker.join(10)
    server.join(10)
    ratio, growth = median(beside) / median(alone), memory[-1] - memory[len(memory) // 2]
    stalls = sum(one > STALL_SECONDS for one in (*beside, *meanwhile, *survived))
    return {
        "benchmark": "hostile_frames",
        "frames": counts["sent"],
        "rate_beside": round(rate_beside, 1),
        "rate_flood": round(flooded / max(flood_seconds, 1e-9), 1),
        "flood_minutes": round(flood_seconds / 60, 2),
        "lease_seconds_alone": round(median(alone), 4),
        "lease_seconds_beside": round(median(beside), 4),
        "lease_seconds_in_flood": round(median(meanwhile), 4) if meanwhile else None,
        "times_normal": round(ratio, 3),
        "longest_lease_seconds": round(max((*beside, *meanwhile, *survived), default=0.0), 2),
        "stalls": stalls,
        "crashes": int(not alive),
        "leases_after": len(survived),
        "memory_bytes": memory,
        "second_half_growth_bytes": growth,
        "counts": dict(counts),
        "outcomes": {str(name): count for name, count in outcomes.items()},
        "good": alive and bool(survived) and not stalls and ratio <= 1.2 and growth < MOST_GROWTH_BYTES,
    }


def in_words(result: dict[str, Any]) -> str:
    kinds = {name: count for name, count in result["counts"].items() if name not in ("sent", "connections", "cut")}
    memory = [f"{one / 2**20:.0f}" for one in result["memory_bytes"]]
    return "\n".join(
        (
            f"{result['frames']:,} hostile frames over {result['counts']['connections']:,} connections: "
            + ", ".join(f"{count:,} {name}" for name, count in sorted(kinds.items())),
            f"as fast as could be: {result['rate_flood']:,} a second for {result['flood_minutes']} minutes",
            f"crashes {result['crashes']}, stalls (a lease of more than {STALL_SECONDS:.0f} s) {result['stalls']}, "
            f"longest lease {result['longest_lease_seconds']} s",
            f"the server's memory from before to after, MiB: {', '.join(memory)}; "
            f"in the second half {result['second_half_growth_bytes'] / 2**20:+.1f} MiB",
            f"an honest lease takes {result['lease_seconds_alone']} s alone, {result['lease_seconds_beside']} s beside "
            f"{result['rate_beside']} frames a second ({result['times_normal']} times; at most 1.2), "
            f"{result['lease_seconds_in_flood']} s in the flood",
            "good" if result["good"] else "NOT good",
        )
    )


if __name__ == "__main__":
    sys.exit(main())
