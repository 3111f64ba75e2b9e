"""Whole runs over real sockets, with volunteers in Python."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.server.volunteer import Vector, Volunteer, gather, hello, ready, update_for
from tests.server.world import CONFIG, LIMITS, TARGET, FakeValidator, serve
from webnn.core import messages
from webnn.core.encoding import decode_vector, encode_vector
from webnn.core.events import Stop
from webnn.core.frames import Buffer
from webnn.core.grid import Grid, decode_grid, since_version
from webnn.core.leases import Outcome
from webnn.core.merging import make_strategy
from webnn.core.messages import pushes
from webnn.core.metrics import Validation
from webnn.core.states import RunState
from webnn.engine.local import LocalEngine
from webnn.server.news import StateNews, ValidationNews


async def test_three_volunteers_train_a_run_to_its_accuracy(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        news: list[object] = []
        served.task.listen(news.append)
        volunteers = [
            Volunteer(await served.peer(), TARGET, encoding=encoding, seconds=0.01)
            for encoding in ("f32", "f32", "f16")
        ]
        training = asyncio.create_task(gather(*volunteers))
        await asyncio.wait_for(served.task.wait_over(), 10)
        served.task.audience.close_volunteers("finished", served.task.reason)
        closings = await asyncio.wait_for(training, 5)

        assert served.task.state is RunState.FINISHED
        assert [closed.code for closed in closings] == [1000] * 3
        assert served.task.best is not None
        np.testing.assert_allclose(served.task.current.weights, TARGET, atol=0.05)
        status = served.task.status()
        assert status["accuracy"] >= 0.99
        assert status["outcomes"]["merged"] == status["merges"]
        assert all(volunteer.outcomes["merged"] > 0 for volunteer in volunteers)
        assert status["volunteers_total"] == 3
        assert status["bytes_in"] > 0
        assert status["bytes_out"] > 0
        assert isinstance(news[0], StateNews)
        validations = [item for item in news if isinstance(item, ValidationNews)]
        assert validations[-1].whole
        assert validations[-1].result.accuracy == status["accuracy"]
        history = served.task.history.as_dict()
        assert len(history["training"]) == status["merges"]
        assert history["validation"][-1][4] == status["accuracy"]


async def test_volunteer_that_loses_its_connection_is_the_same_one_afterwards(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        peer = await served.peer()
        welcome = await peer.join()
        lease = await peer.lease()
        await peer.socket.close()
        again = await served.peer()
        second = await again.join(volunteer_id=welcome["volunteer_id"], secret=welcome["secret"])
        assert second["volunteer_id"] == welcome["volunteer_id"]
        assert second["secret"] is None
        outcome = await again.update(lease, TARGET)
        assert outcome["outcome"] == "merged"
        assert outcome["whole"]
        assert served.task.status()["volunteers_total"] == 1


async def test_update_sent_again_gets_its_first_outcome_and_counts_once(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        peer = await served.peer()
        await peer.join()
        lease = await peer.lease()
        first = await peer.update(lease, TARGET)
        again = await peer.update(lease, TARGET * 2)
        assert (first["outcome"], again["outcome"]) == ("merged", "merged")
        assert served.task.run.num_merges == 1
        np.testing.assert_array_equal(served.task.current.weights, TARGET)


async def test_newer_connection_of_a_volunteer_replaces_the_older(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        older = await served.peer()
        welcome = await older.join()
        newer = await served.peer()
        await newer.join(volunteer_id=welcome["volunteer_id"], secret=welcome["secret"])
        closed = await older.closed()
        assert closed.code == 4001
        assert older.heard[-1]["code"] == "replaced"
        assert (await newer.lease())["lease_id"]
        assert served.task.status()["volunteers"] == 1


async def test_volunteer_that_says_goodbye_gives_its_lease_to_others(tmp_path: Path) -> None:
    async with serve(tmp_path, max_open_leases=1) as served:
        leaving = await served.peer()
        await leaving.join()
        lease = await leaving.lease()
        await leaving.send({"type": "goodbye", "reason": "bye"})
        assert (await leaving.closed()).code == 1000
        other = await served.peer()
        await other.join()
        assert (await other.lease())["parts"] == lease["parts"]
        assert served.task.status()["outcomes"] == {"abandoned": 1}


async def test_versions_are_announced_and_fetched_by_everyone(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        worker, other = await served.peer(), await served.peer()
        await worker.join()
        await other.join()
        outcome = await worker.update(await worker.lease(), TARGET)
        version = await other.expect("version", version=outcome["version"])
        assert version["hash"] == outcome["hash"]
        np.testing.assert_array_equal(await other.weights(version), TARGET)


async def test_run_that_breaks_is_failed_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with serve(tmp_path) as served:
        peer, watcher = await served.peer(), await served.peer()
        await peer.join()
        await watcher.send(hello(role="watcher"))
        await watcher.expect("snapshot")
        lease = await peer.lease()

        async def broken(*_: object) -> None:
            raise RuntimeError("the disk caught fire")

        served.task.engine.merge = broken  # type: ignore[method-assign,assignment]
        await peer.send(update_for(lease), TARGET.tobytes())
        assert (await watcher.expect("state"))["state"] == "failed"
        closed = await peer.closed()
        assert closed.code == 1011
        assert (await served.json("/api/v1/health"))["status"] == "ok"
        status = await served.json("/api/v1/runs/test-run")
        assert status["state"] == "failed"
        assert "fire" in status["reason"]
        assert [record.run for record in caplog.records if record.levelname == "ERROR"] == ["test-run"]  # type: ignore[attr-defined]
        assert (await served.post("/pause", headers=served.owner))[0] == 409


class FlatteringValidator(FakeValidator):
    """Samples show each version as less good than the one before; only the whole split tells the truth."""

    async def validate(self, weights: Buffer, num_examples: int | None, version: int) -> Validation:
        truth = await super().validate(weights, num_examples, version)
        return truth if num_examples is None else replace(truth, accuracy=0.9 - version / 10)


@pytest.mark.parametrize(("update", "best"), [(TARGET, 2), (-TARGET, 1)])
async def test_best_weights_at_the_end_are_the_best_on_the_whole_split(
    tmp_path: Path, update: Vector, best: int
) -> None:
    async with serve(tmp_path, validator=FlatteringValidator()) as served:
        news: list[object] = []
        sampled = asyncio.Event()

        def listen(one: object) -> None:
            news.append(one)
            if isinstance(one, ValidationNews) and one.version == 2:
                sampled.set()

        served.task.listen(listen)
        peer = await served.peer()
        await peer.join()
        await peer.update(await peer.lease(), update)
        await asyncio.wait_for(sampled.wait(), 10)
        await served.task.ask(Stop("enough"))
        await asyncio.wait_for(served.task.wait_over(), 10)
        assert served.task.best is not None
        assert served.task.best.version == best
        np.testing.assert_array_equal(served.task.best.weights, update if best == 2 else np.zeros_like(update))
        assert served.task.run.best is not None
        assert served.task.run.best.whole
        told = [one.version for one in news if isinstance(one, ValidationNews)]
        assert told == sorted(told), "the chart does not go back"


async def test_small_weights_come_with_the_outcome_to_who_does_not_have_them(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        first, second = await served.peer(), await served.peer()
        await first.join()
        await second.join()
        leases = [await first.lease(), await second.lease()]
        await first.update(leases[0], TARGET)
        await second.send(update_for(leases[1]), encode_vector(TARGET * 3, "f32"))
        while (frame := await second.receive()).type != "outcome":
            pass
        assert (frame.header["outcome"], frame.header["whole"]) == ("merged", False)
        np.testing.assert_array_equal(decode_vector(frame.payload, "f32", len(TARGET)), served.task.current.weights)
        assert frame.header["version"] == served.task.current.version


@pytest.mark.parametrize("push", ["f32", "f16", "int8"])
async def test_outcome_carries_weights_as_a_volunteer_asked(tmp_path: Path, push: str) -> None:
    """Too many numbers to be sent along unasked; several who wait are sent the newest, under its own name."""
    count = 20_000
    engine = LocalEngine(make_strategy(CONFIG.merge), np.zeros(count, np.float32), count - 2)
    validator = FakeValidator(np.zeros(count, np.float32))
    async with serve(
        tmp_path, num_weights=count, num_trainable=count - 2, engine=engine, validator=validator
    ) as served:
        peers = [await served.peer() for _ in range(2)]
        leases = []
        for peer, asks in zip(peers, (True, False), strict=True):
            await peer.join()
            await peer.send(ready(down=push, push=asks))
            leases.append(await peer.expect("lease"))
        for peer, lease, asked in zip(peers, leases, (True, False), strict=True):
            await peer.send(update_for(lease), encode_vector(np.linspace(0, 1, count, dtype=np.float32), "f32"))
            while (frame := await peer.receive()).type != "outcome":
                pass
            assert bool(len(frame.payload)) is asked
            assert frame.header.get("encoding", "f32") == (push if asked else "f32")
            if asked:
                snapshot = served.task.engine.snapshot(frame.header["version"])
                assert snapshot is not None
                assert snapshot.hash == frame.header["hash"]
                assert bytes(frame.payload) == bytes(encode_vector(snapshot.weights, push))
        assert served.task.traffic.pushing_bytes == 0


@pytest.mark.parametrize(("down", "comes"), [("int8", True), ("f16", False)])
async def test_outcome_carries_what_is_small_as_it_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, down: str, comes: bool
) -> None:
    count = 20_000
    monkeypatch.setattr(messages, "MAX_PUSHED_BYTES", len(encode_vector(np.zeros(count, np.float32), "int8")))
    engine = LocalEngine(make_strategy(CONFIG.merge), np.zeros(count, np.float32), count)
    validator = FakeValidator(np.zeros(count, np.float32))
    async with serve(tmp_path, num_weights=count, num_trainable=count, engine=engine, validator=validator) as served:
        other, peer = await served.peer(), await served.peer()
        for one in (other, peer):
            await one.join()
            await one.send(ready(down=down, push=True))
        lease = await peer.expect("lease")
        await other.expect("lease")  # so that the update is not taken whole
        await peer.send(update_for(lease), encode_vector(np.ones(count, np.float32), "f32"))
        while (frame := await peer.receive()).type != "outcome":
            pass
        assert (frame.header["outcome"], bool(len(frame.payload))) == ("merged", comes)


async def test_outcome_goes_without_weights_while_too_many_are_on_their_way(tmp_path: Path) -> None:
    async with serve(tmp_path, limits=replace(LIMITS, pushing_bytes=0)) as served:
        first, second = await served.peer(), await served.peer()
        await first.join()
        await second.join()
        leases = [await first.lease(), await second.lease()]
        await first.update(leases[0], TARGET)
        await second.send(update_for(leases[1]), encode_vector(TARGET * 3, "f32"))
        while (frame := await second.receive()).type != "outcome":
            pass
        assert frame.header["outcome"] == "merged"
        assert not len(frame.payload)


async def test_what_comes_with_outcomes_leads_on_from_what_came_before(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        first, second = await served.peer(), await served.peer()
        await first.join()
        await second.join()
        held: dict[int, Grid] = {}
        for turn in range(1, 4):
            await second.send(ready(down="grid"))
            mine, other = await second.expect("lease"), await first.lease()
            await first.update(other, TARGET * turn)
            await second.send(update_for(mine), encode_vector(TARGET * 3, "f32"))
            while (frame := await second.receive()).type != "outcome":
                pass
            version = frame.header["version"]
            assert frame.header["encoding"] == "grid"
            assert since_version(frame.payload) == max(held, default=0)
            held[version] = decode_grid(frame.payload, len(TARGET), held.get)
            current = served.task.current
            assert version == current.version
            assert np.abs(held[version].vector() - current.weights).max() <= np.abs(current.weights).max() / 30


def test_only_small_weights_that_are_news_are_sent_along() -> None:
    assert pushes(Outcome.MERGED, whole=False, num_weights=16_384)
    assert not pushes(Outcome.MERGED, whole=False, num_weights=16_385)
    assert not pushes(Outcome.MERGED, whole=True, num_weights=10)
    assert not pushes(Outcome.STALE, whole=False, num_weights=10)
