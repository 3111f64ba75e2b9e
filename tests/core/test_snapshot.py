"""A run that is taken up again."""

from __future__ import annotations

import json

import pytest

from tests.core.fakes import World, config, outcomes
from webnn.core.errors import WebNNError
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
    assert again.run.version == 2
    again.join("a")
    again.merge_once("a")
    assert again.run.version == 10
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
