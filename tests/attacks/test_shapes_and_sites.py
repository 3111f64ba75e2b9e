"""Numbers that claim too much, and pages of other sites that open a socket."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.attacks.test_connections import still_serves
from tests.server.volunteer import Closed, ready, update_for
from tests.server.world import NUM_WEIGHTS, TARGET, serve
from webnn.core.encoding import encode_vector
from webnn.core.frames import encode_frame

HUGE = 2**53 - 1
CLAIMS: dict[str, dict[str, Any]] = {
    "iterations": {"iterations": HUGE},
    "examples": {"num_examples": HUGE},
    "version": {"base_version": HUGE},
    "seconds": {"seconds": 1e299},
    "beyond integers": {"iterations": 2**64 - 1},
    "loss": {"loss": -1e299},
}


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS.keys())
async def test_huge_claims_cost_their_sender_at_most_the_connection(tmp_path: Path, claim: dict[str, Any]) -> None:
    async with serve(tmp_path) as served:
        peer = await served.peer()
        await peer.join()
        lease = await peer.lease()
        try:
            await peer.send(update_for(lease, **claim), encode_vector(TARGET, lease["encoding"]))
            ended: object = (await peer.expect("outcome"))["outcome"]
        except Closed as closed:
            ended = closed.code
        assert ended in ("invalid", "stale", "merged", 4400)
        await still_serves(served)
        assert served.task.failure is None


@pytest.mark.parametrize(
    "payload",
    [
        b"\xff\xff\xff\xff" + bytes(9),  # topk: four billion numbers
        (NUM_WEIGHTS + 1).to_bytes(4, "little") + bytes(4 + 5 * (NUM_WEIGHTS + 1)),
        (1).to_bytes(4, "little") + bytes(4) + b"\xff\xff\xff\xff\x01",  # a place far beyond the last
        (2).to_bytes(4, "little") + bytes(4) + (3).to_bytes(4, "little") * 2 + b"\x01\x01",  # one place twice
        bytes(3),
    ],
    ids=["count", "more than there are", "place", "twice", "short"],
)
async def test_sparse_updates_that_claim_too_much_are_malformed(tmp_path: Path, payload: bytes) -> None:
    async with serve(tmp_path) as served:
        peer = await served.peer()
        await peer.join(encodings={"up": ["topk"], "down": ["f32"]})
        lease = await peer.lease()
        await peer.send(update_for(lease, encoding="topk"), payload)
        assert (await peer.closed()).code == 4400
        await still_serves(served)


async def test_a_body_longer_than_any_update_is_refused_before_it_comes(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        peer = await served.peer()
        welcome = await peer.join()
        proof = {"Authorization": f"Volunteer {welcome['volunteer_id']}:{welcome['secret']}"}
        frame = encode_frame(ready()) + bytes(200_000)
        status, answer = await served.post("/updates", data=frame, headers=proof)
        assert (status, answer["error"]["code"]) == (413, "too_large")
        await still_serves(served)


ORIGINS = (
    "https://evil.example",
    "null",
    "http://127.0.0.1:1",
    "http://127.0.0.1.evil.example",
    "http://127.0.0.1@evil.example",
    "http://evil.example:HOST",
    "file://",
    "",
    "//127.0.0.1",
    "http://[::1",
)


@pytest.mark.parametrize("origin", ORIGINS)
async def test_a_page_of_another_site_opens_no_socket(tmp_path: Path, origin: str) -> None:
    async with serve(tmp_path) as served:
        host = served.url.removeprefix("http://")
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await served.peer(headers={"Origin": origin.replace("HOST", host.rpartition(":")[2])})
        assert refused.value.status == 403
        await (await served.peer(headers={"Origin": served.url})).join()


async def test_a_host_header_of_ones_own_opens_no_socket_behind_a_public_url(tmp_path: Path) -> None:
    """A browser sets both headers; what a program sends here it could as well leave out."""
    async with serve(tmp_path, public_url="https://train.example") as served:
        await (await served.peer(headers={"Origin": "https://train.example"})).join()
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await served.peer(headers={"Origin": "https://train.example.evil"})
