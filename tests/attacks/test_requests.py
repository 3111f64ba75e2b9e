"""Hostile requests: paths, headers, bodies, other sites, and secrets that must not get out."""

from __future__ import annotations

import asyncio
import io
import logging
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import msgpack
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.attacks.test_connections import still_serves, talk
from tests.server.volunteer import hello, ready
from tests.server.world import serve
from webnn.core.errors import ProtocolError
from webnn.core.messages import decode_client_message
from webnn.server.logs import LogFormatter
from webnn.server.tokens import Scope, Tokens

PATHS = (
    "/static/../../../../etc/passwd",
    "/static/..%2f..%2f..%2fetc/passwd",
    "/static/%2e%2e/%2e%2e/owner-token",
    "/static//etc/passwd",
    "/static/..\\..\\owner-token",
    "/static/%00",
    "/api/v1/runs/..%2f..%2fowner-token",
    "/api/v1/runs/test-run/shards/../../../owner-token",
    "/api/v1/runs/test-run/shards/%2e%2e%2fowner-token",
    "/api/v1/runs/test-run/weights/-1-x?encoding=f32",
    "/api/v1/runs/test-run/weights/99999999999999999999999999-aa?encoding=f32",
    "/api/v1/runs/test-run/weights/latest?encoding=../../x",
    "/api/v1/runs/test-run/download/../../owner-token",
    "/api/v1/runs/test-run/events?since=-1",
    "/api/v1/runs/test-run/events?since=1e999",
    "/api/v1/runs/" + "x" * 5000,
)


@pytest.mark.parametrize("path", PATHS)
async def test_no_path_leads_out_or_breaks_anything(tmp_path: Path, path: str) -> None:
    async with serve(tmp_path) as served:
        secret = (tmp_path / "owner-token").read_text().strip()
        answer = await talk(served, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        status = int(answer.split(b" ", 2)[1])
        assert status < 500
        assert b"root:" not in answer
        assert secret.encode() not in answer


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n\r\n",
        b"\x00" * 100 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 5000 + b"\r\n",
    ],
    ids=str,
)
async def test_broken_http_is_refused(tmp_path: Path, raw: bytes) -> None:
    async with serve(tmp_path) as served:
        answer = await talk(served, raw)
        assert answer == b"" or int(answer.split(b" ", 2)[1]) in (400, 404, 405, 408, 413, 431)
        await still_serves(served)


@pytest.mark.parametrize("encoding", ["deflate", "gzip", "br", "zstd", "nothing", "gzip, deflate"])
@pytest.mark.parametrize("path", ["/rollback", "/updates", "/predict"])
async def test_bodies_that_say_that_they_are_compressed_are_refused_unread(
    tmp_path: Path, encoding: str, path: str
) -> None:
    async with serve(tmp_path) as served:
        status, answer = await served.post(path, data=b"{", headers={"Content-Encoding": encoding, **served.owner})
        assert (status, answer["error"]["code"]) == (400, "protocol_error")
        await still_serves(served)


@pytest.mark.parametrize("verb", ["pause", "resume", "stop", "rollback", "save"])
async def test_another_site_cannot_control_a_run(tmp_path: Path, verb: str) -> None:
    async with serve(tmp_path) as served:
        headers = {"Origin": "https://evil.example", "Content-Type": "text/plain", "Cookie": f"token={served.token}"}
        status, _ = await served.post(f"/{verb}", data="{}", headers=headers)
        assert status == 401, "nothing but the header counts, which no form and no page of another site can send"


