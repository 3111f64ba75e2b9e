"""Who may keep a connection open that asks for nothing: aiohttp by itself waits for a first request for ever."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, cast

from aiohttp import web

from webnn.server.addresses import within
from webnn.server.config import Limits
from webnn.server.networks import Network

_END_OF_HEAD = b"\r\n\r\n"
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Door:
    """Counts the connections that are open, and admits them; those of `proxies`, which stand for many, in all only."""

    def __init__(self, limits: Limits, proxies: Sequence[Network] = ()) -> None:
        self.limits = limits
        self._proxies = proxies
        self.waiting: set[Doorman] = set()
        self._by_address: Counter[str] = Counter()
        self._total = 0

    @property
    def total(self) -> int:
        return self._total

    def enter(self, address: str) -> bool:
        """Whether one more connection may come from `address`; it is counted then, until it leaves."""
        limits = self.limits
        full = self._by_address[address] >= limits.max_sockets_per_address and not within(address, self._proxies)
        if full or self._total >= limits.max_sockets:
            return False
        self._total += 1
        self._by_address[address] += 1
        return True

    def leave(self, address: str) -> None:
        self._total -= 1
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]


class Doorman(asyncio.Protocol):
    """Holds a new connection until the head of its first request is here, then hands both over to the server.

    A head that takes longer than `head_seconds`, or is longer than `head_bytes`, costs the connection; what comes after
    the head is the server's to bound.
    """

    def __init__(self, door: Door, serve: Callable[[], asyncio.BaseProtocol]) -> None:
        self._door = door
        self._serve = serve
        self._head = bytearray()
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._address: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if isinstance(peer, tuple) else ""
        if not self._door.enter(address):
            transport.abort()
            return
        self._address, self._transport = address, transport
        self._door.waiting.add(self)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._door.limits.head_seconds, self._refuse, _TOO_SLOW)

    def data_received(self, data: bytes) -> None:
        if self._transport is None:
            return
        begin = max(len(self._head) - len(_END_OF_HEAD), 0)
        self._head += data
        end = self._head.find(_END_OF_HEAD, begin)
        limit = self._door.limits.head_bytes
        if end > limit or (end < 0 and len(self._head) > limit):
            self._refuse(_TOO_LONG)
        elif end >= 0:
            self._hand_over()

    def connection_lost(self, error: Exception | None) -> None:
        self._let_go()
        if self._address is not None:
            self._door.leave(self._address)
            self._address = None

    def close(self) -> None:
        """Cut a connection that has asked for nothing yet."""
        if self._transport is not None:
            self._transport.abort()

    def _hand_over(self) -> None:
        transport, address = self._transport, self._address
        assert transport is not None
        assert address is not None
        head = bytes(self._head)
        self._let_go()
        protocol = cast(asyncio.Protocol, self._serve())
        transport.set_protocol(_Counted(protocol, transport, self._door, address))
        protocol.connection_made(transport)
        protocol.data_received(head)

    def _refuse(self, answer: bytes) -> None:
        transport = self._transport
        self._let_go()
        if transport is not None:
            transport.write(answer)
            transport.close()

    def _let_go(self) -> None:
        self._door.waiting.discard(self)
        self._transport = None
        self._head.clear()
        if self._timer is not None:
            self._timer.cancel()


class _Counted(asyncio.Protocol):
    """Passes everything on, tells the door when the connection ends, and cuts it where what is sent is not taken."""

    def __init__(self, protocol: asyncio.Protocol, transport: asyncio.Transport, door: Door, address: str) -> None:
        self._door = door
        self._address = address
        self._protocol = protocol
        self._transport = transport
        self._stalled: asyncio.TimerHandle | None = None
        # straight to the server's own methods: this stands in the way of every byte
        self.data_received = protocol.data_received  # type: ignore[method-assign]
        self.eof_received = protocol.eof_received  # type: ignore[method-assign]

    def pause_writing(self) -> None:
        limits = self._door.limits
        patience = limits.silence_seconds + self._transport.get_write_buffer_size() / limits.min_bytes_per_second
        self._stalled = asyncio.get_running_loop().call_later(patience, self._transport.abort)
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._wait_no_more()
        self._protocol.resume_writing()

    def _wait_no_more(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def connection_lost(self, error: Exception | None) -> None:
        self._wait_no_more()
        self._door.leave(self._address)
        self._protocol.connection_lost(error)


class GuardedRunner(web.AppRunner):
    """An `AppRunner` whose connections come in by a `Door`."""

    def __init__(
        self, app: web.Application, limits: Limits, *, proxies: Sequence[Network] = (), **options: Any
    ) -> None:
        options.setdefault("keepalive_timeout", limits.keepalive_seconds)
        options.setdefault("lingering_time", limits.close_seconds)
        options.setdefault("auto_decompress", False)  # a body would be, before anyone could refuse it
        super().__init__(app, **options)
        self.door = Door(limits, proxies)

    @property
    def server(self) -> Any:
        serve = super().server
        if serve is None:
            return None

        def admit() -> Doorman:
            return Doorman(self.door, serve)

        return admit

    async def cleanup(self) -> None:
        for doorman in tuple(self.door.waiting):
            doorman.close()
        await super().cleanup()
