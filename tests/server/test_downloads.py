from __future__ import annotations

import gzip
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from tests.server.volunteer import Vector
from tests.server.world import SHARDS, TARGET, Served, serve
from webnn.core.encoding import decode_vector
from webnn.core.merging import make_strategy
from webnn.core.merging.base import MergeSpec
from webnn.engine.local import LocalEngine

RUN = "/api/v1/runs/test-run"
SHARD = next(iter(SHARDS))


@pytest_asyncio.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serve(tmp_path) as served:
        yield served


def _weights(served: Served) -> str:
    current = served.task.current
    return f"{RUN}/weights/{current.version}-{current.hash}"


async def test_weights_are_raw_and_immutable(served: Served) -> None:
    response, body = await served.get(_weights(served))
    np.testing.assert_array_equal(decode_vector(body, "f32", len(TARGET)), np.zeros_like(TARGET))
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["ETag"].startswith('"')
    assert response.headers["Content-Length"] == str(len(body))


async def test_weights_come_in_half_precision_with_an_etag_of_their_own(served: Served) -> None:
    full, _ = await served.get(_weights(served))
    half, body = await served.get(f"{_weights(served)}?encoding=f16")
    assert len(body) == 2 * len(TARGET)
    assert half.headers["ETag"] != full.headers["ETag"]


async def test_client_that_holds_the_bytes_gets_304(served: Served) -> None:
    for path in (_weights(served), f"{RUN}/shards/{SHARD}"):
        first, _ = await served.get(path)
        etag = first.headers["ETag"]
        for given in (etag, f'"other", {etag}', f"W/{etag}", "*"):
            again, body = await served.get(path, headers={"If-None-Match": given})
            assert (again.status, body, again.headers["ETag"]) == (304, b"", etag)
        changed, _ = await served.get(path, headers={"If-None-Match": '"other"'})
        assert changed.status == 200


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-3", 206, slice(0, 4)),
        ("bytes=8-", 206, slice(8, None)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=40-999", 206, slice(40, None)),
        ("bytes=-999", 200, slice(None)),
        ("bytes=0-0,4-5", 200, slice(None)),
        ("bytes=5-2", 200, slice(None)),
        ("bytes=-", 200, slice(None)),
        ("lines=1-2", 200, slice(None)),
        ("bytes=48-", 416, slice(0, 0)),
        ("bytes=-0", 416, slice(0, 0)),
    ],
)
async def test_part_of_the_weights_comes_by_range(served: Served, asked: str, status: int, part: slice) -> None:
    _, whole = await served.get(_weights(served))
    response, body = await served.get(_weights(served), headers={"Range": asked})
    assert (response.status, body) == (status, whole[part])
    if status == 206:
        first = part.indices(48)[0]
        assert response.headers["Content-Range"] == f"bytes {first}-{first + len(body) - 1}/48"
    if status == 416:
        assert response.headers["Content-Range"] == "bytes */48"


async def test_range_of_other_bytes_is_the_whole(served: Served) -> None:
    first, _ = await served.get(_weights(served))
    for given, status in ((first.headers["ETag"], 206), ('"other"', 200)):
        response, _ = await served.get(_weights(served), headers={"Range": "bytes=0-3", "If-Range": given})
        assert response.status == status


async def test_head_has_the_length_and_no_body(served: Served) -> None:
    async with served.http.head(f"{served.url}{_weights(served)}") as response:
        assert response.headers["Content-Length"] == str(4 * len(TARGET))
        assert await response.read() == b""


async def test_version_that_is_no_longer_held_is_gone(tmp_path: Path) -> None:
    engine = LocalEngine(
        make_strategy(MergeSpec("average")), np.zeros_like(TARGET), len(TARGET) - 2, keep_last=1, recent_bytes=0
    )
    async with serve(tmp_path, engine=engine) as served:
        first = _weights(served)
        peer = await served.peer()
        await peer.join()
        lease = await peer.lease()
        assert (await served.get(first))[0].status == 200
        await peer.update(lease, TARGET)
        response = await served.http.get(f"{served.url}{first}")
        assert response.status == 410
        body = await response.json()
        current = served.task.current
        assert body["error"]["code"] == "version_gone"
        assert body["newest"] == {"version": 2, "hash": current.hash, "iterations": current.iterations}
        assert (await served.get(_weights(served)))[0].status == 200


