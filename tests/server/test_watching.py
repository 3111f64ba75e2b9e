from __future__ import annotations

import asyncio
import math
from pathlib import Path

from tests.server.test_api import STATUS_KEYS
from tests.server.volunteer import hello
from tests.server.world import INFO, NUM_WEIGHTS, TARGET, serve
from webnn.core.config import StopConditions


async def test_watcher_gets_everything_once_and_then_what_is_new(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        peer = await served.peer()
        await peer.join()
        await peer.update(await peer.lease(), TARGET / 2)
        watcher = await served.peer()
        await watcher.send(hello(role="watcher"))
        snapshot = await watcher.expect("snapshot")
        assert snapshot["run"] == INFO.head
        assert snapshot["status"].keys() == STATUS_KEYS
        assert len(snapshot["history"]["training"]) == 1
        await peer.update(await peer.lease(), TARGET / 2)
        training: list[list[object]] = []
        validation: list[list[object]] = snapshot["history"]["validation"]
        while not training or len(validation) < 2:
            live = await watcher.expect("live")
            assert live["status"].keys() == STATUS_KEYS
            training += live["training"]
            validation += live["validation"]
        assert [point[1] for point in training] == [served.task.run.iterations]
        assert len({point[1] for point in validation}) == len(validation), "no point comes twice"
        assert live["status"]["volunteers"] == 1


async def test_volunteer_gets_a_welcome_a_snapshot_and_live_news(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        peer = await served.peer()
        welcome = await peer.join()
        assert welcome["model"] == INFO.model
        assert welcome["dataset"] == INFO.dataset
        assert welcome["training"] == INFO.training
        assert welcome["weights"] == {"version": 1, "hash": served.task.current.hash, "iterations": 0}
        assert welcome["limits"]["max_frame_bytes"] > 4 * NUM_WEIGHTS
        assert welcome["state"] == "running"
        assert len(welcome["volunteer_id"]) == 32
        await peer.expect("snapshot")
        assert (await peer.expect("live"))["status"]["volunteers"] == 1


async def test_volunteers_that_wait_for_the_start_are_served_when_it_comes(tmp_path: Path) -> None:
    async with serve(tmp_path, start=False) as served:
        from webnn.core.events import Start

        peer = await served.peer()
        await peer.join()
        await peer.send({"type": "ready", "backend": "t", "seconds_per_iteration": None, "version": None})
        assert (await peer.expect("wait"))["reason"] == "not_started"
        served.task.post(Start())
        assert (await peer.expect("lease"))["version"] == 1


async def test_server_that_shuts_down_says_when_to_come_back(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        peer, watcher, stranger = await served.peer(), await served.peer(), await served.peer()
        await peer.join()
        await watcher.send(hello(role="watcher"))
        await watcher.expect("snapshot")
        stopping = asyncio.create_task(served.stop())
        for one in (peer, watcher, stranger):
            assert (await one.closed()).code == 1001
            assert one.heard[-1]["code"] == "going_away"
            assert one.heard[-1]["reconnect_seconds"] > 0
        await asyncio.wait_for(stopping, 5)


async def test_server_that_shuts_down_after_the_end_says_finished(tmp_path: Path) -> None:
    async with serve(tmp_path, stop=StopConditions(iterations=1)) as served:
        peer, watcher = await served.peer(), await served.peer()
        await watcher.send(hello(role="watcher"))
        await peer.join()
        await peer.update(await peer.lease(), TARGET)
        await served.task.wait_over()
        assert (await watcher.expect("state"))["state"] == "finished"
        stopping = asyncio.create_task(served.stop())
        assert (await watcher.closed()).code == 1000
        assert watcher.heard[-1]["reconnect_seconds"] is None
        await stopping


async def test_losses_that_are_not_finite_travel_as_nothing(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        watcher, peer = await served.peer(), await served.peer()
        await peer.join()
        await watcher.send(hello(role="watcher"))
        served.validator.loss = math.inf
        await peer.update(await peer.lease(), TARGET / 2)
        while not (points := (await watcher.expect("live"))["validation"]):
            pass
        assert points[-1][3] is None
        assert (await served.json("/api/v1/runs/test-run/metrics"))["validation"]
