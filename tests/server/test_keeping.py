"""A kept run can be taken back while it is live, played again, and controlled over HTTP."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
from support.steady import Steady

from tests.faults.test_network import check_accounts, until
from tests.faults.world import conclude, kept, pull, run_config
from tests.server.volunteer import Peer
from tests.server.world import INFO, TARGET, FakeValidator
from webnn.core.effects import GoBack
from webnn.core.errors import WebNNError
from webnn.core.events import Stop, Vector
from webnn.core.frames import Buffer
from webnn.core.leases import Outcome
from webnn.core.metrics import Validation
from webnn.core.states import RunState
from webnn.server import rolling_back
from webnn.server.keeping import BEST_FOLDER, CHECKPOINT_FOLDER
from webnn.server.news import HarmNews, News
from webnn.server.replaying import replay_run
from webnn.server.rolling_back import BEST, go_back, roll_back
from webnn.store.checkpoint import list_checkpoints, read_checkpoint, write_checkpoint
from webnn.store.recording import recordings

ENDLESS = run_config(iterations=10_000_000)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / INFO.id
    folder.mkdir()
    (folder / "config.json").write_text('{"model": {}}')
    return folder


async def test_live_run_goes_back_to_a_version_and_on_with_everyone(folder: Path) -> None:
    async with (
        asyncio.timeout(60),
        kept(folder, config=ENDLESS, record=True) as (task, url),
        asyncio.TaskGroup() as group,
    ):
        assert task.keeper is not None
        volunteers = [Steady(lambda: url, pull, seconds=0.01) for _ in range(3)]
        workers = [group.create_task(volunteer.run()) for volunteer in volunteers]
        await until(lambda: task.run.num_merges > 4)
        await task.keeper.checkpoint()
        target = max(list_checkpoints(folder / CHECKPOINT_FOLDER))
        task.keeper.plan = replace(task.keeper.plan, every_seconds=60)  # so that it stays
        merged = task.run.num_merges
        await until(lambda: task.run.num_merges > merged + 5)
        highest = task.run.version
        assert await roll_back(task, target) == target
        assert task.run.version > highest
        assert task.run.returned_to == target
        assert task.run.outcomes[Outcome.ROLLED_BACK] >= 3
        merged = task.run.num_merges
        await until(lambda: task.run.num_merges > merged + 5)
        await task.ask(Stop("enough"))
        await conclude(task)
        for worker in workers:
            worker.cancel()
    assert all(volunteer.connections == 1 for volunteer in volunteers)
    check_accounts(task, folder)
    await asyncio.to_thread(check_replay, folder, 2)


async def test_live_run_goes_back_to_its_best_version(folder: Path) -> None:
    async with asyncio.timeout(60), kept(folder, config=ENDLESS) as (task, url), asyncio.TaskGroup() as group:
        worker = group.create_task(Steady(lambda: url, pull, seconds=0.01).run())
        await until(lambda: task.best is not None and task.run.version > task.best.version > 1)
        await until(lambda: (folder / BEST_FOLDER).is_dir() and read_checkpoint(folder / BEST_FOLDER) is not None)
        version = await roll_back(task, BEST)
        found = read_checkpoint(folder / BEST_FOLDER)
        assert found is not None
        assert version <= found.manifest["version"]
        merged = task.run.num_merges
        await until(lambda: task.run.num_merges > merged + 3)
        worker.cancel()
    check_accounts(task, folder)


async def test_keeper_writes_no_checkpoint_while_a_run_goes_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two who write checkpoints at once would tidy away each other's unfinished files."""
    undisturbed = []

    def write(*arguments: Any) -> int:
        assert task.keeper is not None
        undisturbed.append(task.keeper.undisturbed().locked())
        return write_checkpoint(*arguments)

    monkeypatch.setattr(rolling_back, "write_checkpoint", write)
    async with asyncio.timeout(30), kept(folder, config=ENDLESS) as (task, _):
        assert task.keeper is not None
        await until(lambda: task.run.version > 0)
        await task.keeper.checkpoint()
        await roll_back(task, 1)
    assert undisturbed == [True]


