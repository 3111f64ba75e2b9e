"""Settings that change while a run goes on: what they are then, and what becomes of the work that is out."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.fakes import World, config, only, outcomes
from webnn.core import effects as fx
from webnn.core import events as ev
from webnn.core.changing import add_changes, changed_config, describe_changes
from webnn.core.config import ShardSize
from webnn.core.errors import WebNNError
from webnn.core.examples import ExampleLedger
from webnn.core.leases import Outcome
from webnn.core.merging import MergeSpec
from webnn.core.run import Run
from webnn.core.states import RunState


def test_changes_add_up_and_say_what_they_are() -> None:
    before = config(stop={"seconds": 60, "accuracy": 0.9})
    changes = add_changes({"learning_rate": 0.5, "stop": {"seconds": None}}, {"stop": {"epochs": 3}, "batch_size": 20})
    after = changed_config(before, changes)
    assert (after.learning_rate, after.batch_size) == (0.5, 20)
    assert (after.stop.seconds, after.stop.accuracy, after.stop.epochs) == (None, 0.9, 3)
    words = describe_changes(before, after)
    assert words == "learning rate 0.1 → 0.5, batch size 10 → 20, stop at seconds 60 → none, stop at epochs none → 3"
    assert describe_changes(after, after) == ""


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"learning_rat": 1}, 'Did you mean "learning_rate"'),
        ({"batch_size": 0}, "batch_size must be more than 0"),
        ({"stop": {"acuracy": 0.5}}, 'Did you mean "accuracy"'),
        ({"merge": {"wieghted": {}}}, 'Did you mean "weighted"'),
        ({"schedule": {"cosin": {}}}, 'Did you mean "cosine"'),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_happens(changes: dict[str, object], wanted: str) -> None:
    world = World()
    before = json.dumps(world.run.snapshot())
    with pytest.raises(WebNNError, match=wanted):
        world.send(ev.SettingsChanged(changes))
    assert json.dumps(world.run.snapshot()) == before


def test_new_leases_have_the_new_settings_and_old_ones_keep_theirs() -> None:
    world = World()
    old = world.new("a")
    effects = world.send(ev.SettingsChanged({"learning_rate": 0.02, "batch_size": 5}))
    assert [effect.words for effect in only(effects, fx.SettingsApplied)] == [
        "learning rate 0.1 → 0.02, batch size 10 → 5"
    ]
    new = world.new("b")
    assert (old.learning_rate, old.batch_size) == (0.1, 10)
    assert (new.learning_rate, new.batch_size) == (0.02, 5)
    assert outcomes(world.update(old)) == [Outcome.MERGED]
    assert outcomes(world.update(new)) == [Outcome.MERGED]


def test_what_is_so_already_changes_nothing() -> None:
    world = World()
    assert world.send(ev.SettingsChanged({"learning_rate": 0.1, "merge": {"weighted": {}}})) == []


def test_another_rate_goes_through_the_schedule() -> None:
    world = World(stop={"epochs": 2})
    world.send(ev.SettingsChanged({"schedule": "cosine", "learning_rate": 1.0}))
    lease = world.new("a")
    assert lease.learning_rate == pytest.approx(1.0)
    world.update(lease)
    assert 0 < world.run.learning_rate < 1.0


@pytest.mark.parametrize("stop", [{"iterations": 1}, {"seconds": 0.5}, {"epochs": 0.1}])
def test_limit_that_is_passed_already_ends_the_run(stop: dict[str, float]) -> None:
    world = World()
    world.new("a")
    world.wait(1)
    world.update(world.leases["0-0"])
    assert world.run.state is RunState.RUNNING
    world.send(ev.SettingsChanged({"stop": stop}))
    assert world.run.state is RunState.FINISHED


def test_target_that_is_met_already_is_confirmed_and_ends_the_run_with_nobody_there() -> None:
    world = World(validate_every_seconds=0.1)
    world.join("a")
    for _ in range(6):
        world.wait(1)
        world.merge_once("a")
    world.wait(1)
    world.send(ev.Left("a", "", True))
    effects = world.send(ev.SettingsChanged({"stop": {"accuracy": 0.4}}))
    assert [request.whole for request in only(effects, fx.Validate)] == [True]
    assert world.run.state is RunState.FINISHED
    assert world.run.ending is not None
    assert "Accuracy" in world.run.ending.reason


def test_run_that_ends_takes_no_settings() -> None:
    world = World(answers_validation=False)
    world.new("a")
    world.send(ev.Stop("enough"))
    with pytest.raises(WebNNError, match="over, or about to be"):
        world.send(ev.SettingsChanged({"learning_rate": 1}))


def test_work_for_a_rule_that_wants_the_same_is_merged_by_the_next() -> None:
    world = World()
    lease = world.new("a")
    effects = world.send(ev.SettingsChanged({"merge": {"fedbuff": {}}}))
    assert outcomes(effects) == [Outcome.NOT_NEEDED]  # weights are no deltas
    world = World()
    lease = world.new("a")
    effects = world.send(ev.SettingsChanged({"merge": {"average": {}}}))
    assert [effect.strategy.name for effect in only(effects, fx.Adopt)] == ["average"]
    assert outcomes(world.update(lease)) == [Outcome.MERGED]
    assert world.run.status(world.now).merge == "average"


def test_round_that_waits_is_merged_one_by_one_by_a_rule_without_rounds() -> None:
    world = World(merge=MergeSpec("fedavg"))
    first, second = world.new("a"), world.new("b")
    assert outcomes(world.update(first)) == []
    assert outcomes(world.send(ev.SettingsChanged({"merge": {"average": {}}}))) == [Outcome.MERGED]
    assert outcomes(world.update(second)) == [Outcome.MERGED]


def test_round_begins_anew_with_leases_of_its_own() -> None:
    world = World()
    lease = world.new("a")
    effects = world.send(ev.SettingsChanged({"merge": {"fedavg": {}}}))
    (settled,) = only(effects, fx.Settle)
    assert settled.outcome is Outcome.NOT_NEEDED
    assert settled.detail == 'The merge rule changed to "fedavg", which cannot use work for "weighted".'
    again = world.ready("a")
    assert again is not None
    assert again.parts == lease.parts
    assert outcomes(world.update(again)) == [Outcome.MERGED]


def test_merge_under_way_is_done_by_the_rule_that_it_began_with() -> None:
    world = World()
    world.answers_merge = False
    world.update(world.new("a"))
    (merge,) = only(world.log, fx.Merge)
    effects = world.send(ev.SettingsChanged({"merge": {"fedavg": {}}}))
    assert only(effects, fx.Adopt) == []
    assert world.run.strategy.name == "weighted"
    effects = world.send(ev.MergeDone(merge.version))
    kinds = [type(effect) for effect in effects]
    assert kinds.index(fx.Merged) < kinds.index(fx.Adopt)
    assert world.run.strategy.name == "fedavg"


def test_restored_run_keeps_its_settings() -> None:
    world = World(stop={"epochs": 1})
    world.send(ev.SettingsChanged({"merge": {"average": {}}, "stop": {"epochs": 3}, "schedule": "cosine"}))
    snapshot = json.loads(json.dumps(world.run.snapshot()))
    again = Run.restore(world.run.first_config, snapshot)
    assert again.config == world.run.config
    assert again.strategy.name == "average"
    assert snapshot["rule"] == {"average": {}}
    other = Run.restore(world.run.first_config, snapshot, changes={"learning_rate": 0.3})
    assert (other.config.learning_rate, other.config.stop.epochs) == (0.3, 1)


@given(
    limits=st.lists(st.one_of(st.none(), st.integers(1, 350)), min_size=1, max_size=6),
    taken=st.lists(st.integers(1, 60), max_size=6),
)
def test_whatever_the_limits_every_example_up_to_the_last_is_handed_out_once(
    limits: list[int | None], taken: list[int]
) -> None:
    ledger = ExampleLedger([ShardSize("aa", 60), ShardSize("bb", 40)], 7, limits[0])
    done = 0
    for number, limit in enumerate(limits):
        ledger.set_limit(limit)
        for place, count in enumerate(taken):
            parts = ledger.take(f"{number}-{place}", count, 10, 9)
            if parts:
                done += sum(part.num_examples for part in parts)
                ledger.finish(f"{number}-{place}")
        assert ledger.num_done == done
    last = max(400, done + 7)
    ledger.set_limit(last)
    restored = ExampleLedger([ShardSize("aa", 60), ShardSize("bb", 40)], 7, last)
    restored.restore(json.loads(json.dumps(ledger.snapshot())))
    for one in (ledger, restored):
        while one.take("x", 30, 10, 9):
            one.finish("x")
        assert one.num_done == last
        assert one.exhausted