async def test_another_site_cannot_post_updates_or_read_answers(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        status, _ = await served.post("/updates", data=b"x", headers={"Origin": "https://evil.example"})
        assert status == 403
        async with served.http.options(
            f"{served.url}/api/v1/runs", headers={"Origin": "https://evil.example"}
        ) as answer:
            assert "Access-Control-Allow-Origin" not in answer.headers
        response, _ = await served.get("/api/v1/runs", headers={"Origin": "https://evil.example"})
        assert "Access-Control-Allow-Origin" not in response.headers
        assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


BOMBS: dict[str, bytes] = {
    "nested arrays": b"\x91" * 60_000 + b"\x01",
    "nested maps": b"\x81\xa1a" * 15_000 + b"\x01",
    "array that claims four billion": b"\x81\xa4type\xdd\xff\xff\xff\xff",
    "map that claims four billion": b"\xdf\xff\xff\xff\xff",
    "text that claims four gigabytes": b"\x81\xa4type\xdb\xff\xff\xff\xff",
    "bytes that claim four gigabytes": b"\x81\xa4type\xc6\xff\xff\xff\xff",
    "extension": msgpack.packb({"type": msgpack.ExtType(5, b"x")}),
    "huge integer": msgpack.packb({"type": "ready", "backend": "x", "seconds_per_iteration": 1.0, "version": -(2**63)}),
    "same key twice": b"\x82\xa4type\xa5ready\xa4type\xa5hello",
    "key that is no text": b"\x81\x01\x02",
    "not UTF-8": b"\x81\xa4type\xa2\xff\xfe",
}


@pytest.mark.parametrize("header", BOMBS.values(), ids=BOMBS.keys())
async def test_bombs_in_a_header_cost_their_sender_the_connection(tmp_path: Path, header: bytes) -> None:
    async with serve(tmp_path) as served:
        peer = await served.peer()
        await peer.join()
        frame = len(header).to_bytes(4, "little") + header
        await peer.socket.send_bytes(frame + bytes(-len(frame) % 8))
        assert (await peer.closed()).code in (4400, 4413)
        await still_serves(served)


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_bytes_decode_or_are_a_protocol_error(data: bytes) -> None:
    _decode(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
TYPES = ("hello", "ready", "progress", "update", "abandon", "status", "goodbye", "lease", "")
KEYS = (
    "protocol",
    "role",
    "volunteer_id",
    "secret",
    "device",
    "encodings",
    "lease_id",
    "iterations",
    "version",
    "reason",
)


@given(st.sampled_from(TYPES), st.dictionaries(st.sampled_from(KEYS), JSON, max_size=8), st.binary(max_size=64))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_header_of_a_known_type_decodes_or_is_a_protocol_error(
    kind: str, fields: dict[str, Any], payload: bytes
) -> None:
    header = msgpack.packb({"type": kind, **fields})
    start = len(header).to_bytes(4, "little") + header
    _decode(start + bytes(-len(start) % 8) + payload)


def _decode(data: bytes) -> None:
    with suppress(ProtocolError):
        decode_client_message(data)


async def test_messages_out_of_order_never_stall_the_others(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        orders: list[list[dict[str, Any]]] = [
            [ready()],
            [hello(), hello()],
            [hello(), {"type": "abandon", "lease_id": "9-9", "reason": "x"}, {"type": "goodbye", "reason": "x"}],
            [hello(), {"type": "progress", "lease_id": "0-0", "iterations": 5, "loss": None, "accuracy": None}],
            [hello(role="watcher"), {"type": "goodbye", "reason": "x"}, ready()],
        ]
        for order in orders:
            peer = await served.peer()
            try:
                for message in order:
                    await peer.send(message)
            except (ConnectionError, aiohttp.ClientError):
                pass
        await still_serves(served)


async def test_secrets_are_never_logged(tmp_path: Path) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LogFormatter("json"))
    root = logging.getLogger("webnn")
    before = (root.level, root.propagate)
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        async with serve(tmp_path) as served:
            peer = await served.peer()
            welcome = await peer.join()
            wrong = await served.peer()
            await wrong.send(hello(volunteer_id=welcome["volunteer_id"], secret="wrong-secret-wrong"))
            await wrong.closed()
            token = Tokens(tmp_path).add("helper", Scope.WATCH)
            bearer = {"Authorization": f"Bearer {token}"}
            await served.post("/pause", headers=bearer)
            await served.post("/pause", headers={"Authorization": f"Bearer {served.token}"})
            await served.get("/api/v1/runs/none", headers=bearer)
            proof = {"Authorization": f"Volunteer {welcome['volunteer_id']}:{welcome['secret']}"}
            await served.post("/updates", data=b"xx", headers=proof)
            secrets = [served.token, token, welcome["secret"], "wrong-secret-wrong"]
            key = (tmp_path / "volunteers-key").read_text().strip()
    finally:
        root.removeHandler(handler)
        root.setLevel(before[0])
        root.propagate = before[1]
    text = stream.getvalue()
    assert text
    assert [secret for secret in [*secrets, key] if secret in text] == []
    assert "127.0.0.1" not in text, "no address is kept either"


async def test_a_volunteer_reads_and_deletes_what_is_kept_of_it(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        peer, other = await served.peer(), await served.peer()
        welcome = await peer.join()
        await other.join()
        await peer.lease()
        url = f"{served.url}/api/v1/volunteers/me"
        proof = {"Authorization": f"Volunteer {welcome['volunteer_id']}:{welcome['secret']}"}
        async with served.http.get(url) as refused:
            assert refused.status == 401
        async with served.http.get(url, headers=proof) as answer:
            kept = (await answer.json())["runs"]["test-run"]
        assert kept["activity"]["label"] == "#1"
        async with served.http.delete(url, headers=proof) as answer:
            assert (await answer.json())["forgotten"] == 1
        assert (await peer.closed()).code == 4403
        await asyncio.sleep(0)
        assert served.task.activity.account(welcome["volunteer_id"]) is None
        await still_serves(served)
