"""Answers with bytes that never change: strong ETags, 304, and bodies that are never copied whole."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from aiohttp import hdrs, web

from webnn.core.frames import Buffer

IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"
_CHUNK_BYTES = 256 * 1024


async def send_bytes(
    request: web.Request,
    body: Buffer,
    *,
    etag: str,
    content_type: str,
    cache: str,
    headers: Iterable[tuple[str, str]] = (),
) -> web.StreamResponse:
    """Send `body`, or 304 where the client holds it already. `etag` is given without quotes.

    The body goes out in slices, each when the last has left: a slow reader costs one slice of memory, not a body. One
    that goes away in the middle is no error: it asks again, or does not.
    """
    common = {hdrs.ETAG: f'"{etag}"', hdrs.CACHE_CONTROL: cache, **dict(headers)}
    if any(tag.value in (etag, "*") for tag in request.if_none_match or ()):
        return web.Response(status=304, headers=common)
    view = memoryview(body).cast("B")
    response = web.StreamResponse(headers={**common, hdrs.CONTENT_TYPE: content_type})
    response.content_length = len(view)
    with suppress(ConnectionError):
        await response.prepare(request)
        if request.method != hdrs.METH_HEAD:
            for first in range(0, len(view), _CHUNK_BYTES):
                await response.write(view[first : first + _CHUNK_BYTES])
        await response.write_eof()
    return response


def accepts_gzip(request: web.Request) -> bool:
    """Whether the client takes gzip."""
    for part in request.headers.get(hdrs.ACCEPT_ENCODING, "").lower().split(","):
        name, _, quality = part.partition(";")
        if name.strip() == "gzip":
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
