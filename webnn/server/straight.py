"""A large body, straight from its socket into the memory where it is used.

aiohttp reads what comes into a new object, copies the body out of that, and whoever wants it in one piece copies it
again. So only the first part comes that way, with the head of the request; then the connection is lent to a protocol
that the event loop reads into the body itself for, and not a byte beyond. The next request finds a fresh parser.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import hdrs, web
from aiohttp.http_parser import HttpRequestParser

FEW_BYTES = 16_384
"""What a connection that has posted once reads at first: the head of its next request, and little of the body."""

_HELD = ("max_line_size", "max_headers", "max_field_size", "auto_decompress")
"""Of the parser, as the server was told."""


class _Rest(asyncio.BufferedProtocol):
    """Has a transport for as long as `room` is not full, on behalf of the protocol before it."""

    def __init__(self, transport: asyncio.Transport, room: memoryview, heard: Callable[[], None]) -> None:
        self._transport = transport
        self._room = room
        self._heard = heard
        self._owner: Any = transport.get_protocol()
        self.full: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        transport.set_protocol(self)

    def give_back(self) -> None:
        """Let the protocol before this one have its transport again."""
        self._transport.set_protocol(self._owner)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._room

    def buffer_updated(self, nbytes: int) -> None:
        self._room = self._room[nbytes:]
        self._heard()
        if not self._room:
            self.give_back()
            if not self.full.done():
                self.full.set_result(None)

    def eof_received(self) -> bool | None:
        ended: bool | None = self._owner.eof_received()
        return ended

    def connection_lost(self, error: Exception | None) -> None:
        self._owner.connection_lost(error)
        if not self.full.done():
            self.full.set_exception(error or ConnectionResetError("the connection ended"))

    def pause_writing(self) -> None:
        self._owner.pause_writing()

    def resume_writing(self) -> None:
        self._owner.resume_writing()


async def read_rest(request: web.Request, room: memoryview, heard: Callable[[], None]) -> bool:
    """Fill `room` with the rest of a body whose length is known, of which all that aiohttp has taken in is read.

    False where that cannot be: then nothing has happened. `heard` is called whenever something has come. Raises
    `ConnectionError`. Whoever is cancelled in the middle loses the connection, once the request is answered.
    """
    protocol, transport = request.protocol, request.transport
    parser = _fresh_parser(request)
    if parser is None or transport is None:
        return False
    rest = _Rest(transport, room, heard)
    try:
        await rest.full
    except BaseException:
        rest.give_back()
        protocol.close()  # what was being read of this request is nobody's any more
        raise
    protocol._parser = parser
    request.content.feed_eof()
    if getattr(transport, "max_size", 0) > FEW_BYTES:  # asyncio's own transport
        transport.max_size = FEW_BYTES  # type: ignore[attr-defined]
    return True


def _fresh_parser(request: web.Request) -> Any:
    """What will read the next request; None: this one is not as simple, or aiohttp is another inside than is known."""
    protocol: Any = request.protocol
    if hdrs.TRANSFER_ENCODING in request.headers or hdrs.UPGRADE in request.headers:
        return None
    try:
        if protocol._reading_paused or protocol._buffer_paused or protocol._upgraded or protocol._messages:
            return None
        given = protocol._manager._kwargs
        return HttpRequestParser(
            protocol,
            protocol._loop,
            protocol._read_bufsize,
            payload_exception=web.RequestPayloadError,
            max_msg_queue_size=protocol._max_msg_queue_size,
            **{name: given[name] for name in _HELD if name in given},
        )
    except (AttributeError, TypeError):
        return None
