"""The server answers while a large model is merged: shown by the order of events, not by a clock."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np

from tests.engine.test_local import HeldStrategy
from tests.server.volunteer import hello, update_for
from tests.server.world import FakeValidator, serve
from webnn.engine.local import INLINE_WEIGHTS, LocalEngine

LARGE = INLINE_WEIGHTS + 1


async def test_others_are_answered_while_a_large_model_is_merged(tmp_path: Path) -> None:
    strategy = HeldStrategy()
    weights = np.zeros(LARGE, np.float32)
    engine = LocalEngine(strategy, weights, LARGE)
    validator = FakeValidator(np.ones(LARGE, np.float32))
    async with serve(
        tmp_path, engine=engine, validator=validator, num_weights=LARGE, num_trainable=LARGE, validate_every_seconds=60
    ) as served:
        trainer, other, watcher = await served.peer(), await served.peer(), await served.peer()
        await trainer.join()
        lease = await trainer.lease()
        await other.join()
        other_lease = await other.lease()
        await trainer.send(update_for(lease), np.ones(LARGE, np.float32).tobytes())
        await asyncio.to_thread(strategy.began.wait, 10)

        # the merge is under way, and lasts until this test lets it go on
        assert (await served.json("/api/v1/health"))["status"] == "ok"
        np.testing.assert_array_equal(await other.weights(other_lease), weights)
        await other.send({"type": "ready", "backend": "t", "seconds_per_iteration": None, "version": None})
        assert (await other.expect("lease"))["version"] == 1
        await watcher.send(hello(role="watcher"))
        assert (await watcher.expect("snapshot"))["status"]["merges"] == 0
        poison = np.full(LARGE, np.nan, np.float32)
        assert (await other.update(other_lease, poison))["outcome"] == "invalid"
        assert served.task.run.version == 1

        strategy.go_on.set()
        outcome = await trainer.expect("outcome")
        assert (outcome["outcome"], outcome["version"]) == ("merged", 2)
        np.testing.assert_array_equal(await trainer.weights(outcome), weights + 1)
