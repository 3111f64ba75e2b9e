"""A served run that is kept in a folder, and can be started again from it: real sockets and files, no Node."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from aiohttp import web

from tests.server.world import CONFIG, INFO, LIMITS, TARGET, FakeShards, FakeValidator
from webnn.core.config import RunConfig, StopConditions
from webnn.core.errors import WebNNError
from webnn.core.events import Start, Vector
from webnn.model.definition import CheckpointPlan
from webnn.server.app import create_app
from webnn.server.config import Limits, ServerConfig
from webnn.server.insight import Insight
from webnn.server.keys import RUNS
from webnn.server.resuming import take_up
from webnn.server.run_task import RunTask

PLAN = CheckpointPlan(every_seconds=0.05, keep=2)
QUICK = replace(LIMITS, hello_seconds=2.0)


def run_config(**changes: Any) -> RunConfig:
    """Make the settings of a run of a few hundred updates; examples are few, so that epochs pass."""
    stop = StopConditions(iterations=changes.pop("iterations", 1000))
    return replace(CONFIG, stop=stop, validate_every_seconds=0.2, reconnect_seconds=0.5, **changes)


def pull(weights: Vector) -> Vector:
    """Move weights a tenth of the way to where the fake validator finds them best."""
    return weights + np.float32(0.1) * (TARGET - weights)


@asynccontextmanager
async def kept(
    folder: Path,
    *,
    config: RunConfig | None = None,
    plan: CheckpointPlan = PLAN,
    port: int = 0,
    limits: Limits = QUICK,
    record: bool = False,
    validator: FakeValidator | None = None,
    insight: Insight | None = None,
) -> AsyncIterator[tuple[RunTask, str]]:
    """Serve the run in `folder`, from its beginning or from where it was left; the task and the run's address."""
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 (before anything is served)
    config = config or run_config()
    taken = take_up(folder, config, np.zeros(config.num_weights, np.float32), plan=plan, record=record)
    task = RunTask(
        *(INFO, taken.run, taken.engine, validator or FakeValidator(), FakeShards()),
        clock=taken.clock,
        limits=limits,
        keeper=taken.keeper,
    )
    task.insight = insight
    taken.furnish(task)
    app = create_app(ServerConfig(folder.parent, limits=limits))
    app[RUNS].add(task)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    assert site._server is not None
    found = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    task.post(Start())
    try:
        yield task, f"http://127.0.0.1:{found}/api/v1/runs/{INFO.id}"
    finally:
        await runner.cleanup()


async def conclude(task: RunTask) -> None:
    """Wait for the end of a run, keep it, and let its volunteers go."""
    await task.wait_over()
    assert task.keeper is not None
    with suppress(OSError, WebNNError):
        await task.keeper.checkpoint()
    task.audience.close_volunteers("finished", task.reason)
    await asyncio.sleep(0)
