"""Answers with bytes that never change: strong ETags, 304, and bodies that are never copied whole."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from http import HTTPStatus

from aiohttp import hdrs, web

from webnn.core.frames import Buffer
from webnn.server.keys import OUTGOING

IMMUTABLE = "public, max-age=31536000, immutable"
IMMUTABLE_PRIVATE = IMMUTABLE.replace("public", "private")
REVALIDATE = "no-cache"
_CHUNK_BYTES = 256 * 1024
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


async def send_bytes(
    request: web.Request,
    body: Buffer,
    *,
    etag: str,
    content_type: str,
    cache: str,
    headers: Iterable[tuple[str, str]] = (),
) -> web.StreamResponse:
    """Send `body`, or the range of it that is asked for, or 304 where the client holds it already.

    `etag` is given without quotes.

    The body goes out in slices, each when the last has left: a slow reader costs one slice of memory beside the body,
    which all have in common (see `Outgoing`). One that goes away in the middle is no error: it asks again, or does not.
    """
    common = {hdrs.ETAG: f'"{etag}"', hdrs.CACHE_CONTROL: cache, **dict(headers)}
    if any(tag.value in (etag, "*") for tag in request.if_none_match or ()):
        return web.Response(status=304, headers=common)
    view = memoryview(body).cast("B")
    part = _asked_part(request, etag, len(view))
    if part is None:
        common[hdrs.CONTENT_RANGE] = f"bytes */{len(view)}"
        return web.Response(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=common)
    response = web.StreamResponse(headers={**common, hdrs.CONTENT_TYPE: content_type, hdrs.ACCEPT_RANGES: "bytes"})
    if len(part) < len(view):
        response.set_status(HTTPStatus.PARTIAL_CONTENT)
        response.headers[hdrs.CONTENT_RANGE] = f"bytes {part.start}-{part.stop - 1}/{len(view)}"
    view = view[part.start : part.stop]
    response.content_length = len(view)
    with suppress(ConnectionError), request.app[OUTGOING].reading(body, view.nbytes, request.transport):
        await response.prepare(request)
        if request.method != hdrs.METH_HEAD:
            for first in range(0, len(view), _CHUNK_BYTES):
                await response.write(view[first : first + _CHUNK_BYTES])
        await response.write_eof()
    return response


def _asked_part(request: web.Request, etag: str, size: int) -> range | None:
    """The bytes to send: all, or the one range asked for (of these very bytes, by `If-Range`); None: it is not there.

    What is not a single range of bytes is ignored, as RFC 9110 (14.2) allows.
    """
    whole = range(size)
    if request.method != hdrs.METH_GET or request.headers.get(hdrs.IF_RANGE, f'"{etag}"') != f'"{etag}"':
        return whole
    asked = _RANGE.fullmatch(request.headers.get(hdrs.RANGE, "").strip())
    if asked is None or not any(asked.groups()):
        return whole
    first, last = (int(digits) if digits else None for digits in asked.groups())
    if first is None:
        return whole[size - min(last or 0, size) :] or None
    if last is not None and last < first:
        return whole
    return whole[first : size if last is None else last + 1] or None


def accepts_gzip(request: web.Request) -> bool:
    """Whether the client takes gzip."""
    for part in request.headers.get(hdrs.ACCEPT_ENCODING, "").lower().split(","):
        name, _, quality = part.partition(";")
        if name.strip() == "gzip":
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
