"""The floor of `load.py`: what a merged update costs bare aiohttp and numpy, with nothing of WebNN in between.

One WebSocket message brings the update, it is merged in chunks that stay in the cache (subtract, scale, add, in place),
and one message takes the new weights back. There are no leases, no checks and no versions: a server that does more and
costs less does it by other means of transport, or by fewer passes over memory. It is float32 that goals are counted in;
with another `--encoding` it tells what the same arithmetic as ours leaves for all that a server decides.

Speaks as `load_server.py` does (`--serve`), or as `load_volunteers.py`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from contextlib import suppress
from typing import Any

import numpy as np
from aiohttp import web
from load_volunteers import little
from wire import connect

from webnn.core import loops
from webnn.core.encoding import Encoding, decode_vector, encode_vector

CHUNK = 65_536
SHARE = np.float32(0.1)


class Floor:
    """The weights, and how often they were merged into."""

    def __init__(self, num_weights: int, encoding: Encoding) -> None:
        self.encoding = encoding
        self.weights = np.random.default_rng(1).standard_normal(num_weights, np.float32) * np.float32(0.05)
        self.scratch = np.empty(min(CHUNK, num_weights), np.float32)
        self.merges = 0

    def merge(self, update: np.ndarray[Any, np.dtype[np.float32]]) -> None:
        for first in range(0, len(update), CHUNK):
            part = self.weights[first : first + CHUNK]
            difference = self.scratch[: len(part)]
            np.subtract(update[first : first + CHUNK], part, out=difference)
            difference *= SHARE
            part += difference
        self.merges += 1

    async def answer(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False, max_msg_size=0)
        await socket.prepare(request)
        with suppress(ConnectionError):  # of a volunteer that was told to end
            async for message in socket:
                base = self.weights if self.encoding.differs else None
                self.merge(decode_vector(message.data, self.encoding, len(self.weights), base))
                await socket.send_bytes(encode_vector(self.weights, self.encoding))
        return socket


def say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


async def hear() -> str:
    return (await asyncio.to_thread(sys.stdin.readline)).strip()


async def serve(num_weights: int, encoding: Encoding) -> None:
    floor = Floor(num_weights, encoding)
    app = web.Application()
    app.router.add_get("/", floor.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    say({"url": f"http://127.0.0.1:{runner.addresses[0][1]}/"})
    while await hear():
        say({"cpu_seconds": time.process_time(), "merges": floor.merges})
    await runner.cleanup()


async def echo(url: str, num_weights: int, encoding: Encoding, volunteers: int) -> None:
    """Send back what comes, or always the same small difference, until told to end."""
    warm = [asyncio.Event() for _ in range(volunteers)]

    async def live(index: int) -> None:
        socket = await connect(url)
        socket.send(little(num_weights, encoding))
        while True:
            message = await socket.receive()
            warm[index].set()
            socket.send(little(num_weights, encoding) if encoding.differs else message)

    tasks = [asyncio.create_task(live(index)) for index in range(volunteers)]
    for event in warm:
        await event.wait()
    say({"connected": volunteers})
    await hear()
    await hear()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    say({})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--params", type=int, required=True)
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--url")
    parser.add_argument("--volunteers", type=int, default=1)
    parser.add_argument("--encoding", type=Encoding, default=Encoding.F32)
    parser.add_argument("--compiled", action="store_true", help="use compiled loops (numba, the extra `fast`)")
    options = parser.parse_args()
    if options.compiled and loops.load() is None:
        raise SystemExit("numba is not installed: pip install numba")
    if options.serve:
        asyncio.run(serve(options.params, options.encoding))
    else:
        asyncio.run(echo(options.url, options.params, options.encoding, options.volunteers))


if __name__ == "__main__":
    main()