class KindValidator(FakeValidator):
    """Flatters one version while it is only sampled; the whole split shows the truth."""

    def __init__(self, flattered: int) -> None:
        super().__init__()
        self._flattered = flattered

    async def validate(self, weights: Buffer, num_examples: int | None, version: int) -> Validation:
        result = await super().validate(weights, num_examples, version)
        if num_examples is not None and version <= self._flattered:
            return replace(result, accuracy=1.0)
        return result


@pytest.mark.parametrize("worst", [False, True], ids=["last is best", "flattered stays best"])
async def test_best_that_is_kept_is_the_one_that_the_end_confirms(folder: Path, worst: bool) -> None:
    """At the end the best of the samples is validated whole; if it was only flattered, the last version is the best."""
    train = (lambda weights: weights - np.float32(1)) if worst else pull
    async with (
        asyncio.timeout(60),
        kept(folder, config=ENDLESS, validator=KindValidator(1)) as (task, url),
        asyncio.TaskGroup() as group,
    ):
        await until(lambda: task.run.best is not None)
        worker = group.create_task(Steady(lambda: url, train, seconds=0.01).run())
        await until(lambda: task.run.num_merges > 5)
        await task.ask(Stop("enough"))
        await conclude(task)
        worker.cancel()
    best = task.run.best
    assert best is not None
    assert best.whole
    assert (best.version == task.run.version) is not worst
    found = read_checkpoint(folder / BEST_FOLDER)
    assert found is not None
    assert found.manifest["version"] == best.version
    assert found.manifest["best"] == asdict(best)
    assert task.best is not None
    np.testing.assert_array_equal(found.weights, task.best.weights)


class SlowValidator(FakeValidator):
    """Answers for the whole split (or for samples too) only when it is let go."""

    def __init__(self, *, samples: bool = False) -> None:
        super().__init__()
        self.asked = asyncio.Event()
        self.let_go = asyncio.Event()
        self._samples = samples

    async def validate(self, weights: Buffer, num_examples: int | None, version: int) -> Validation:
        if num_examples is None or self._samples:
            self.asked.set()
            await self.let_go.wait()
        return await super().validate(weights, num_examples, version)


async def test_run_that_cannot_go_back_loses_nothing_that_is_under_way(folder: Path) -> None:
    """Its last validation is awaited when someone asks it to go back: it refuses, and ends when the answer comes."""
    slow = SlowValidator()
    async with (
        asyncio.timeout(30),
        kept(folder, config=ENDLESS, validator=slow) as (task, url),
        asyncio.TaskGroup() as g,
    ):
        worker = g.create_task(Steady(lambda: url, pull, seconds=0.01).run())
        await until(lambda: task.best is not None and task.run.num_merges > 2)
        await until((folder / BEST_FOLDER).is_dir)
        await task.ask(Stop("enough"))
        await slow.asked.wait()
        with pytest.raises(WebNNError, match="ends already"):
            await roll_back(task, BEST)
        slow.let_go.set()
        await conclude(task)
        worker.cancel()
    assert slow.versions_seen > 1
    assert task.run.best is not None
    assert task.run.best.whole


async def test_run_that_went_back_to_before_any_validation_is_validated_on(folder: Path) -> None:
    slow = SlowValidator(samples=True)
    async with (
        asyncio.timeout(30),
        kept(folder, config=ENDLESS, validator=slow) as (task, url),
        asyncio.TaskGroup() as g,
    ):
        assert task.keeper is not None
        await slow.asked.wait()
        await task.keeper.checkpoint()
        slow.let_go.set()
        worker = g.create_task(Steady(lambda: url, pull, seconds=0.01).run())
        await until(lambda: task.run.num_merges > 2 and task.run.latest is not None)
        assert await roll_back(task, 1) == 1
        back = task.run.version
        await until(lambda: task.run.latest is not None and task.run.latest.version >= back)
        worker.cancel()


