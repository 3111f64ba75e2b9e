"""How the server fares over time."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from tests.server.volunteer import hello
from tests.server.world import TARGET, serve
from webnn.server.vitals import LEAST_SECONDS, Vitals


def test_points_are_not_too_near_and_those_that_are_known_are_not_sent_again() -> None:
    vitals = Vitals()
    for tenth in range(100):
        vitals.sample(tenth / 10, tenth, 1000 * tenth, None, 0)
    everything = vitals.since(0)
    times = [point[0] for point in everything["points"]]
    assert all(later - sooner >= LEAST_SECONDS for sooner, later in pairwise(times))
    assert len(times) == everything["count"] == 10 / LEAST_SECONDS
    assert vitals.since(3)["points"] == everything["points"][3:]
    assert vitals.since(5) == {"count": 5, "points": []}


def test_a_page_that_knew_another_server_gets_all_points() -> None:
    vitals = Vitals()
    vitals.sample(0, 0, 0, 5, 1)
    assert vitals.since(70) == {"count": 1, "points": [[0, 0, 0, 5, 1]]}


def test_memory_stays_flat_in_a_long_run() -> None:
    vitals = Vitals()
    for step in range(20_000):
        vitals.sample(LEAST_SECONDS * step, step, step, 1, 0)
    assert vitals.since(0)["count"] == 20_000
    assert len(vitals.since(0)["points"]) <= 1000


async def test_the_api_tells_of_merges_and_bytes(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        peer = await served.peer()
        await peer.join()
        assert (await peer.update(await peer.lease(), TARGET * 0.5))["outcome"] == "merged"
        path = "/api/v1/runs/test-run/vitals"
        served.task.vitals.sample(1e6, 1, served.task.traffic.bytes_in, 1 << 21, 0)
        seconds, merges, traffic, memory, queue = (await served.json(path))["points"][-1]
        assert (seconds, merges, memory, queue) == (1e6, 1, 1 << 21, 0)
        assert traffic > 0
        response, _ = await served.get(f"{path}?since=x")
        assert response.status == 400


async def test_the_run_notes_how_it_fares_as_it_goes(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        watcher = await served.peer()
        await watcher.send(hello(role="watcher"))
        await watcher.expect("live")
        [[seconds, merges, traffic, memory, queue], *_] = served.task.vitals.since(0)["points"]
        assert seconds >= 0
        assert merges == 0
        assert traffic >= 0
        assert memory is None or memory > 1 << 20
        assert queue >= 0
