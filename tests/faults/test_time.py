"""Clocks that jump, and rooms that empty: on a virtual clock, hours pass at once."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import pytest
from support.steady import Steady

from tests.core.fakes import World, only
from tests.faults.faults import Fault, Injection, provokes
from tests.faults.test_network import check_accounts, until
from tests.faults.world import conclude, kept, pull, run_config
from webnn.core import effects as fx
from webnn.core import events as ev
from webnn.core.leases import Outcome
from webnn.core.run import Run
from webnn.core.states import RunState
from webnn.server.clock import RunClock
from webnn.store import journal
from webnn.store.journal import Journal

HOURS = 3600.0


@provokes(Fault.CLOCK_FORWARD)
def test_clock_that_jumps_forward_costs_leases_and_nothing_else(injected: Injection) -> None:
    world = World(stop={"epochs": 2})
    lease = world.new("a")
    before = world.now
    world.now += 48 * HOURS
    world.send(ev.Tick())
    if world.run.snapshot()["now"] - before >= 48 * HOURS:
        injected.fire(Fault.CLOCK_FORWARD)
    assert world.run.outcomes == {Outcome.EXPIRED: 1}
    assert Outcome.EXPIRED in [effect.outcome for effect in only(world.update(lease), fx.Settle)]
    train_to_the_end(world, "a")


@provokes(Fault.CLOCK_BACK)
def test_clock_that_jumps_back_stands_still_until_it_is_passed(injected: Injection) -> None:
    world = World(stop={"epochs": 2})
    world.wait(100)
    lease = world.new("a")
    world.now -= 99
    if world.now < world.run.snapshot()["now"]:
        injected.fire(Fault.CLOCK_BACK)
    assert only(world.update(lease), fx.Settle)[0].outcome is Outcome.MERGED
    assert world.run.seconds(world.run.snapshot()["now"]) >= 100
    train_to_the_end(world, "a")


@provokes(Fault.CLOCK_FORWARD)
async def test_server_that_slept_for_hours_gives_the_work_out_anew(tmp_path: Path, injected: Injection) -> None:
    """As after the lid of a laptop was opened again: to the run's clock half a day passes between two messages."""
    folder = tmp_path / "test-run"
    async with asyncio.timeout(60), kept(folder) as (task, url), asyncio.TaskGroup() as group:
        slow = group.create_task(Steady(lambda: url, pull, seconds=1000).run())
        await until(lambda: len(task.run._leases.all()) > 0)
        workers = [group.create_task(Steady(lambda: url, pull, seconds=0.01).run()) for _ in range(2)]
        await until(lambda: task.run.num_merges > 5)
        before = task.now
        clock = task._clock
        assert isinstance(clock, RunClock)
        clock._start -= 12 * HOURS
        if task.now - before > 11 * HOURS:
            injected.fire(Fault.CLOCK_FORWARD)
        merged = task.run.num_merges
        await until(lambda: task.run.num_merges > merged + 5)
        assert task.run.outcomes[Outcome.EXPIRED] >= 1
        await conclude(task)
        for worker in (slow, *workers):
            worker.cancel()
    check_accounts(task, folder)


@provokes(Fault.CLOCK_BACK)
async def test_time_of_day_that_is_set_back_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, injected: Injection
) -> None:
    """Each look at the computer's clock shows an hour before the last: it dates what people read, no more."""

    class Backwards(datetime):
        looks = 0

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            cls.looks += 1
            if cls.looks > 1:
                injected.fire(Fault.CLOCK_BACK)
            return datetime.now(tz) - timedelta(hours=cls.looks)

    monkeypatch.setattr(journal, "datetime", Backwards)
    folder = tmp_path / "test-run"
    for life in range(2):
        async with (
            asyncio.timeout(60),
            kept(folder, config=run_config(iterations=1500)) as (task, url),
            asyncio.TaskGroup() as group,
        ):
            worker = group.create_task(Steady(lambda url=url: url, pull, seconds=0.005).run())
            if life == 0:
                while task.run.num_merges <= 3:  # noqa: ASYNC110 (nothing tells of it)
                    await asyncio.sleep(0.01)
            else:
                await conclude(task)
            worker.cancel()
    assert task.run.state is RunState.FINISHED
    assert task.keeper is not None
    with closing(Journal.open(folder)) as opened:
        assert [kind for _, _, kind, _ in opened.events()].count("begin") == 2
    check_accounts(task, folder)


@provokes(Fault.EVERYONE_LEFT)
def test_others_may_come_hours_after_all_have_left(injected: Injection) -> None:
    world = World(stop={"epochs": 2})
    for name in "abc":
        world.new(name)
        world.ready(name)
        world.send(ev.Left(name, "gone", for_good=name != "c"))
    world.wait(9 * HOURS)
    if not world.run.volunteers:
        injected.fire(Fault.EVERYONE_LEFT)
    assert world.run.outcomes.total() == 6
    assert world.run.state is RunState.RUNNING
    world.join("late")
    train_to_the_end(world, "late")


@provokes(Fault.EVERYONE_SILENT)
def test_silence_of_all_ends_their_leases_and_the_next_goes_on(injected: Injection) -> None:
    world = World(stop={"epochs": 2})
    for name in "abc":
        world.new(name)
    for _ in range(100):
        world.wait(60)
    if len(world.run.volunteers) == 3:  # still connected, and not a word
        injected.fire(Fault.EVERYONE_SILENT)
    assert world.run.outcomes == {Outcome.EXPIRED: 3}
    train_to_the_end(world, "a")


def test_crash_during_the_silence_frees_what_was_out() -> None:
    world = World(stop={"epochs": 2})
    for name in "abc":
        world.new(name)
    snapshot = json.loads(json.dumps(world.run.snapshot()))
    again = World(start=False)
    again.run = Run.restore(world.run.config, snapshot, 5 * HOURS)
    again.now = 5 * HOURS
    again.join("d")
    train_to_the_end(again, "d")


def train_to_the_end(world: World, name: str) -> None:
    """One honest volunteer brings any run to its end, each example counted once an epoch."""
    while (lease := world.ready(name)) is not None:
        world.update(lease)
    assert world.run.state is RunState.FINISHED
    assert world.run.epochs == 2