async def test_version_without_a_checkpoint_is_told_with_those_there_are(folder: Path) -> None:
    async with asyncio.timeout(30), kept(folder) as (task, _):
        assert task.keeper is not None
        await until(lambda: task.run.version > 0)
        await task.keeper.checkpoint()
        with pytest.raises(WebNNError, match="Kept are: 1"):
            await roll_back(task, 7)
        assert task.state is RunState.RUNNING


async def test_restart_keeps_the_curve_and_the_best(folder: Path) -> None:
    async with asyncio.timeout(60), kept(folder, config=ENDLESS) as (task, url), asyncio.TaskGroup() as group:
        worker = group.create_task(Steady(lambda: url, pull, seconds=0.01).run())
        await until(lambda: task.history.validation.count > 3)
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
        assert task.keeper is not None
        before, best = task.history.as_dict(), task.best
        await task.keeper.checkpoint()  # later: what was on its way may be merged meanwhile
    async with asyncio.timeout(60), kept(folder, config=ENDLESS) as (task, _):
        after = task.history.as_dict()
        assert after["training"][: len(before["training"])] == before["training"]
        assert after["validation"][: len(before["validation"])] == before["validation"]
        assert best is not None
        assert task.best is not None
        assert task.best.version >= best.version


async def test_recorded_run_replays_over_a_restart_and_names_the_first_difference(folder: Path) -> None:
    config = run_config(iterations=1500)
    async with (
        asyncio.timeout(60),
        kept(folder, config=config, record=True) as (task, url),
        asyncio.TaskGroup() as group,
    ):
        workers = [group.create_task(Steady(lambda: url, pull, seconds=0.01).run()) for _ in range(3)]
        await until(lambda: task.run.num_merges > 5)
        for worker in workers:
            worker.cancel()
    async with (
        asyncio.timeout(60),
        kept(folder, config=config, record=True) as (task, url),
        asyncio.TaskGroup() as group,
    ):
        workers = [group.create_task(Steady(lambda: url, pull, seconds=0.01).run())]
        await conclude(task)
        workers[0].cancel()
    await asyncio.to_thread(check_replay, folder, 2)
    path = recordings(folder)[1]
    whole = path.read_bytes()
    start = whole.index(b"UpdateArrived")
    for damage in (whole[: len(whole) // 2], whole[:start] + b"UpdateVanish!" + whole[start + 13 :]):
        path.write_bytes(damage)
        replay = await asyncio.to_thread(replay_run, folder)
        assert not replay.identical
    path.write_bytes(spoil_payload(whole, start))
    replay = await asyncio.to_thread(replay_run, folder)
    assert "00001.frames: version" in (replay.difference or "")


def spoil_payload(whole: bytes, inside: int) -> bytes:
    """Change the last number of the payload of the entry that has position `inside` of a recording."""
    end = 0
    while end <= inside:
        end += 8 + int.from_bytes(whole[end : end + 8], "little")
    return whole[: end - 4] + np.float32(0.125).tobytes() + whole[end:]


def check_replay(folder: Path, lives: int) -> None:
    replay = replay_run(folder)
    assert replay.difference is None
    assert replay.lives == lives
    assert replay.merges > 5


def test_run_that_was_not_recorded_says_so(folder: Path) -> None:
    with pytest.raises(WebNNError, match="--record"):
        replay_run(folder)


async def test_update_that_the_run_has_forgotten_gets_its_first_outcome_from_the_journal(folder: Path) -> None:
    async with asyncio.timeout(30), kept(folder, config=ENDLESS) as (task, url), aiohttp.ClientSession() as http:
        peer, stranger = await Peer.connect(http, url), await Peer.connect(http, url)
        await peer.join()
        await stranger.join()
        task.run._leases._max_remembered = 1
        first = await peer.lease()
        await peer.update(first, TARGET)
        for _ in range(2):
            await peer.update(await peer.lease(), TARGET)
        assert not task.run.knows_lease(first["lease_id"])
        assert task.keeper is not None
        await task.keeper.flush()
        counted = task.run.iterations
        assert (await peer.update(first, TARGET))["outcome"] == "merged"
        assert (await stranger.update(first, TARGET))["outcome"] == "expired"
        assert task.run.iterations == counted
    check_accounts(task, folder)


async def test_owner_goes_back_and_saves_over_http(folder: Path) -> None:
    token = ""
    async with asyncio.timeout(30), kept(folder) as (task, url), aiohttp.ClientSession() as http:
        assert task.keeper is not None
        await until(lambda: task.run.version > 0)
        await task.keeper.checkpoint()
        token = (folder.parent / "owner-token").read_text().strip()
        owner = {"Authorization": f"Bearer {token}"}
        async with http.post(f"{url}/rollback", json={"to": 1}) as response:
            assert response.status == 401
        async with http.post(f"{url}/rollback", json={"to": True}, headers=owner) as response:
            assert response.status == 400
        async with http.post(f"{url}/rollback", json={"to": 9}, headers=owner) as response:
            assert response.status == 404
        async with http.post(f"{url}/rollback", json={"to": 1}, headers=owner) as response:
            assert (await response.json())["returned_to"] == 1
        async with http.post(f"{url}/save", headers=owner) as response:
            assert response.status == 409  # nothing here knows how to export


class Poison:
    """Trains towards the target, but away from it, and far, while it is told to."""

    def __init__(self) -> None:
        self.active = False

    def train(self, weights: Vector) -> Vector:
        return weights - np.float32(3) * np.sign(TARGET) if self.active else pull(weights)


@pytest.mark.parametrize("record", [False, True])
async def test_harm_takes_the_run_back_tells_the_owner_and_goes_on(folder: Path, record: bool) -> None:
    """Volunteers ruin the model; nothing but the validation shows it."""
    poison, news = Poison(), list[HarmNews]()
    async with (
        asyncio.timeout(60),
        kept(folder, config=ENDLESS, record=record) as (task, url),
        asyncio.TaskGroup() as group,
    ):
        task.returner = partial(go_back, task)
        task.listen(lambda item: news.append(item) if isinstance(item, HarmNews) else None)
        workers = [group.create_task(Steady(lambda: url, poison.train, seconds=0.01).run()) for _ in range(3)]
        await until(lambda: task.run.best is not None and (task.run.best.result.accuracy or 0) > 0.9)
        best = task.run.best
        assert best is not None
        await until(lambda: read_checkpoint(folder / BEST_FOLDER) is not None)
        for volunteer in task.run.volunteers:
            for _ in range(5):
                task.run.standing.agreed(volunteer.volunteer_id)
        poison.active = True
        await until(lambda: bool(news))
        poison.active = False
        assert task.state is RunState.RUNNING
        assert news[0].version is not None
        assert news[0].version >= best.version
        assert "got worse beyond chance" in news[0].reason
        assert task.run.outcomes[Outcome.ROLLED_BACK] >= 1
        assert all(not task.run.standing.of(each.volunteer_id).established for each in task.run.volunteers), "new again"
        assert [kind for _, kind, _ in task.activity.log()["events"]].count("harm") == 1
        await until(lambda: task.run.latest is not None and (task.run.latest.result.accuracy or 0) > 0.9)
        await task.ask(Stop("enough"))
        await conclude(task)
        for worker in workers:
            worker.cancel()
    check_accounts(task, folder)
    if record:
        await asyncio.to_thread(check_replay, folder, 2)


async def test_harm_to_a_run_that_cannot_go_back_is_told_too(folder: Path) -> None:
    news = list[News]()
    async with asyncio.timeout(30), kept(folder, config=ENDLESS) as (task, _):
        task.listen(news.append)
        await until(lambda: task.run.version > 0)
        await task.ask(Stop("enough"))
        await conclude(task)
        await go_back(task, GoBack(1, "It got worse."))
    assert HarmNews(None, "It got worse.") in news