async def test_version_of_an_open_lease_is_held(tmp_path: Path) -> None:
    engine = LocalEngine(
        make_strategy(MergeSpec("average")), np.zeros_like(TARGET), len(TARGET) - 2, keep_last=1, recent_bytes=0
    )
    async with serve(tmp_path, engine=engine) as served:
        slow, quick = await served.peer(), await served.peer()
        await slow.join()
        await quick.join()
        held = await slow.lease()
        for _ in range(3):
            await quick.update(await quick.lease(), TARGET)
        np.testing.assert_array_equal(await slow.weights(held), np.zeros_like(TARGET))


async def test_version_with_another_hash_is_gone_and_a_name_that_is_none_not_found(served: Served) -> None:
    assert (await served.get(f"{RUN}/weights/1-{'0' * 64}"))[0].status == 410
    assert (await served.get(f"{RUN}/weights/newest"))[0].status == 404
    assert (await served.get(f"{_weights(served)}?encoding=int9"))[0].status == 400


async def test_version_is_encoded_once_whoever_asks(served: Served) -> None:
    snapshot = served.task.current
    first = await served.task.engine.encoded(snapshot, "f16")
    assert await served.task.engine.encoded(snapshot, "f16") is first


async def test_shard_comes_gzipped_to_those_who_accept_it(served: Served) -> None:
    plain, body = await served.get(f"{RUN}/shards/{SHARD}", headers={"Accept-Encoding": "identity"})
    assert hashlib.sha256(body).hexdigest() == SHARD
    assert "Content-Encoding" not in plain.headers
    packed, compressed = await served.get(f"{RUN}/shards/{SHARD}", headers={"Accept-Encoding": "br, gzip;q=0.8"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(compressed) == body
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert packed.headers["Vary"] == "Accept-Encoding"
    refused, _ = await served.get(f"{RUN}/shards/{SHARD}", headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in refused.headers


async def test_unknown_shard_and_run_are_not_found(served: Served) -> None:
    for path, code in ((f"{RUN}/shards/{'0' * 64}", "no_such_shard"), ("/api/v1/runs/x/shards/y", "no_such_run")):
        response = await served.http.get(f"{served.url}{path}")
        assert (response.status, (await response.json())["error"]["code"]) == (404, code)


async def test_large_weights_arrive_whole(tmp_path: Path) -> None:
    weights: Vector = np.arange(700_001, dtype=np.float32)
    engine = LocalEngine(make_strategy(MergeSpec("average")), weights, 700_001)
    async with serve(tmp_path, engine=engine, num_weights=700_001, num_trainable=700_001) as served:
        _, body = await served.get(_weights(served))
        np.testing.assert_array_equal(decode_vector(body, "f32", 700_001), weights)


async def test_assets_are_immutable_under_their_build_and_revalidated_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dist = tmp_path / "dist"
    (dist / "page").mkdir(parents=True)
    (dist / "node").mkdir()
    (dist / "build.json").write_text('{"build": "abc"}')
    (dist / "page" / "join.js").write_text("let x = 1;\n" * 1000)
    (dist / "node" / "evaluator.cjs").write_text("secret")
    (tmp_path / "outside.txt").write_text("no")
    monkeypatch.setattr("webnn.server.app.dist_dir", lambda: dist)
    async with serve(tmp_path / "runs") as served:
        named, body = await served.get("/static/abc/page/join.js", headers={"Accept-Encoding": "gzip"})
        assert gzip.decompress(body) == (dist / "page" / "join.js").read_bytes()
        assert "immutable" in named.headers["Cache-Control"]
        assert named.headers["Content-Type"] == "text/javascript; charset=utf-8"
        plain, _ = await served.get("/static/page/join.js", headers={"Accept-Encoding": "identity"})
        assert plain.headers["Cache-Control"] == "no-cache"
        for path in (
            "/static/old/page/join.js",
            "/static/node/evaluator.cjs",
            "/static/..%2foutside.txt",
            "/static/abc/",
        ):
            assert (await served.get(path))[0].status == 404
