"""The smallest server that a volunteer can train for: one run, one lease, then goodbye."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from aiohttp import WSMsgType, web
from numpy.typing import NDArray

from webnn.core import messages
from webnn.core.encoding import Encoding, decode_vector
from webnn.core.frames import encode_frame
from webnn.core.leases import Lease, Outcome, Part
from webnn.core.merging.base import Wants
from webnn.core.states import RunState
from webnn.evaluator.results import BuiltModel

RUN = "small-1"
HASH = "0" * 16


@dataclass
class FakeServer:
    """Grants one lease over all of `shard`, or none where `stay`; `heard` are the client's messages in order."""

    built: BuiltModel
    dataset: Mapping[str, Any]
    shard: bytes
    num_examples: int
    stay: bool = False
    url: str = ""
    heard: list[messages.ClientMessage] = field(default_factory=list)
    update: NDArray[np.float32] | None = None
    joined: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[FakeServer]:
        """Listen on a free port of this computer."""
        app = web.Application()
        run = f"/api/v1/runs/{RUN}"
        app.router.add_get("/api/v1/runs", self._list)
        app.router.add_get(run, self._show)
        app.router.add_get(f"{run}/volunteer", self._talk)
        app.router.add_get(f"{run}/weights/{{version}}", self._weights)
        app.router.add_get(f"{run}/shards/{{sha}}", self._shard)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _list(self, _request: web.Request) -> web.Response:
        return web.json_response([{"id": RUN, "name": "small", "state": "running"}])

    async def _show(self, _request: web.Request) -> web.Response:
        return web.json_response({"id": RUN, "name": "small", "state": "running"})

    async def _weights(self, _request: web.Request) -> web.Response:
        return web.Response(body=self.built.initial.tobytes())

    async def _shard(self, _request: web.Request) -> web.Response:
        return web.Response(body=self.shard)

    async def _talk(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("webnn.v1",), compress=False, max_msg_size=1 << 26)
        await socket.prepare(request)
        async for frame in socket:
            if frame.type is not WSMsgType.BINARY:
                continue
            message, payload = messages.decode_client_message(frame.data)
            self.heard.append(message)
            for reply in self._replies(message, payload):
                await socket.send_bytes(encode_frame(reply))
                if reply["type"] == "goodbye":
                    await socket.close()
        self.left.set()
        return socket

    def _replies(self, message: messages.ClientMessage, payload: memoryview) -> list[dict[str, Any]]:
        match message:
            case messages.Hello():
                return [self._welcome()]
            case messages.ReadyMessage() if self.joined.is_set():
                return []
            case messages.ReadyMessage():
                self.joined.set()
                return [] if self.stay else [self._lease()]
            case messages.UpdateMessage():
                self.update = decode_vector(payload, message.encoding, self.built.num_weights)
                return [
                    messages.outcome(
                        lease_id=message.lease_id,
                        outcome=Outcome.MERGED,
                        version=2,
                        newest_hash=HASH,
                        iterations=message.iterations,
                        whole=True,
                        detail=None,
                    ),
                    messages.goodbye("finished", "The run is over."),
                ]
            case _:
                return []

    def _welcome(self) -> dict[str, Any]:
        return messages.welcome(
            volunteer_id="v1",
            secret="s1",
            build="",
            run={"id": RUN, "name": "small", "description": ""},
            model=self.built.config,
            dataset=self.dataset,
            training={"batch_size": 32, "lease_seconds": 3.0, "seed": 1, "clip": None},
            weights={"version": 1, "hash": HASH, "iterations": 0},
            limits={"max_frame_bytes": 1 << 26, "progress_seconds": 1.0, "silence_seconds": 30.0},
            state=RunState.RUNNING,
        )

    def _lease(self) -> dict[str, Any]:
        granted = Lease(
            lease_id="l1",
            volunteer_id="v1",
            version=1,
            parts=(Part(hashlib.sha256(self.shard).hexdigest(), 0, self.num_examples),),
            num_examples=self.num_examples,
            iterations=-(-self.num_examples // 32),
            batch_size=32,
            seed=7,
            learning_rate=0.1,
            optimizer="model",
            wants=Wants.WEIGHTS,
            granted_at=0.0,
            deadline=60.0,
        )
        return messages.lease(granted, newest_hash=HASH, encoding=Encoding.F32, seconds=60.0)
