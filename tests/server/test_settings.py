"""Changing a run's settings and its notes over HTTP, and what of all that a restart finds."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
from support.steady import Steady

from tests.faults.test_network import check_accounts, until
from tests.faults.world import conclude, kept, pull, run_config
from tests.server.test_looks import FakePredictor, built, dataset
from tests.server.world import INFO, TARGET, serve
from webnn.core.events import SettingsChanged, Stop, Vector
from webnn.server.insight import Insight
from webnn.server.replaying import replay_run
from webnn.server.rolling_back import roll_back
from webnn.server.run_task import RunTask
from webnn.server.still import past_run
from webnn.store.checkpoint import list_checkpoints

ENDLESS = run_config(iterations=10_000_000)
SETTINGS = "/api/v1/runs/test-run/settings"


def nudge(weights: Vector) -> Vector:
    """Answer with numbers that stay small, whether a rule takes them for weights, a change of them, or a gradient."""
    return np.float32(0.01) * (TARGET - weights)


async def merge_more(task: RunTask) -> None:
    merged = task.run.num_merges
    await until(lambda: task.run.num_merges > merged + 3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / INFO.id
    folder.mkdir()
    (folder / "config.json").write_text('{"model": {}}')
    return folder


async def test_owner_changes_settings_and_everyone_may_read_them(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        peer = await served.peer()
        await peer.join()
        first = await peer.lease()
        assert (await served.post("/settings", json={"learningRate": 0.02}))[0] == 401
        change = {"learningRate": 0.02, "batchSize": 5, "merge": "fedasync", "stop": {"epochs": 7}}
        status, answer = await served.post("/settings", json=change, headers=served.owner)
        assert status == 200, answer
        assert (answer["changes"], answer["learning_rate"]) == (1, 0.02)
        shown = await served.json(SETTINGS)
        assert shown["settings"]["learningRate"] == 0.02
        assert shown["settings"]["merge"] == {"fedasync": {}}
        assert shown["settings"]["stop"] == {
            "accuracy": 0.99, "loss": None, "seconds": None, "epochs": 7, "iterations": None,
        }  # fmt: skip
        assert "fedavg" in shown["rules"]
        (row,) = shown["changes"]
        assert row["words"] == (
            "learning rate 0.1 → 0.02, batch size 10 → 5, merge rule average → fedasync, stop at epochs none → 7"
        )
        assert (await peer.update(first, TARGET))["outcome"] == "merged"
        second = await peer.lease()
        assert (second["learning_rate"], second["batch_size"]) == (0.02, 5)
        events = await served.json("/api/v1/runs/test-run/events")
        assert any(kind == "settings" and row["words"] in words for _, kind, words in events["events"])
        late = await served.peer()
        assert (await late.join())["training"]["batch_size"] == 5


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ({"learningRatte": 1}, 'learningRatte (value 1) is not a known key. Did you mean "learningRate"?'),
        ({"learningRate": 0}, "learningRate is 0, but it must be a number of more than 0."),
        ({"batchSize": 2.5}, "batchSize is 2.5, but it must be a whole number"),
        ({"stop": {"acuracy": 1}}, 'stop.acuracy (value 1) is not a known key. Did you mean "accuracy"?'),
        ({"merge": "wieghted"}, 'Did you mean "weighted"?'),
        ({"merge": {"fedbuff": {"siz": 3}}}, 'merge.fedbuff.siz (value 3) is not a known key. Did you mean "size"?'),
        ({"validation": {"everySeconds": -1}}, "validation.everySeconds is -1"),
        ({"schedule": {"cosine": {"epoch": 2}}}, "schedule"),
        ({}, "The body is a JSON object"),
        ([], "The body is a JSON object"),
    ],
)
async def test_mistakes_are_named_with_their_path(tmp_path: Path, body: Any, wanted: str) -> None:
    async with serve(tmp_path) as served:
        status, answer = await served.post("/settings", json=body, headers=served.owner)
        assert status == 400
        assert wanted in answer["error"]["message"]
        assert (await served.json(SETTINGS))["changes"] == []


@pytest.mark.parametrize(
    "text", ["{", "NaN", '{"learningRate": NaN}', '{"learningRate": 1e999}', '{"learningRate": "1"}']
)
async def test_what_is_no_number_is_refused(tmp_path: Path, text: str) -> None:
    async with serve(tmp_path) as served:
        assert (await served.post("/settings", data=text, headers=served.owner))[0] == 400


async def test_run_that_is_over_takes_no_settings(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        await served.task.ask(Stop("enough"))
        await served.task.wait_over()
        assert (await served.post("/settings", json={"batchSize": 3}, headers=served.owner))[0] == 409


async def test_stop_condition_that_is_met_already_ends_the_run(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        peer = await served.peer()
        await peer.join()
        assert (await peer.update(await peer.lease(), TARGET * 0.5))["outcome"] == "merged"
        status, _ = await served.post("/settings", json={"stop": {"iterations": 1}}, headers=served.owner)
        assert status == 200
        async with asyncio.timeout(10):
            await served.task.wait_over()
        assert served.task.state == "finished"


async def test_notes_are_the_owners_to_write_and_everyones_to_read(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        notes = f"{served.base}/notes"
        assert (await served.json("/api/v1/runs/test-run/notes")) == {"text": ""}
        async with served.http.put(notes, json={"text": "mine"}) as response:
            assert response.status == 401
        for body, status in (
            ({"text": 5}, 400),
            ({"text": "x" * 20_001}, 400),
            ({"text": "<b>So far</b> so good"}, 200),
        ):
            async with served.http.put(notes, json=body, headers=served.owner) as response:
                assert response.status == status
        assert (await served.json("/api/v1/runs/test-run/notes")) == {"text": "<b>So far</b> so good"}


async def test_restart_finds_settings_notes_log_volunteers_histograms_and_the_block_list(folder: Path) -> None:
    async with asyncio.timeout(60), kept(folder, config=ENDLESS) as (task, url), asyncio.TaskGroup() as group:
        worker = group.create_task(Steady(lambda: url, pull, seconds=0.01).run())
        await until(lambda: task.run.num_merges > 3)
        await task.ask(SettingsChanged({"learning_rate": 0.03, "merge": {"fedasync": {}}}))
        task.memory.write_notes("look at version 9")
        await until(lambda: task.run.num_merges > 6)
        task.memory.block("somebody")
        log, rows = task.activity.log(), task.activity.volunteers(task.run)
        worker.cancel()
    async with asyncio.timeout(60), kept(folder, config=ENDLESS) as (task, url), asyncio.TaskGroup() as group:
        assert task.run.learning_rate == 0.03
        assert task.run.strategy.name == "fedasync"
        assert task.memory.notes == "look at version 9"
        assert [change["words"] for change in task.memory.changes] == [
            "learning rate 0.1 → 0.03, merge rule average → fedasync"
        ]
        assert task.blocked == {"somebody"}
        again = task.activity.log()
        assert again["events"][: len(log["events"])] == log["events"]
        assert again["count"] >= log["count"]
        (volunteer,) = task.activity.volunteers(task.run)
        assert volunteer["label"] == rows[0]["label"] == "#1"
        assert volunteer["examples"] >= rows[0]["examples"] > 0
        worker = group.create_task(Steady(lambda: url, pull, seconds=0.01).run())
        await until(lambda: any(row["label"] == "#2" and row["examples"] for row in task.activity.volunteers(task.run)))
        worker.cancel()


async def test_histograms_outlive_the_server(folder: Path) -> None:
    insight = Insight(built(), dataset(), FakePredictor(), lambda: 0.0)
    async with asyncio.timeout(30), kept(folder) as (task, _):
        task.insight = insight
        await until(lambda: insight.histograms.as_dict()["moments"] != [])
    moments = insight.histograms.as_dict()["moments"]
    fresh = Insight(built(), dataset(), FakePredictor(), lambda: 0.0)
    async with asyncio.timeout(30), kept(folder, insight=fresh):
        assert fresh.histograms.as_dict()["moments"] == moments


async def test_recorded_run_whose_settings_changed_replays_to_the_same_weights(folder: Path) -> None:
    rules: list[dict[str, Any]] = [
        {"merge": {"fedbuff": {"size": 2}}},
        {"merge": {"fedavg": {}}, "batch_size": 20},
        {"merge": {"dc-asgd": {}}, "learning_rate": 0.05},
        {"merge": {"copy": {}}, "schedule": {"cosine": {"iterations": 10000}}},
        {"merge": {"average": {}}},
    ]
    for life in range(2):
        async with (
            asyncio.timeout(60),
            kept(folder, config=ENDLESS, record=True) as (task, url),
            asyncio.TaskGroup() as group,
        ):
            workers = [group.create_task(Steady(lambda: url, nudge, seconds=0.01).run()) for _ in range(3)]
            for change in rules:
                await merge_more(task)
                await task.ask(SettingsChanged(change))
            if life == 0:
                assert task.keeper is not None
                await task.keeper.checkpoint()
                target = max(list_checkpoints(folder / "checkpoint"))
                task.keeper.plan = replace(task.keeper.plan, every_seconds=60, keep=50)  # so that it stays
                await merge_more(task)
                await task.ask(SettingsChanged({"merge": {"fedbuff": {"size": 3}}}))
                await roll_back(task, target)
                assert task.run.strategy.name == "fedbuff"
                await merge_more(task)
            else:
                await task.ask(Stop("enough"))
                await conclude(task)
            for worker in workers:
                worker.cancel()
    check_accounts(task, folder)
    replay = await asyncio.to_thread(replay_run, folder)
    assert replay.difference is None
    assert replay.lives == 3
    assert replay.merges > 30


async def test_change_is_on_the_disk_when_it_is_answered(folder: Path) -> None:
    async with asyncio.timeout(30), kept(folder) as (task, url):
        async with aiohttp.ClientSession() as http:
            token = (folder.parent / "owner-token").read_text().strip()
            headers = {"Authorization": f"Bearer {token}"}
            async with http.post(f"{url}/settings", json={"batchSize": 7}, headers=headers) as response:
                assert response.status == 200
        assert task.keeper is not None
        assert task.keeper.journal.fact("settings") == {"batch_size": 7}


async def test_run_of_the_past_still_shows_its_notes(folder: Path) -> None:
    async with asyncio.timeout(30), kept(folder) as (task, _):
        task.memory.write_notes("kept for good")
    (folder / "config.json").write_text('{"model": {}, "seed": 1, "created": "2020"}')
    past = past_run(folder)
    assert past is not None
    assert past.notes == "kept for good"
