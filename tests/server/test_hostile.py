"""What volunteers may send on purpose or by mistake: it costs them something, and nobody else anything."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
import pytest_asyncio

from tests.server.volunteer import Closed, Peer, Volunteer, gather, hello, ready, update_for
from tests.server.world import LIMITS, NUM_WEIGHTS, TARGET, Served, serve
from webnn.core.config import StopConditions
from webnn.core.encoding import encode_vector
from webnn.core.events import Stop
from webnn.core.frames import encode_frame
from webnn.server.config import Limits
from webnn.server.keys import ASSETS


@pytest_asyncio.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serve(tmp_path, stop=StopConditions(epochs=1000)) as served:
        yield served


async def _send_raw(served: Served, data: bytes, *, after_hello: bool) -> Closed:
    peer = await served.peer()
    if after_hello:
        await peer.join()
    await peer.socket.send_bytes(data)
    return await peer.closed()


async def test_two_thousand_frames_of_random_bytes_cost_their_senders_and_nobody_else(served: Served) -> None:
    rng = np.random.default_rng(0)
    honest = [Volunteer(await served.peer(), TARGET, pull=0.1, seconds=0.02) for _ in range(2)]
    training = asyncio.create_task(gather(*honest))
    codes: Counter[int | None] = Counter()

    async def attack(number: int) -> None:
        for i in range(500):
            data = rng.bytes(int(rng.integers(0, 300)))
            closed = await _send_raw(served, data, after_hello=i % 10 == number)
            codes[closed.code] += 1
            assert closed.reason

    await asyncio.gather(*(attack(number) for number in range(4)))
    assert codes == {4400: 2000}
    await served.task.ask(Stop("Enough."))
    await asyncio.wait_for(served.task.wait_over(), 10)
    served.task.audience.close_volunteers("finished")
    closings = await training
    assert [closed.code for closed in closings] == [1000, 1000]
    assert all(volunteer.outcomes["merged"] > 10 for volunteer in honest)
    assert all(set(volunteer.outcomes) <= {"merged", "not_needed"} for volunteer in honest)
    assert set(served.task.status()["outcomes"]) <= {"merged", "not_needed", "expired"}
    assert served.task.failure is None


Make = Callable[[dict[str, Any]], bytes]
MALFORMED: dict[str, Make] = {
    "truncated update": lambda lease: encode_frame(update_for(lease), TARGET.tobytes())[:-3],
    "update of another shape": lambda lease: encode_frame(update_for(lease), TARGET.tobytes() * 2),
    "update without payload": lambda lease: encode_frame(update_for(lease)),
    "ready with payload": lambda lease: encode_frame(ready(), b"12345678"),
    "missing key": lambda lease: encode_frame({"type": "ready", "backend": "x", "version": None}),
    "extra key": lambda lease: encode_frame(ready(more=1)),
    "negative iterations": lambda lease: encode_frame(update_for(lease, iterations=-1), TARGET.tobytes()),
    "unknown type": lambda lease: encode_frame({"type": "mischief"}),
    "second hello": lambda lease: encode_frame(hello()),
    "empty": lambda lease: b"",
    "deep": lambda lease: encode_frame({"type": "goodbye", "reason": [[[[[[[[[[1]]]]]]]]]]}),
    "long header": lambda lease: encode_frame({"type": "goodbye", "reason": "x" * 66_000}),
}


@pytest.mark.parametrize("make", MALFORMED.values(), ids=MALFORMED.keys())
async def test_malformed_frame_closes_with_4400_and_a_reason(served: Served, make: Make) -> None:
    bystander, peer = await served.peer(), await served.peer()
    await bystander.join()
    await peer.join()
    lease = await peer.lease()
    await peer.socket.send_bytes(make(lease))
    closed = await peer.closed()
    expected = 4413 if len(make(lease)) > LIMITS.max_frame_bytes(NUM_WEIGHTS) else 4400
    assert closed.code == expected
    assert 0 < len(closed.reason.encode()) <= 123
    outcome = await bystander.update(await bystander.lease(), TARGET)
    assert outcome["outcome"] == "merged"


async def test_text_message_closes_with_4400(served: Served) -> None:
    peer = await served.peer()
    await peer.join()
    await peer.socket.send_str("hello")
    assert (await peer.closed()).code == 4400


async def test_first_message_other_than_hello_closes_with_4400(served: Served) -> None:
    closed = await _send_raw(served, encode_frame(ready()), after_hello=False)
    assert (closed.code, closed.reason) == (4400, "The first message is hello.")


async def test_oversize_message_closes_with_4413(served: Served) -> None:
    closed = await _send_raw(served, bytes(LIMITS.max_frame_bytes(NUM_WEIGHTS) + 1), after_hello=True)
    assert closed.code == 4413
    assert closed.reason


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
async def test_update_that_is_not_finite_is_invalid_and_touches_nothing(served: Served, value: float) -> None:
    peer = await served.peer()
    await peer.join()
    lease = await peer.lease()
    poison = TARGET.copy()
    poison[5] = value
    assert (await peer.update(lease, poison))["outcome"] == "invalid"
    assert (await peer.update(lease, TARGET))["outcome"] == "invalid", "the first outcome again"
    assert served.task.run.version == 1
    assert (await peer.update(await peer.lease(), TARGET))["outcome"] == "merged"


async def test_update_with_other_counts_than_the_lease_is_invalid(served: Served) -> None:
    peer = await served.peer()
    await peer.join()
    lease = await peer.lease()
    outcome = await peer.update(lease, TARGET, iterations=lease["iterations"] + 1)
    assert outcome["outcome"] == "invalid"
    assert "iterations" in outcome["detail"]


async def test_update_for_the_lease_of_another_is_refused(served: Served) -> None:
    victim, thief = await served.peer(), await served.peer()
    await victim.join()
    await thief.join()
    lease = await victim.lease()
    assert (await thief.update(lease, TARGET * 9))["outcome"] == "invalid"
    assert (await victim.update(lease, TARGET))["outcome"] == "merged"
    np.testing.assert_array_equal(served.task.current.weights, TARGET)


@pytest.mark.parametrize("secret", ["0" * 64, "", None])
async def test_wrong_secret_closes_with_4401(served: Served, secret: str | None) -> None:
    peer, thief = await served.peer(), await served.peer()
    welcome = await peer.join()
    await thief.send(hello(volunteer_id=welcome["volunteer_id"], secret=secret))
    assert (await thief.closed()).code == 4401
    assert (await peer.lease())["lease_id"], "the true one is still connected"


async def test_socket_of_an_unknown_run_closes_with_4404(served: Served) -> None:
    peer = await Peer.connect(served.http, f"{served.url}/api/v1/runs/nothing")
    assert (await peer.closed()).code == 4404


async def test_socket_without_the_subprotocol_closes_with_4400(served: Served) -> None:
    peer = await served.peer(protocols=())
    assert (await peer.closed()).code == 4400


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://evil.example", False),
        ("null", False),
        ("http://127.0.0.1:1", False),
        ("https://webnn.example", True),
        ("https://webnn.example:444", False),
    ],
)
async def test_page_of_another_origin_may_not_open_a_socket(tmp_path: Path, origin: str, allowed: bool) -> None:
    async with serve(tmp_path, public_url="https://webnn.example/a") as served:
        if allowed:
            await (await served.peer(origin=origin)).join()
            return
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await served.peer(origin=origin)
        assert refused.value.status == 403


async def test_page_of_this_server_may_open_a_socket(served: Served) -> None:
    await (await served.peer(origin=served.url)).join()


async def test_client_that_says_nothing_is_closed_with_4408(tmp_path: Path) -> None:
    async with serve(tmp_path, limits=Limits(hello_seconds=0.05, close_seconds=1)) as served:
        peer = await served.peer()
        assert (await peer.closed()).code == 4408
        assert peer.heard[-1]["code"] == "silence"


async def test_volunteer_that_falls_silent_is_closed_and_a_watcher_is_not(tmp_path: Path) -> None:
    async with serve(tmp_path, limits=Limits(silence_seconds=0.05, live_seconds=0.05, close_seconds=1)) as served:
        watcher, peer = await served.peer(), await served.peer()
        await watcher.send(hello(role="watcher"))
        await peer.join()
        assert (await peer.closed()).code == 4408
        await watcher.expect("live")
        await watcher.expect("live")


async def test_too_many_messages_close_with_4429(tmp_path: Path) -> None:
    async with serve(tmp_path, limits=Limits(messages_per_second=1, message_burst=5, close_seconds=1)) as served:
        peer = await served.peer()
        await peer.join()
        for _ in range(5):
            await peer.send({"type": "status", "state": "paused"})
        assert (await peer.closed()).code == 4429


async def test_too_many_connections_close_with_4429(tmp_path: Path) -> None:
    async with serve(tmp_path, limits=Limits(max_connections_per_address=2, close_seconds=1)) as served:
        first, second = await served.peer(), await served.peer()
        await first.join()
        await second.join()
        third = await served.peer()
        assert (await third.closed()).code == 4429
        await first.socket.close()
        await asyncio.wait_for(_until(lambda: served.task.status()["volunteers"] == 1), 5)
        await (await served.peer()).join()


async def test_reader_that_is_too_slow_is_dropped_and_others_are_served(tmp_path: Path) -> None:
    limits = Limits(queue_messages=20, queue_bytes=1 << 20, close_seconds=1)
    async with serve(tmp_path, limits=limits) as served:
        slow, peer = await served.peer(), await served.peer()
        await slow.join()
        await peer.join()
        transport = slow.socket.get_extra_info("socket")
        assert transport is not None
        slow.socket._conn.transport.pause_reading()  # type: ignore[union-attr]
        frame = bytes(200_000)
        slow_one = next(iter(served.task.audience))
        while slow_one.closing is None:
            slow_one.send(frame)
            await asyncio.sleep(0)
        await asyncio.wait_for(_until(lambda: len(served.task.audience) == 1), 5)
        assert (await peer.update(await peer.lease(), TARGET))["outcome"] == "merged"


async def test_page_of_another_build_is_told_to_reload(served: Served) -> None:
    served.app[ASSETS].build = "this-build"
    peer = await served.peer()
    await peer.send(hello(build="that-build"))
    assert (await peer.closed()).code == 4409
    await (await served.peer()).join(build="this-build")


async def test_watcher_may_not_ask_for_work(served: Served) -> None:
    peer = await served.peer()
    await peer.send(hello(role="watcher"))
    await peer.send(ready())
    assert (await peer.closed()).code == 4400


async def test_half_precision_update_of_the_wrong_length_closes_with_4400(served: Served) -> None:
    peer = await served.peer()
    await peer.join(encodings={"up": ["f16"], "down": ["f32"]})
    lease = await peer.lease()
    assert lease["encoding"] == "f16"
    await peer.send(update_for(lease), encode_vector(TARGET, "f32"))
    assert (await peer.closed()).code == 4400


async def _until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110 - nothing in the server tells of it
        await asyncio.sleep(0.005)
