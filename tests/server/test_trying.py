"""A served run tries updates on held-out examples, records what comes out, and drops it when it is taken back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from support.steady import Steady

from tests.faults.test_network import check_accounts, until
from tests.faults.world import conclude, kept, pull, run_config
from tests.server.world import INFO, FakeValidator
from webnn.core import judging
from webnn.core.errors import WebNNError
from webnn.core.events import Stop, Vector
from webnn.core.frames import Buffer
from webnn.core.leases import Lease
from webnn.core.metrics import Validation
from webnn.server.jobs import APPRAISED_AS_VERSION
from webnn.server.keeping import CHECKPOINT_FOLDER
from webnn.server.replaying import replay_run
from webnn.server.rolling_back import roll_back
from webnn.server.run_task import RunTask
from webnn.store.checkpoint import list_checkpoints
from webnn.store.recording import recordings

CHECKED = run_config(iterations=10_000_000, replay_share=1.0)


class Trainer(FakeValidator):
    """Trains leases again as the volunteers do, and notes what it is asked to try; `hold` keeps such answers back."""

    def __init__(self) -> None:
        super().__init__()
        self.tried: list[tuple[Vector, int | None]] = []
        self.hold: asyncio.Event | None = None
        self.breaks = False

    async def validate(self, weights: Buffer, num_examples: int | None, version: int) -> Validation:
        if version == APPRAISED_AS_VERSION:
            self.tried.append((np.frombuffer(weights, np.float32).copy(), num_examples))
            if self.hold is not None:
                await self.hold.wait()
            if self.breaks:
                raise WebNNError("evaluator_failed", "It died.")
        return await super().validate(weights, num_examples, version)

    async def replay(
        self, lease: Lease, weights: Buffer, frames: Mapping[str, Buffer]
    ) -> tuple[tuple[Vector, ...], float]:
        return (pull(np.frombuffer(weights, np.float32)),), 0.001


@pytest.fixture(autouse=True)
def nothing_is_short_enough_to_be_replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once it is known how long a replay takes, every check is a trial."""
    monkeypatch.setattr(judging, "REPLAY_SECONDS", 0.0)


@asynccontextmanager
async def training(folder: Path, validator: Trainer) -> AsyncIterator[RunTask]:
    """A recorded run with three volunteers, in a new folder; stopped at the end, it has to replay identically."""
    folder.mkdir()  # noqa: ASYNC240 (before anything is served)
    (folder / "config.json").write_text('{"model": {}}')
    served = kept(folder, config=CHECKED, record=True, validator=validator)
    async with asyncio.timeout(60), served as (task, url), asyncio.TaskGroup() as group:
        workers = [group.create_task(Steady(lambda: url, pull, seconds=0.01).run()) for _ in range(3)]
        yield task
        await task.ask(Stop("enough"))
        await conclude(task)
        for worker in workers:
            worker.cancel()
    replay = await asyncio.to_thread(replay_run, folder)
    assert replay.difference is None
    assert replay.merges > 0


async def test_updates_are_tried_and_the_recording_replays_identically(tmp_path: Path) -> None:
    validator, folder = Trainer(), tmp_path / INFO.id
    async with training(folder, validator):
        await until(lambda: len(validator.tried) > 12)
    (before, num_examples), (after, _) = validator.tried[:2]
    assert num_examples == CHECKED.validation_examples
    np.testing.assert_allclose(after, pull(before), rtol=1e-5)
    assert recordings(folder)[0].read_bytes().count(b"Tried") >= 5


async def test_an_answer_after_a_roll_back_is_dropped_and_one_that_cannot_be_had_says_nothing(tmp_path: Path) -> None:
    validator, folder = Trainer(), tmp_path / INFO.id
    async with training(folder, validator) as task:
        assert task.keeper is not None
        await until(lambda: len(validator.tried) > 2)
        await task.keeper.checkpoint()
        target = max(list_checkpoints(folder / CHECKPOINT_FOLDER))
        validator.hold = asyncio.Event()
        held = len(validator.tried)
        await until(lambda: len(validator.tried) > held)
        assert await roll_back(task, target) == target
        validator.hold.set()
        validator.hold = None
        for breaks in (True, False):
            validator.breaks = breaks
            tried = len(validator.tried)
            await until(lambda tried=tried: len(validator.tried) > tried + 1)
        assert task.failure is None
    check_accounts(task, folder)
