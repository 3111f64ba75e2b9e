"""The owner's own sign-in: whom it lets in, to what, and what happens where it breaks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.server.volunteer import hello
from tests.server.world import TARGET, Served, serve
from webnn.core.errors import WebNNError
from webnn.server import signing_in
from webnn.server.config import Limits
from webnn.server.signing_in import load_sign_in

MODULE = """
import asyncio

def by_proxy(visitor):
    return visitor.headers.get("x-forwarded-user") if visitor.from_proxy else None

async def by_cookie(visitor):
    await asyncio.sleep(0)
    return {"s3cret": "anna"}.get(visitor.cookies.get("session"))

def broken(visitor):
    raise RuntimeError(visitor.headers["Cookie"])

def odd(visitor):
    return "a\\nb"

number = 3
"""


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "lab_sign_in.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    sys.modules.pop("lab_sign_in", None)


PLACES = (
    "/",
    "/join/test-run",
    "/watch/test-run",
    "/new",
    "/api/v1/runs",
    "/api/v1/runs/test-run/samples",
    "/embed.js",
)
BY_COOKIE = {"sign_in": "lab_sign_in:by_cookie"}
COOKIE = {"Cookie": "session=s3cret"}


async def statuses(served: Served, **headers: str) -> set[int]:
    return {(await served.get(path, headers=headers))[0].status for path in PLACES if path != "/embed.js"}


async def test_nobody_sees_anything_who_is_not_signed_in(tmp_path: Path) -> None:
    async with serve(tmp_path, server=BY_COOKIE) as served:
        assert await statuses(served) == {403}
        assert await statuses(served, Cookie="session=wrong") == {403}
        assert 403 not in await statuses(served, **COOKIE)
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await served.peer()
        assert refused.value.status == 403
        assert (await served.get("/api/v1/health"))[0].status == 200
        assert (await served.get("/metrics"))[0].status == 401, "it has a token of its own"
        assert (await served.get("/static/../join/test-run"))[0].status == 403
        answer, body = await served.get("/join/test-run")
        assert b"Sign in first" in body
        assert answer.content_type == "text/html"


async def test_who_is_signed_in_takes_part(tmp_path: Path) -> None:
    async with serve(tmp_path, server=BY_COOKIE) as served:
        peer = await served.peer(headers=COOKIE)
        await peer.join()
        lease = await peer.lease()
        assert (await peer.update(lease, TARGET))["outcome"] == "merged"


async def test_the_owners_tokens_need_no_other_sign_in_and_wrong_ones_are_none(tmp_path: Path) -> None:
    async with serve(tmp_path, server=BY_COOKIE) as served:
        assert (await served.post("/pause", headers=served.owner))[0] == 200
        assert (await served.get("/api/v1/runs", headers=served.owner))[0].status == 200
        assert (await served.get("/api/v1/runs", headers={"Authorization": "Bearer x"}))[0].status == 403


async def test_a_header_is_believed_of_the_named_proxy_alone(tmp_path: Path) -> None:
    user = {"X-Forwarded-User": "anna"}
    server = {"sign_in": "lab_sign_in:by_proxy"}
    async with serve(tmp_path, server=server, trusted_proxies=("127.0.0.1",)) as served:
        assert (await served.get("/api/v1/runs", headers=user))[0].status == 200
        assert (await served.get("/api/v1/runs"))[0].status == 403
    async with serve(tmp_path, server=server) as served:
        assert (await served.get("/api/v1/runs", headers=user))[0].status == 403


async def test_quotas_count_users(tmp_path: Path) -> None:
    limits = Limits(newcomers_per_second=0.0001, newcomer_burst=1, close_seconds=1)
    server = {"sign_in": "lab_sign_in:by_proxy"}
    async with serve(tmp_path, limits=limits, server=server, trusted_proxies=("127.0.0.1",)) as served:
        for user, expected in (("anna", "welcome"), ("anna", None), ("ben", "welcome")):
            peer = await served.peer(headers={"X-Forwarded-User": user, "X-Forwarded-For": "198.51.100.7"})
            await peer.send(hello())
            if expected is None:
                assert (await peer.closed()).code == 4429
            else:
                assert (await peer.receive()).type == expected


@pytest.mark.parametrize("name", ["broken", "odd"])
async def test_a_sign_in_that_breaks_lets_nobody_in_and_tells_nothing(
    tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with serve(tmp_path, server={"sign_in": f"lab_sign_in:{name}"}) as served:
        answer, body = await served.get("/api/v1/runs", headers=COOKIE)
        assert answer.status == 403
        assert b"does not work now" in body
        assert b"s3cret" not in body
    assert "s3cret" not in caplog.text


async def test_one_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing_in, "_SECONDS", 0.05)
    (tmp_path / "lab_sign_in.py").write_text(
        "import asyncio\n\nasync def hang(visitor):\n    await asyncio.Event().wait()\n"
    )
    async with serve(tmp_path, server={"sign_in": "lab_sign_in:hang"}) as served:
        assert (await served.get("/api/v1/runs"))[0].status == 403


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("no_such_module:f", "cannot be loaded"),
        ("lab_sign_in:by_cooky", 'Did you mean "by_cookie"'),
        ("lab_sign_in:number", "is no function"),
        ("something", "entry point"),
    ],
)
def test_mistakes_are_named_before_anything_is_served(place: str, words: str) -> None:
    with pytest.raises(WebNNError, match=words):
        load_sign_in(place)


def test_an_installed_package_may_bring_one(monkeypatch: pytest.MonkeyPatch) -> None:
    class Point:
        name = "lab"

        def load(self) -> object:
            return lambda visitor: "anna"

    monkeypatch.setattr(signing_in, "entry_points", lambda group: [Point()])
    assert callable(load_sign_in("lab"))
    with pytest.raises(WebNNError, match='Did you mean "lab"'):
        load_sign_in("lap")
