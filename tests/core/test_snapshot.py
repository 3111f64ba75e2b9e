"""A run that is taken up again."""

from __future__ import annotations

import json

import pytest

from tests.core.fakes import World, config, only, outcomes
from webnn.core.aftermath import LeaseRecord
from webnn.core.effects import Settle
from webnn.core.errors import WebNNError
from webnn.core.events import Start, Stop
from webnn.core.leases import Outcome
from webnn.core.run import Run
from webnn.core.states import RunState


def crash(world: World, **options: int) -> World:
    """Write the run down, and take it up in a new world."""
    again = World(start=False)
    again.now = world.now
    snapshot = json.loads(json.dumps(world.run.snapshot()))
    again.run = Run.restore(world.run.config, snapshot, world.now, **options)
    return again


def test_restored_run_goes_on_where_it_was() -> None:
    world = World()
    world.join("a")
    for _ in range(3):
        world.merge_once("a")
        world.wait(2)
    before = world.run.status(world.now)
    again = crash(world)
    after = again.run.status(again.now)
    kept = ("state", "version", "iterations", "epochs", "merges", "outcomes", "seconds", "accuracy", "best_accuracy")
    assert {name: getattr(after, name) for name in kept} == {name: getattr(before, name) for name in kept}
    assert again.new("a").version == 4


def test_examples_of_open_leases_are_free_after_a_restart() -> None:
    world = World(stop={"epochs": 1})
    world.new("a")
    again = crash(world)
    again.join("a")
    while (lease := again.ready("a")) is not None:
        again.update(lease)
    assert again.run.state is RunState.FINISHED
    assert again.run.epochs == 1


def test_update_merged_before_the_crash_gets_its_outcome_again() -> None:
    world = World()
    lease = world.new("a")
    world.update(lease)
    again = crash(world)
    again.join("a")
    assert outcomes(again.update(lease)) == [Outcome.MERGED]
    assert again.run.iterations == lease.iterations


def test_update_for_a_lease_from_before_the_crash_is_expired() -> None:
    world = World()
    lease = world.new("a")
    again = crash(world)
    assert again.new("a").lease_id != lease.lease_id
    assert outcomes(again.update(lease)) == [Outcome.EXPIRED]


def test_versions_continue_above_the_highest_ever_handed_out() -> None:
    world = World()
    world.join("a")
    world.merge_once("a")
    again = crash(world, highest_version=9)
    assert again.run.version == 10
    assert again.run.returned_to == 2
    again.join("a")
    again.merge_once("a")
    assert again.run.version == 11
    assert again.run.status(0).staleness == 0


def test_running_time_continues_and_the_crash_does_not_count() -> None:
    world = World(stop={"seconds": 100})
    world.wait(60)
    snapshot = world.run.snapshot()
    run = Run.restore(world.run.config, snapshot, now=1_000.0)
    assert run.seconds(1_010.0) == 70


def test_snapshot_that_is_none_is_refused_in_words() -> None:
    with pytest.raises(WebNNError) as caught:
        Run.restore(config(), {"incarnation": 0})
    assert caught.value.code == "invalid_checkpoint"


def test_what_a_journal_knows_beyond_the_snapshot_is_gone_over() -> None:
    world = World()
    world.join("a")
    world.merge_once("a")
    snapshot = json.loads(json.dumps(world.run.snapshot()))
    world.wait(1)
    merged_later = world.ready("a")
    assert merged_later is not None
    world.update(merged_later)
    still_out = world.ready("a")
    assert still_out is not None
    known = [
        LeaseRecord("0-0", "a", Outcome.MERGED, 2, ended_at=0.0),
        LeaseRecord(merged_later.lease_id, "a", Outcome.MERGED, 3, ended_at=1.0),
        LeaseRecord(still_out.lease_id, "a", None),
    ]
    again = World(start=False)
    again.run = Run.restore(world.run.config, snapshot, 1.0, known=known, incarnation=5, highest_version=3)
    assert again.run.outcomes == {Outcome.MERGED: 1, Outcome.ROLLED_BACK: 1, Outcome.NOT_NEEDED: 1}
    told = only(again.join("a"), Settle)
    assert [(effect.lease_id, effect.outcome) for effect in told] == [(still_out.lease_id, Outcome.NOT_NEEDED)]
    assert outcomes(again.update(merged_later)) == [Outcome.ROLLED_BACK]
    assert outcomes(again.update(still_out)) == [Outcome.NOT_NEEDED]
    lease = again.ready("a")
    assert lease is not None
    assert lease.lease_id.startswith("5-")
    assert not only(again.join("a"), Settle)


def test_volunteers_keep_their_measured_speed() -> None:
    world = World(lease_seconds=4)
    lease = world.new("a", 0.5)
    world.update(lease, seconds=lease.iterations * 0.1)
    again = crash(world)
    assert again.new("a").iterations == world.run._granter.wanted(world.run.volunteers[0], 0, world.now)


def test_restored_run_may_go_on_in_another_state() -> None:
    world = World()
    world.send(Stop("enough"))
    assert world.run.state is RunState.STOPPED
    snapshot = json.loads(json.dumps(world.run.snapshot()))
    run = Run.restore(world.run.config, snapshot, world.now, state=RunState.RUNNING)
    assert run.state is RunState.RUNNING


def test_start_after_a_crash_before_the_first_checkpoint_uses_no_version_twice() -> None:
    run = Run(config(), highest_version=1024, incarnation=1)
    run.handle(Start(), 0.0)
    assert run.version == 1025
