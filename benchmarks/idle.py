"""How much of its time a volunteer waits instead of training, over a slow network.

    python benchmarks/idle.py                                   mnist-cnn, 100 ms, 10 Mbit/s, one and four volunteers
    python benchmarks/idle.py --params 200000 --lease-seconds 3 --merge weighted

The server is the real one (`load_server.py`), the volunteers are the sessions that browsers run, and between each of
them and the server stands a proxy that holds bytes back: `--latency` seconds there and back, `--mbit` each way for all
the connections of a volunteer together. Trainers sleep instead of training, so that a busy machine changes little.
Shards are not fetched, as after the first pass. The first `--warm` seconds do not count.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import machine
from load import Child

from webnn.evaluator.node import node_executable

HERE = Path(__file__).resolve().parent
MNIST_CNN_NUMBERS = 5_994
STEP_SECONDS = 0.05


class Line:
    """One direction of a volunteer's network: a queue at a bottleneck, then a delay."""

    def __init__(self, bytes_per_second: float, delay: float) -> None:
        self._bytes_per_second = bytes_per_second
        self._delay = delay
        self._free_at = 0.0

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry what one connection sends, until it ends."""
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(maxsize=64)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._deliver(under_way, writer))
            await self._take(reader, under_way)

    async def _take(self, reader: asyncio.StreamReader, under_way: asyncio.Queue[tuple[float, bytes]]) -> None:
        loop = asyncio.get_running_loop()
        while data := await reader.read(16_384):
            self._free_at = max(self._free_at, loop.time()) + len(data) / self._bytes_per_second
            await under_way.put((self._free_at + self._delay, data))
            await asyncio.sleep(max(0.0, self._free_at - loop.time()))
        await under_way.put((loop.time() + self._delay, b""))

    async def _deliver(self, under_way: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        while True:
            at, data = await under_way.get()
            await asyncio.sleep(max(0.0, at - loop.time()))
            if not data:
                writer.close()
                return
            writer.write(data)
            await writer.drain()


async def slow_network(port: int, mbit: float, latency: float) -> asyncio.Server:
    """A volunteer's own way to the server at `port`. A new connection costs a round trip more, as TCP's does."""
    up, down = (Line(mbit * 1e6 / 8, latency / 2) for _ in range(2))

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, ExceptionGroup, asyncio.CancelledError):
            await asyncio.sleep(latency)
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(up.carry(reader, far_writer), down.carry(far_reader, writer))

    return await asyncio.start_server(connect, "127.0.0.1", 0)


async def volunteer(url: str, options: argparse.Namespace) -> dict[str, Any]:
    parts = urlsplit(url)
    assert parts.port is not None
    async with await slow_network(parts.port, options.mbit, options.latency) as network:
        near = f"http://127.0.0.1:{network.sockets[0].getsockname()[1]}"
        arguments = (near, "load", STEP_SECONDS, options.warm, options.seconds)
        process = await asyncio.create_subprocess_exec(
            node_executable(), str(HERE / "idle_volunteer.mjs"), *map(str, arguments), stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
    if process.returncode or not out:
        raise SystemExit(f"a volunteer ended with {process.returncode}")
    seen: dict[str, Any] = json.loads(out)
    return seen


async def measure(options: argparse.Namespace, count: int) -> dict[str, Any]:
    server = Child(
        "load_server.py",
        *("--params", options.params, "--merge", options.merge, "--lease-seconds", options.lease_seconds),
    )
    try:
        url = server.hear()["url"]
        seen = await asyncio.gather(*(volunteer(url, options) for _ in range(count)))
    finally:
        server.end()
    return {
        "volunteers": count,
        "idle": round(sum(one["idle"] for one in seen) / count, 4),
        "worst": round(max(one["idle"] for one in seen), 4),
        "leases": sum(one["leases"] for one in seen),
        "outcomes": [one["outcomes"] for one in seen],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--params", type=int, default=MNIST_CNN_NUMBERS, help="numbers in the model")
    parser.add_argument("--volunteers", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--merge", default="auto")
    parser.add_argument("--lease-seconds", type=float, default=3.0)
    parser.add_argument("--latency", type=float, default=0.1, help="seconds there and back")
    parser.add_argument("--mbit", type=float, default=10.0, help="megabits a second, each way")
    parser.add_argument("--warm", type=float, default=15.0, help="seconds that do not count")
    parser.add_argument("--seconds", type=float, default=30.0, help="seconds that do")
    parser.add_argument("--keep", metavar="NAME", default="idle", help="keep as benchmarks/results/NAME.json [idle]")
    parser.add_argument("--no-save", action="store_true", help="leave benchmarks/results/ alone")
    parser.add_argument("--json", action="store_true", help="the last line is JSON")
    options = parser.parse_args()
    results = []
    for count in options.volunteers:
        result = asyncio.run(measure(options, count))
        results.append(result)
        print(f"{count} volunteers: idle {result['idle']:.1%}, the worst {result['worst']:.1%}", flush=True)
    if not options.no_save:
        given = ("params", "merge", "lease_seconds", "latency", "mbit", "warm", "seconds")
        machine.keep(options.keep, {**{key: getattr(options, key) for key in given}, "rows": results})
    if options.json:
        print(json.dumps(results))


if __name__ == "__main__":
    sys.exit(main())
