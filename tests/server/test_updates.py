"""Updates as bodies of POSTs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from tests.server.volunteer import Peer, ready, update_for
from tests.server.world import LIMITS, TARGET, Served, serve
from webnn.core.encoding import decode_vector, encode_vector
from webnn.core.errors import WebNNError
from webnn.core.frames import encode_frame
from webnn.core.grid import Grid, decode_grid, since_version
from webnn.core.merging import make_strategy
from webnn.core.merging.base import MergeSpec
from webnn.engine.local import LocalEngine
from webnn.server.receiving import Receiving


@pytest_asyncio.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serve(tmp_path, validate_every_seconds=60) as served:
        yield served


class Poster:
    """A volunteer with a socket that posts its updates."""

    def __init__(self, served: Served, peer: Peer, welcome: dict[str, Any]) -> None:
        self.served = served
        self.peer = peer
        self.limits = welcome["limits"]
        self.proof = f"Volunteer {welcome['volunteer_id']}:{welcome['secret']}"

    @classmethod
    async def join(cls, served: Served) -> Poster:
        peer = await served.peer()
        return cls(served, peer, await peer.join())

    async def post(self, body: Any, proof: str | None = None) -> tuple[int, str]:
        headers = {"Authorization": proof or self.proof}
        async with self.served.http.post(f"{self.served.base}/updates", data=body, headers=headers) as response:
            return response.status, (await response.json())["error"]["code"] if response.status != 204 else ""


async def test_posted_update_is_merged_and_its_outcome_comes_over_the_socket(served: Served) -> None:
    volunteer = await Poster.join(served)
    lease = await volunteer.peer.lease()
    frame = encode_frame(update_for(lease), encode_vector(TARGET, "f32"))
    assert await volunteer.post(frame) == (204, "")
    outcome = await volunteer.peer.expect("outcome", lease_id=lease["lease_id"])
    assert (outcome["outcome"], outcome["version"]) == ("merged", 2)
    assert await volunteer.post(frame) == (204, "")
    again = await volunteer.peer.expect("outcome", lease_id=lease["lease_id"])
    assert (again["outcome"], again["version"]) == ("merged", 2)
    assert served.task.traffic.bytes_in >= 2 * len(frame)


async def test_welcome_says_from_which_size_to_post(served: Served) -> None:
    assert (await Poster.join(served)).limits["post_bytes"] == LIMITS.post_bytes


async def test_posted_numbers_are_judged_like_any_others(served: Served) -> None:
    volunteer = await Poster.join(served)
    lease = await volunteer.peer.lease()
    assert (await volunteer.post(encode_frame(update_for(lease), np.full_like(TARGET, np.nan).data)))[0] == 204
    assert (await volunteer.peer.expect("outcome"))["outcome"] == "invalid"


@pytest.mark.parametrize("proof", ["Bearer x", "Volunteer", "Volunteer a:b", "Volunteer a"])
async def test_only_volunteers_post(served: Served, proof: str) -> None:
    volunteer = await Poster.join(served)
    assert await volunteer.post(b"x" * 100, proof) == (401, "bad_secret")


async def test_another_volunteers_lease_is_invalid(served: Served) -> None:
    one, other = await Poster.join(served), await Poster.join(served)
    lease = await one.peer.lease()
    assert (await other.post(encode_frame(update_for(lease), encode_vector(TARGET, "f32"))))[0] == 204
    assert (await other.peer.expect("outcome"))["outcome"] == "invalid"
    assert served.task.run.version == 1


async def test_malformed_bodies_are_refused(served: Served) -> None:
    volunteer = await Poster.join(served)
    lease = await volunteer.peer.lease()
    vector = encode_vector(TARGET, "f32")

    async def parts() -> AsyncIterator[bytes]:
        yield encode_frame(update_for(lease), vector)

    for body in (b"", b"garbage", encode_frame(ready()), encode_frame(update_for(lease), vector[:-4]), parts()):
        assert await volunteer.post(body) == (400, "protocol_error")
    too_large = bytes(volunteer.limits["max_frame_bytes"] + 1)
    assert await volunteer.post(too_large) == (413, "too_large")
    frame = encode_frame(update_for(lease), vector)
    assert (await volunteer.post(frame))[0] == 204
    assert (await volunteer.peer.expect("outcome"))["outcome"] == "merged"


async def test_body_that_stops_coming_is_given_up(tmp_path: Path) -> None:
    limits = type(LIMITS)(silence_seconds=0.1, hello_seconds=5)
    async with serve(tmp_path, limits=limits) as served:
        volunteer = await Poster.join(served)
        host, port = served.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        path = served.base.removeprefix(served.url)
        head = f"POST {path}/updates HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: {volunteer.proof}\r\n"
        writer.write(f"{head}Content-Length: 50\r\n\r\nabc".encode())
        assert b"408" in await asyncio.wait_for(reader.readline(), 5)
        writer.close()


async def test_volunteer_that_goes_away_in_the_middle_is_ordinary(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    volunteer = await Poster.join(served)
    lease = await volunteer.peer.lease()
    frame = encode_frame(update_for(lease), encode_vector(TARGET, "f32"))
    host, port = served.url.removeprefix("http://").split(":")
    head = f"POST {served.base.removeprefix(served.url)}/updates HTTP/1.1\r\nHost: {host}:{port}\r\n"
    head += f"Authorization: {volunteer.proof}\r\nContent-Length: {len(frame)}\r\n\r\n"
    writers = [(await asyncio.open_connection(host, int(port)))[1] for _ in range(2)]
    for writer in writers:
        writer.write(head.encode() + frame[:20])
    while (await volunteer.post(b"x" * 100))[0] != 429:  # until both are on their way: two are a volunteer's most
        pass
    for writer in writers:
        writer.transport.abort()
    while (await volunteer.post(frame))[0] != 204:  # until both are given up
        pass
    assert (await volunteer.peer.expect("outcome"))["outcome"] == "merged"
    assert "request failed" not in caplog.text


async def test_room_is_shared_and_two_bodies_are_one_volunteers_most() -> None:
    receiving = Receiving(100)
    entered: list[str] = []

    async def send(volunteer: str, num_bytes: int, go_on: asyncio.Event) -> None:
        async with receiving.room(volunteer, num_bytes):
            entered.append(volunteer)
            await go_on.wait()

    first, second = asyncio.Event(), asyncio.Event()
    second.set()
    async with asyncio.TaskGroup() as group:
        group.create_task(send("a", 1000, first))  # larger than all the room, and alone
        await asyncio.sleep(0)
        group.create_task(send("b", 60, second))
        group.create_task(send("b", 60, second))
        for _ in range(5):
            await asyncio.sleep(0)
        assert entered == ["a"]
        with pytest.raises(WebNNError, match="two updates"):
            async with receiving.room("b", 1):
                pass
        first.set()
    assert entered == ["a", "b", "b"]
    async with receiving.room("b", 1):
        pass


@pytest.mark.parametrize("encoding", ["int8", "int4", "topk"])
async def test_compact_update_is_the_difference_from_its_base(tmp_path: Path, encoding: str) -> None:
    start = np.full_like(TARGET, 3)
    engine = LocalEngine(make_strategy(MergeSpec("average")), start, len(TARGET) - 2)
    async with serve(tmp_path, engine=engine, validate_every_seconds=60) as served:
        peer, other = await served.peer(), await served.peer()
        for each in (peer, other):
            welcome = await each.join(encodings={"up": [encoding, "f32"], "down": ["int8", "f32"]})
            assert encoding in welcome["encodings"]["up"]
        lease, stale = await peer.lease(), await other.lease()
        assert lease["encoding"] == encoding
        delta = np.zeros_like(TARGET)
        delta[4] = 127  # a whole number of steps in each
        for each, granted in ((peer, lease), (other, stale)):
            outcome = await each.update(granted, delta)
            assert outcome["outcome"] == "merged"
        # both are differences from version 1, whose weights are 3
        assert served.task.current.weights[4] == ((3 + 130) / 2 + 130) / 2
        assert served.task.current.weights[3] == 3


async def test_versions_come_in_a_byte_a_number(served: Served) -> None:
    current = served.task.current
    path = f"/api/v1/runs/test-run/weights/{current.version}-{current.hash}"
    _, body = await served.get(f"{path}?encoding=int8")
    np.testing.assert_array_equal(decode_vector(body, "int8", len(TARGET)), np.zeros_like(TARGET))
    for wrong in ("encoding=topk", "encoding=grid&from=x", "encoding=grid&from=-1"):
        refused, _ = await served.get(f"{path}?{wrong}")
        assert refused.status == 400


async def test_versions_come_as_what_changed_since_one_that_is_here(tmp_path: Path) -> None:
    async with serve(tmp_path, validate_every_seconds=60) as served:
        held: dict[int, Grid] = {}
        peer = await served.peer()
        await peer.join()
        for since in (0, 1, 1):  # from one that is not known, the whole one
            current = served.task.current
            path = f"/api/v1/runs/test-run/weights/{current.version}-{current.hash}?encoding=grid&from={since}"
            _, body = await served.get(path)
            assert since_version(body) == (since if since in held else 0)
            held[current.version] = decode_grid(body, len(TARGET), held.get)
            off = np.abs(held[current.version].vector() - current.weights)
            assert off.max() <= np.abs(current.weights).max() / 30
            await peer.update(await peer.lease(), TARGET * current.version)


async def test_an_update_on_a_grid_is_refused(served: Served) -> None:
    peer = await served.peer()
    await peer.join()
    lease = await peer.lease()
    await peer.send(update_for(lease, encoding="grid"), encode_vector(TARGET, "grid"))
    assert (await peer.closed()).code == 4400
