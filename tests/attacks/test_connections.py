"""Floods and slow connections against a real server: they cost whoever makes them, and nobody else anything."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from tests.engine.test_local import contribution
from tests.server.volunteer import hello
from tests.server.world import TARGET, Served, serve
from webnn.core.merging.base import MergeSpec
from webnn.core.merging.registry import make_strategy
from webnn.engine.local import LocalEngine
from webnn.server.config import Limits
from webnn.server.keys import OUTGOING

QUICK = Limits(head_seconds=0.2, head_bytes=2000, body_seconds=0.2, close_seconds=1, silence_seconds=0.2)


async def connect(served: Served) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    port = int(served.url.rsplit(":", 1)[1])
    return await asyncio.open_connection("127.0.0.1", port)


async def talk(served: Served, data: bytes) -> bytes:
    """Send raw bytes and read until the server closes."""
    reader, writer = await connect(served)
    writer.write(data)
    try:
        return await asyncio.wait_for(reader.read(), 10)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def still_serves(served: Served) -> None:
    peer = await served.peer()
    await peer.join()
    assert (await peer.update(await peer.lease(), TARGET))["outcome"] == "merged"


@pytest.mark.parametrize("start", [b"", b"G", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
async def test_a_connection_that_never_ends_its_head_is_closed(tmp_path: Path, start: bytes) -> None:
    async with serve(tmp_path, limits=QUICK) as served:
        assert (await talk(served, start)).startswith(b"HTTP/1.1 408")
        await still_serves(served)


async def test_a_head_without_end_is_closed(tmp_path: Path) -> None:
    async with serve(tmp_path, limits=QUICK) as served:
        assert (await talk(served, b"GET / HTTP/1.1\r\nX: " + b"x" * 5000)).startswith(b"HTTP/1.1 431")
        await still_serves(served)


async def test_a_body_that_trickles_is_refused(tmp_path: Path) -> None:
    async with serve(tmp_path, limits=QUICK) as served:
        head = (
            b"POST /api/v1/runs/test-run/pause HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{"
        )
        assert (await talk(served, head)).startswith(b"HTTP/1.1 408")


async def test_an_update_below_the_least_rate_is_refused(tmp_path: Path) -> None:
    limits = Limits(silence_seconds=0.1, min_bytes_per_second=1e9, close_seconds=1)
    async with serve(tmp_path, limits=limits) as served:
        peer = await served.peer()
        welcome = await peer.join()
        proof = f"Volunteer {welcome['volunteer_id']}:{welcome['secret']}"
        head = (
            f"POST /api/v1/runs/test-run/updates HTTP/1.1\r\nHost: x\r\nAuthorization: {proof}\r\n"
            "Content-Length: 100\r\nConnection: close\r\n\r\n"
        )
        reader, writer = await connect(served)
        writer.write(head.encode())

        async def trickle() -> None:
            while True:
                writer.write(b"x")
                await asyncio.sleep(0.02)

        trickling = asyncio.create_task(trickle())
        answer = await asyncio.wait_for(reader.readline(), 10)
        trickling.cancel()
        writer.close()
        assert b"408" in answer


async def test_a_flood_of_connections_is_cut_and_room_comes_back(tmp_path: Path) -> None:
    async with serve(tmp_path, limits=Limits(max_sockets_per_address=8, close_seconds=1)) as served:
        flood = [await connect(served) for _ in range(30)]
        ended = await asyncio.gather(*(asyncio.wait_for(_ended(reader), 5) for reader, _ in flood[8:]))
        assert all(ended)
        for _, writer in flood:
            writer.close()
        await asyncio.sleep(0)
        async with asyncio.timeout(5):
            while True:
                try:
                    await still_serves(served)
                    break
                except OSError:
                    await asyncio.sleep(0.01)


async def test_a_trusted_proxy_stands_for_many(tmp_path: Path) -> None:
    limits = Limits(max_sockets_per_address=3, max_connections_per_address=2, close_seconds=1)
    async with serve(tmp_path, limits=limits, trusted_proxies=("127.0.0.0/8",)) as served:
        several = [await served.peer(headers={"X-Forwarded-For": f"198.51.100.{number}"}) for number in range(6)]
        await asyncio.gather(*(peer.join() for peer in several))
        same = [await served.peer(headers={"X-Forwarded-For": "spoofed, 198.51.100.99"}) for _ in range(3)]
        for peer in same[:2]:
            await peer.join()
        assert (await same[2].closed()).code == 4429, "one address behind the proxy has the room of one"


async def _ended(reader: asyncio.StreamReader) -> bool:
    try:
        return await reader.read() == b""
    except ConnectionError:
        return True


async def test_compressed_frames_are_not_taken(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        peer = await served.peer(compress=15)
        assert not peer.socket.compress, "permessage-deflate is never agreed on: no bomb can come in by it"
        await peer.join()


async def test_a_compressed_body_is_no_bomb(tmp_path: Path) -> None:
    import zlib

    bomb = zlib.compress(bytes(50 << 20))
    async with serve(tmp_path) as served:
        headers = {"Content-Encoding": "deflate", "Authorization": f"Bearer {served.token}"}
        status, _ = await served.post("/rollback", data=bomb, headers=headers)
        assert status in (400, 413)
        await still_serves(served)


async def test_new_volunteers_of_one_address_share_its_quota(tmp_path: Path) -> None:
    limits = Limits(newcomers_per_second=0.001, newcomer_burst=2, close_seconds=1)
    async with serve(tmp_path, limits=limits, trusted_proxies=("127.0.0.1",)) as served:
        far = {"X-Forwarded-For": "198.51.100.7"}
        known = [await served.peer(headers=far) for _ in range(2)]
        welcomes = [await peer.join() for peer in known]
        third = await served.peer(headers={"X-Forwarded-For": "203.0.113.1, 198.51.100.7"})
        await third.send(hello())
        assert (await third.closed()).code == 4429, "what stands before a proxy's own word changes nothing"
        again = await served.peer(headers=far)
        await again.join(volunteer_id=welcomes[0]["volunteer_id"], secret=welcomes[0]["secret"])
        other = await served.peer(headers={"X-Forwarded-For": "198.51.100.8"})
        await other.join()


async def test_forwarded_addresses_of_strangers_are_not_believed(tmp_path: Path) -> None:
    limits = Limits(requests_per_second=0.001, request_burst=3, close_seconds=1)
    async with serve(tmp_path, limits=limits, trusted_proxies=("127.0.0.1",)) as served:
        codes = []
        for number in range(5):
            headers = {"X-Forwarded-For": f"192.0.2.{number}, 198.51.100.7"}
            response, _ = await served.get("/api/v1/runs", headers=headers)
            codes.append(response.status)
        assert codes == [200, 200, 200, 429, 429]
    async with serve(tmp_path, limits=limits) as served:
        responses = [await served.get("/api/v1/runs", headers={"X-Forwarded-For": "198.51.100.7"}) for _ in range(5)]
        assert {response.status for response, _ in responses} == {200}, "the server's own computer has no quota"


async def test_pings_count_as_messages_and_say_nothing(tmp_path: Path) -> None:
    async with serve(tmp_path, limits=Limits(message_burst=50, messages_per_second=1, close_seconds=1)) as served:
        peer = await served.peer()
        await peer.join()
        await peer.socket.ping(b"once")
        lease = await peer.lease()
        for _ in range(60):
            await peer.socket.ping()
        assert (await peer.closed()).code == 4429
        assert lease["lease_id"]
    async with serve(tmp_path / "again", limits=Limits(hello_seconds=0.3, close_seconds=1)) as served:
        peer = await served.peer()

        async def ping() -> None:
            while True:
                await peer.socket.ping()
                await asyncio.sleep(0.05)

        pinging = asyncio.create_task(ping())
        assert (await peer.closed()).code == 4408
        pinging.cancel()


async def test_who_does_not_take_what_was_asked_for_is_cut(tmp_path: Path) -> None:
    limits = Limits(silence_seconds=0.2, min_bytes_per_second=1e9, close_seconds=1)
    async with serve(tmp_path, limits=limits) as served:
        reader, writer = await connect(served)
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        ask = b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"

        async def flood() -> None:
            while True:
                writer.write(ask * 20)
                await writer.drain()
                await asyncio.sleep(0.02)

        with pytest.raises(ConnectionError):
            await asyncio.wait_for(flood(), 20)
        writer.close()
        await still_serves(served)


async def test_old_versions_are_not_held_by_slow_readers(tmp_path: Path) -> None:
    size = 4_000_000
    engine = LocalEngine(make_strategy(MergeSpec("average")), np.zeros(size, np.float32), size, keep_last=1)
    limits = Limits(sending_bytes=40 << 20, close_seconds=1)
    async with serve(tmp_path, engine=engine, limits=limits, num_weights=size, num_trainable=size) as served:
        slow = []
        for version in range(2, 7):
            current = engine.newest
            reader, writer = await connect(served)
            reader._transport.pause_reading()  # type: ignore[attr-defined]
            path = f"/api/v1/runs/test-run/weights/{current.version}-{current.hash}"
            writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            slow.append((reader, writer))
            await _counts(served, 4 * size * min(version - 1, 2))
            await engine.merge(version, version, [contribution(np.ones(size, np.float32))])
            engine.retain(())
        assert served.app[OUTGOING].num_bytes <= limits.sending_bytes
        for reader, _ in slow[:3]:
            reader._transport.resume_reading()  # type: ignore[attr-defined]
            assert await _is_cut(reader)
        reader, _ = slow[-1]
        reader._transport.resume_reading()  # type: ignore[attr-defined]
        await reader.readuntil(b"\r\n\r\n")
        assert len(await asyncio.wait_for(reader.readexactly(4 * size), 20)) == 4 * size
        for _, writer in slow:
            writer.close()


async def _counts(served: Served, num_bytes: int) -> None:
    """Wait until bodies of so many bytes are on their way."""
    async with asyncio.timeout(10):
        while True:
            if served.app[OUTGOING].num_bytes >= num_bytes:
                return
            await asyncio.sleep(0.01)


async def _is_cut(reader: asyncio.StreamReader) -> bool:
    """Whether a connection ends before the body is whole."""
    try:
        return len(await asyncio.wait_for(reader.read(-1), 10)) < 16_000_000
    except ConnectionError:
        return True
