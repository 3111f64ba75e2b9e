"""What volunteers download: weights and shards; and the pages' own files."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from aiohttp import web

from webnn.core.encoding import DOWN, Encoding
from webnn.core.errors import WebNNError
from webnn.server.admission import require_code
from webnn.server.api import find_run
from webnn.server.assets import Asset
from webnn.server.describing import BYTES, ENCODING, FROM, describe
from webnn.server.keys import ASSETS
from webnn.server.run_task import RunTask
from webnn.server.sending import IMMUTABLE, IMMUTABLE_PRIVATE, REVALIDATE, accepts_gzip, send_bytes

_WEIGHTS_NAME = re.compile(r"(\d{1,15})-([0-9a-f]{16,64})")
_NUMBER = re.compile(r"\d{1,15}")
_VARY = ("Vary", "Accept-Encoding")
_GZIP = ("Content-Encoding", "gzip")


@describe("Send a version's weights", types=(BYTES,), query={"encoding": ENCODING, "from": FROM})
async def send_weights(request: web.Request) -> web.StreamResponse:
    """A version by number and hash, `grid` by what changed since `from` if that is held. 410 for one that this run, or
    some earlier life of it, had and holds no more.
    """
    task = find_run(request)
    asked = await require_code(request)
    named = _WEIGHTS_NAME.fullmatch(request.match_info["name"])
    if named is None:
        raise WebNNError("not_found")
    encoding = request.query.get("encoding", Encoding.F32)
    if encoding not in DOWN:
        raise WebNNError("protocol_error", f"Weights come as {' or '.join(DOWN)}, not as {encoding[:40]!r}.")
    since = request.query.get("from", "0")
    if not _NUMBER.fullmatch(since):
        raise WebNNError("protocol_error", f"`from` is the number of a version, not {since[:40]!r}.")
    snapshot = task.engine.snapshot(int(named[1]))
    if snapshot is None or snapshot.hash != named[2]:
        return _gone(task)
    encoded = await task.engine.encoded(snapshot, encoding, int(since) if encoding == Encoding.GRID else 0)
    response = await send_bytes(
        request, encoded.body, etag=encoded.etag, content_type="application/octet-stream", cache=_cache(asked)
    )
    task.traffic.bytes_out += response.content_length or 0
    return response


def _gone(task: RunTask) -> web.Response:
    """Say that a version is not held, and which is: whoever asks again, asks for that."""
    gone, current = WebNNError("version_gone"), task.current
    newest = {"version": current.version, "hash": current.hash, "iterations": current.iterations}
    body = {"error": {"code": gone.code, "message": str(gone)}, "newest": newest}
    return web.json_response(body, status=gone.kind.http_status, headers={"Cache-Control": "no-store"})


@describe("Send a shard of the training data", types=(BYTES,))
async def send_shard(request: web.Request) -> web.StreamResponse:
    """A shard by its SHA-256; encoded and compressed in a thread, which the first to ask may have to wait for."""
    task, name = find_run(request), request.match_info["name"]
    asked = await require_code(request)
    gzipped = await asyncio.to_thread(task.shards.gzipped, name) if accepts_gzip(request) else None
    body = gzipped if gzipped is not None else await asyncio.to_thread(task.shards.get, name)
    etag, headers = (f"{name}-gzip", [_VARY, _GZIP]) if gzipped is not None else (name, [_VARY])
    task.traffic.bytes_out += len(body)
    task.traffic.bytes_of_data += len(body)
    return await send_bytes(
        request, body, etag=etag, content_type="application/octet-stream", cache=_cache(asked), headers=headers
    )


def _cache(asked: bool) -> str:
    """What was given for a code no cache on the way gives to others."""
    return IMMUTABLE_PRIVATE if asked else IMMUTABLE


async def send_asset(request: web.Request) -> web.StreamResponse:
    """A file of the front end: for ever under its build's name, to be asked for again without one."""
    assets, name = request.app[ASSETS], request.match_info["name"]
    build, _, rest = name.partition("/")
    immutable = build == (assets.build or "-") and bool(rest)
    asset = await asyncio.to_thread(assets.get, rest if immutable else name)
    return await send_bytes_of_asset(request, asset, cache=IMMUTABLE if immutable else REVALIDATE)


async def send_bytes_of_asset(
    request: web.Request, asset: Asset, more: Sequence[tuple[str, str]] = (), *, cache: str = REVALIDATE
) -> web.StreamResponse:
    """Send a file of the front end, compressed where that pays."""
    compressed = asset.gzipped if accepts_gzip(request) else None
    etag, headers = (f"{asset.etag}-gzip", [_VARY, _GZIP]) if compressed is not None else (asset.etag, [_VARY])
    body = asset.body if compressed is None else compressed
    headers = [*headers, *more]
    return await send_bytes(request, body, etag=etag, content_type=asset.content_type, cache=cache, headers=headers)
