"""Codes and passwords of runs: who gets in, who does not, what is kept, and what is said of it."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.server.volunteer import Closed, hello
from tests.server.world import SHARDS, TARGET, Served, serve
from webnn.core.errors import WebNNError
from webnn.server.admission import ADMISSION, USED_FILE
from webnn.server.config import Limits, ServerConfig
from webnn.server.invites import FILE, Invites, check_code, make_code
from webnn.server.logs import LogFormatter

RUN = "test-run"
PASSWORD = "correct horse"


async def refused(served: Served, code: str | None, **options: Any) -> Closed:
    """Say hello with a code; how the server closes."""
    identity = {key: options.pop(key) for key in ("volunteer_id", "secret") if key in options}
    peer = await served.peer(**options)
    await peer.send(hello(code=code, **identity))
    return await peer.closed()


async def welcomed(served: Served, code: str | None, **identity: Any) -> dict[str, Any]:
    return await (await served.peer()).join(code=code, **identity)


async def downloads(served: Served, **headers: str) -> set[int]:
    """The statuses of a shard and of the weights."""
    current = served.task.current
    run = f"/api/v1/runs/{RUN}"
    paths = (f"{run}/shards/{next(iter(SHARDS))}", f"{run}/weights/{current.version}-{current.hash}?encoding=f32")
    return {(await served.get(path, headers=headers))[0].status for path in paths}


async def test_a_password_is_asked_of_volunteers_and_of_downloads(tmp_path: Path) -> None:
    async with serve(tmp_path, server={"password": PASSWORD}) as served:
        for code in (None, "", "correct hors", "correct horse ", "correct horsé", "x" * 100):
            closed = await refused(served, code)
            assert closed.code == 4006, code
        assert await downloads(served) == {403}
        assert await downloads(served, **{"WebNN-Code": "wrong horse"}) == {403}
        assert await downloads(served, **{"WebNN-Code": PASSWORD}) == {200}
        peer = await served.peer()
        await peer.join(code=PASSWORD)
        lease = await peer.lease()
        assert (await peer.update(lease, TARGET))["outcome"] == "merged"
        watcher = await served.peer()
        await watcher.send(hello(role="watcher"))
        assert await watcher.expect("snapshot"), "watching needs no code"


async def test_what_was_given_for_a_code_stays_out_of_shared_caches(tmp_path: Path) -> None:
    async with serve(tmp_path, server={"password": PASSWORD}) as served:
        path = f"/api/v1/runs/{RUN}/shards/{next(iter(SHARDS))}"
        answer, _ = await served.get(path, headers={"WebNN-Code": PASSWORD})
        assert answer.headers["Cache-Control"].startswith("private,")
        refusal, _ = await served.get(path)
        assert "max-age" not in refusal.headers.get("Cache-Control", "")
    async with serve(tmp_path) as served:
        answer, _ = await served.get(path)
        assert answer.headers["Cache-Control"].startswith("public,")


async def test_an_open_run_heeds_no_code(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        assert await welcomed(served, "whatever else")
        assert await downloads(served) == {200}


async def test_a_code_is_for_so_many_volunteers_who_may_come_again(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        code = Invites(tmp_path).add(RUN, uses=2)
        first, _ = await welcomed(served, code), await welcomed(served, code)
        assert (await refused(served, code)).code == 4006
        known = {key: first[key] for key in ("volunteer_id", "secret")}
        assert (await welcomed(served, code, **known))["volunteer_id"] == first["volunteer_id"]
        assert (await refused(served, None, **known)).code == 4006, "who was here once still needs the code"
    async with serve(tmp_path) as served:
        assert (await refused(served, code)).code == 4006, "another server of the folder counts on"
        await welcomed(served, code, **known)


async def test_many_at_once_share_what_a_code_has(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        code = Invites(tmp_path).add(RUN, uses=3)
        peers = [await served.peer() for _ in range(10)]
        await asyncio.gather(*(peer.send(hello(code=code)) for peer in peers))
        firsts = await asyncio.gather(*(peer.receive() for peer in peers))
        assert [frame.type for frame in firsts].count("welcome") == 3


async def test_codes_end_by_themselves_or_are_revoked_and_the_run_stays_closed(tmp_path: Path) -> None:
    now = [1000.0]
    async with serve(tmp_path) as served:
        served.app[ADMISSION].invites.clock = lambda: now[0]
        outside = Invites(tmp_path, lambda: now[0])
        short, long = outside.add(RUN, seconds=10), outside.add(RUN)
        await welcomed(served, short)
        now[0] = 1010.0
        assert (await refused(served, short)).code == 4006
        assert await downloads(served, **{"WebNN-Code": short}) == {403}
        await welcomed(served, long)
        outside.revoke(RUN, 2)
        assert (await refused(served, long)).code == 4006
        assert (await refused(served, None)).code == 4006
        outside.open(RUN)
        await welcomed(served, None)


async def test_a_code_is_for_its_run(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        other = Invites(tmp_path).add("other-run")
        await welcomed(served, None)
        Invites(tmp_path).add(RUN)
        assert (await refused(served, other)).code == 4006


async def test_invite_only_is_closed_before_the_first_code(tmp_path: Path) -> None:
    async with serve(tmp_path, server={"invite_only": True}) as served:
        assert (await refused(served, None)).code == 4006
        await welcomed(served, Invites(tmp_path).add(RUN))


async def test_wrong_codes_are_counted_by_address_and_right_ones_are_not(tmp_path: Path) -> None:
    limits = Limits(codes_per_second=0.0001, code_burst=3, close_seconds=1)
    server = {"password": PASSWORD}
    async with serve(tmp_path, limits=limits, trusted_proxies=("127.0.0.1",), server=server) as served:
        far = {"X-Forwarded-For": "198.51.100.7"}
        codes = [(await refused(served, f"wrong {number:06}", headers=far)).code for number in range(5)]
        assert codes == [4006, 4006, 4006, 4429, 4429]
        answer, _ = await served.get(
            f"/api/v1/runs/{RUN}/shards/{next(iter(SHARDS))}", headers={**far, "WebNN-Code": "another one"}
        )
        assert answer.status == 429, "a download is a try too"
        other = await served.peer(headers={"X-Forwarded-For": "198.51.100.8"})
        await other.join(code=PASSWORD)
        again = await served.peer(headers=far)
        await again.join(code=PASSWORD)
    async with serve(tmp_path / "local", limits=limits, server=server) as served:
        codes = [(await refused(served, f"wrong {number:06}")).code for number in range(5)]
        assert codes[-1] == 4429, "a proxy that nobody named hides behind the server's own address"


async def test_a_flood_of_wrong_codes_stalls_nobody(tmp_path: Path) -> None:
    limits = Limits(close_seconds=1, codes_per_second=1000, code_burst=1000)
    async with serve(tmp_path, limits=limits, server={"password": PASSWORD}) as served:
        peer = await served.peer()
        await peer.join(code=PASSWORD)
        closed = asyncio.gather(*(refused(served, f"wrong {number:06}") for number in range(80)))
        assert (await peer.update(await peer.lease(), TARGET))["outcome"] == "merged"
        assert {one.code for one in await closed} <= {4006, 4429}


async def test_codes_are_kept_as_hashes_and_never_logged(tmp_path: Path) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LogFormatter("json"))
    root = logging.getLogger("webnn")
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        async with serve(tmp_path, server={"password": PASSWORD}) as served:
            code = Invites(tmp_path).add(RUN, uses=5)
            welcome = await welcomed(served, code)
            await refused(served, "wrong wrong wrong")
            await downloads(served, **{"WebNN-Code": code})
            _, page = await served.get(f"/join/{RUN}")
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    kept = "".join((tmp_path / name).read_text() for name in (FILE, USED_FILE))
    for secret in (code, PASSWORD, "wrong wrong wrong"):
        assert secret not in stream.getvalue()
        assert secret not in kept
        assert secret.encode() not in page
        assert secret not in repr(served.app[ADMISSION].__dict__)
        assert secret not in repr(ServerConfig(tmp_path, password=PASSWORD))
    assert welcome["volunteer_id"] not in kept
    if os.name == "posix":
        assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in (FILE, USED_FILE)} == {0o600}


async def test_codes_that_cannot_be_read_let_nobody_in(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        code = Invites(tmp_path).add(RUN)
        await welcomed(served, code)
        (tmp_path / FILE).write_text("{")
        closed = await refused(served, code)
        assert closed.code == 4006
        assert str(tmp_path) not in closed.reason


async def test_the_join_page_has_a_field_where_a_code_is_needed(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        for path in (f"/join/{RUN}", f"/embed/{RUN}"):
            _, page = await served.get(path)
            assert b'id="code-part" hidden' in page
        Invites(tmp_path).add(RUN)
        for path in (f"/join/{RUN}", f"/embed/{RUN}"):
            _, page = await served.get(path)
            assert b'id="code-part">' in page


def test_codes_of_ones_own_are_checked(tmp_path: Path) -> None:
    for code in ("short", "x" * 101, " spaces  ", "gr\u00fcne Wiese", "new\nline", ""):
        with pytest.raises(WebNNError, match="8 to 100"):
            check_code(code)
        with pytest.raises(WebNNError, match="A password has 8 to 100"):
            ServerConfig(tmp_path, password=code)
    invites = Invites(tmp_path)
    assert invites.add(RUN, "plain words") == "plain words"
    with pytest.raises(WebNNError, match="already"):
        invites.add(RUN, "plain words")
    with pytest.raises(WebNNError, match="has no code 7"):
        invites.revoke(RUN, 7)
    assert len({make_code() for _ in range(100)}) == 100
    assert json.loads((tmp_path / FILE).read_text())["invites"][0]["number"] == 1
