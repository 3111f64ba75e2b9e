"""What receiving costs a bare aiohttp server: one WebSocket message against one streamed POST of the same size.

    python benchmarks/transport.py [--bytes 800000 6800000 100000000] [--megabytes 400]

The server is a process of its own; its CPU time is counted by the kernel. Nothing is done with what arrives, but that
it lies in one piece of memory at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time

import aiohttp
import numpy as np
from aiohttp import web

LAG_SECONDS = 0.002


class Lag:
    worst = 0.0

    async def watch(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(LAG_SECONDS)
            self.worst = max(self.worst, time.perf_counter() - before - LAG_SECONDS)


async def take_socket(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(compress=False, max_msg_size=1 << 30)
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(str(len(message.data)))
    return socket


async def take_post(request: web.Request) -> web.Response:
    buffer = np.empty(request.content_length or 0, np.uint8)
    view, offset = buffer.data, 0
    async for chunk in request.content.iter_any():
        view[offset : offset + len(chunk)] = chunk
        offset += len(chunk)
    return web.Response(text=str(offset))


async def serve() -> None:
    app = web.Application(client_max_size=1 << 30)
    app.router.add_get("/socket", take_socket)
    app.router.add_post("/post", take_post)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    lag = Lag()
    watching = asyncio.create_task(lag.watch())
    print(runner.addresses[0][1], flush=True)
    while (await asyncio.to_thread(sys.stdin.readline)).strip():
        print(json.dumps([time.process_time(), lag.worst]), flush=True)
        lag.worst = 0.0
    watching.cancel()


async def send(port: int, how: str, size: int, count: int) -> None:
    body = bytes(size)
    async with aiohttp.ClientSession() as http:
        if how == "socket":
            async with http.ws_connect(f"http://127.0.0.1:{port}/socket", max_msg_size=0) as socket:
                for _ in range(count):
                    await socket.send_bytes(body)
                    await socket.receive_str()
        else:
            for _ in range(count):
                async with http.post(f"http://127.0.0.1:{port}/post", data=body) as response:
                    assert await response.text() == str(size)


def compare(sizes: list[int], megabytes: float) -> None:
    server = subprocess.Popen(
        [sys.executable, __file__, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdin is not None
    assert server.stdout is not None
    port = int(server.stdout.readline())

    def ask() -> tuple[float, float]:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write("now\n")
        server.stdin.flush()
        cpu, lag = json.loads(server.stdout.readline())
        return cpu, lag

    print(f"{'bytes':>12}  {'how':>6}  {'CPU ms':>8}  {'loop held ms':>12}")
    for size in sizes:
        for how in ("socket", "post"):
            asyncio.run(send(port, how, size, 2))
            count = max(4, int(megabytes * 1e6 / size))
            before, _ = ask()
            asyncio.run(send(port, how, size, count))
            after, lag = ask()
            print(f"{size:>12,}  {how:>6}  {(after - before) / count * 1000:>8.3f}  {lag * 1000:>12.1f}", flush=True)
    server.stdin.close()
    server.wait(10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bytes", type=int, nargs="+", default=[50_000, 200_000, 800_000, 6_800_000, 100_000_000])
    parser.add_argument("--megabytes", type=float, default=400, help="how much to send each way")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve())
    else:
        compare(options.bytes, options.megabytes)


if __name__ == "__main__":
    main()
