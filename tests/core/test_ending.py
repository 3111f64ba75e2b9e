"""When a run validates, and how it ends."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.core.fakes import World, only, outcomes, reasons
from webnn.core import effects as fx
from webnn.core import events as ev
from webnn.core.leases import Outcome
from webnn.core.metrics import Validation
from webnn.core.states import RunState, WaitReason
from webnn.core.stopping import StopKind


def train(world: World, seconds: float = 2.0) -> list[fx.Effect]:
    """One lease of volunteer "a", then the time until the next validation is due."""
    effects = world.merge_once("a")
    return effects + world.wait(seconds)


def validations(world: World) -> list[tuple[int, bool]]:
    return [(request.version, request.whole) for request in only(world.log, fx.Validate)]


def test_sample_is_validated_when_there_is_a_new_version_and_time_has_passed() -> None:
    world = World(validate_every_seconds=10)
    world.join("a")
    train(world)
    assert validations(world) == [(1, False)]
    train(world, 8)
    assert validations(world) == [(1, False), (3, False)]
    world.wait(1_000)
    assert len(validations(world)) == 2


def test_sample_is_validated_every_so_many_versions() -> None:
    world = World(validate_every_seconds=1_000, validate_every_versions=2)
    world.join("a")
    for _ in range(5):
        train(world, 0)
    assert validations(world) == [(1, False), (3, False), (5, False)]


def test_only_one_validation_is_asked_for_at_a_time() -> None:
    world = World(answers_validation=False)
    world.join("a")
    train(world)
    train(world)
    assert validations(world) == [(1, False)]


def test_failed_validation_is_asked_for_again_later() -> None:
    world = World(answers_validation=False)
    world.join("a")
    assert not only(world.send(ev.ValidationFailed(1, "it died")), fx.Validate)
    assert only(world.wait(2), fx.Validate)


def test_best_version_is_the_one_with_the_highest_accuracy() -> None:
    world = World()
    scores = {1: 0.1, 2: 0.7, 3: 0.9, 4: 0.8}
    world.accuracy = lambda request: scores[request.version]
    world.join("a")
    for _ in range(3):
        train(world)
    assert world.run.best is not None
    assert world.run.best.version == 3
    assert world.run.latest is not None
    assert world.run.latest.version == 4
    assert world.run.status(0).best_accuracy == 0.9


def test_best_version_of_a_regression_is_the_one_with_the_lowest_loss() -> None:
    world = World(answers_validation=False)
    for version, loss in ((1, 3.0), (2, 1.0), (3, float("nan"))):
        if version > 1:
            world.join("a")
            train(world)
        world.send(ev.Validated(version, False, Validation(loss, None, 20)))
    assert world.run.best is not None
    assert world.run.best.version == 2
    assert world.run.status(0).loss is None


def sampled_best(world: World, whole: dict[int, float]) -> None:
    """Three versions, of which a sample flatters the second; then the owner stops the run."""
    samples = {1: 0.1, 2: 0.95, 3: 0.8}
    world.accuracy = lambda request: (whole if request.whole else samples)[request.version]
    world.join("a")
    for _ in range(2):
        train(world)
    world.send(ev.Stop("enough"))


def test_best_version_of_a_sample_is_validated_whole_at_the_end() -> None:
    world = World()
    sampled_best(world, {2: 0.9, 3: 0.85})
    assert validations(world)[-2:] == [(3, True), (2, True)]
    assert world.run.state is RunState.STOPPED
    assert world.run.best is not None
    assert (world.run.best.version, world.run.best.whole, world.run.best.result.accuracy) == (2, True, 0.9)
    assert world.run.latest is not None
    assert world.run.latest.version == 3


def test_last_version_is_the_best_where_the_whole_split_says_so() -> None:
    world = World()
    sampled_best(world, {2: 0.84, 3: 0.85})
    assert world.run.best is not None
    assert (world.run.best.version, world.run.best.whole, world.run.best.result.accuracy) == (3, True, 0.85)


def test_best_version_that_cannot_be_validated_whole_stays_a_samples() -> None:
    world = World(answers_validation=False)
    world.join("a")
    for version, accuracy in ((1, 0.9), (2, 0.5)):
        world.send(ev.Validated(version, False, Validation(1.0, accuracy, 20)))
        train(world)
    world.send(ev.Validated(3, False, Validation(1.0, 0.5, 20)))
    world.send(ev.Stop("enough"))
    world.send(ev.Validated(3, True, Validation(1.0, 0.5, 50)))
    for _ in range(3):
        assert world.run.state is RunState.RUNNING
        world.send(ev.ValidationFailed(1, "it died"))
    assert world.run.state is RunState.STOPPED
    assert world.run.best is not None
    assert (world.run.best.version, world.run.best.whole) == (1, False)


def test_accuracy_target_needs_the_mean_of_five_and_the_whole_split() -> None:
    world = World(stop={"accuracy": 0.9})
    world.accuracy = lambda request: 0.95 if request.version > 1 else 0.1
    world.join("a")
    for _ in range(4):
        train(world)
    assert world.run.state is RunState.RUNNING
    effects = train(world)
    assert validations(world)[-1] == (6, True)
    assert only(effects, fx.StateChanged)[-1].state is RunState.FINISHED
    assert world.run.ending is not None
    assert world.run.ending.kind is StopKind.ACCURACY
    assert "0.95" in world.run.ending.reason


def test_accuracy_that_the_whole_split_does_not_confirm_lets_the_run_go_on() -> None:
    world = World(stop={"accuracy": 0.9})
    world.accuracy = lambda request: 0.5 if request.whole else 0.95
    world.join("a")
    for _ in range(60):
        train(world)
    assert world.run.state is RunState.RUNNING
    tries = [index for index, (_, whole) in enumerate(validations(world)) if whole]
    gaps = [later - earlier for earlier, later in pairwise(tries)]
    assert len(tries) >= 4
    assert gaps == sorted(gaps)
    assert gaps[0] < gaps[-1] <= 20


def test_loss_target_is_confirmed_too() -> None:
    world = World(stop={"loss": 0.2})
    world.loss = lambda request: 0.1 if request.version > 1 else 2.0
    world.join("a")
    for _ in range(5):
        train(world)
    assert world.run.state is RunState.FINISHED
    assert world.run.ending is not None
    assert world.run.ending.kind is StopKind.LOSS


def test_nothing_merges_while_a_target_is_confirmed_so_that_the_end_is_what_was_confirmed() -> None:
    world = World(stop={"accuracy": 0.9})
    world.accuracy = lambda request: 0.95
    world.join("a")
    for _ in range(4):
        train(world)
    late = world.new("b")
    world.ready("b")
    world.answers_validation = False
    train(world)
    sample = only(world.log, fx.Validate)[-1]
    (whole,) = only(world.send(world.validated(sample)), fx.Validate)
    assert whole.whole
    assert not only(world.update(late), fx.Merge)
    effects = world.send(world.validated(whole))
    assert world.run.version == whole.version
    assert world.run.state is RunState.FINISHED
    assert set(outcomes(effects)) == {Outcome.NOT_NEEDED}


def test_merging_goes_on_when_confirming_takes_too_long() -> None:
    world = World(stop={"accuracy": 0.9})
    world.accuracy = lambda request: 0.95
    world.join("a")
    for _ in range(4):
        train(world)
    world.answers_validation = False
    train(world)
    world.send(world.validated(only(world.log, fx.Validate)[-1]))
    whole = only(world.log, fx.Validate)[-1]
    lease = world.ready("a")
    assert lease is not None
    assert not only(world.update(lease), fx.Merge)
    assert only(world.wait(61), fx.Merge)
    world.send(world.validated(whole))
    assert world.run.state is RunState.RUNNING


def test_target_is_confirmed_after_the_merge_that_was_under_way() -> None:
    world = World(stop={"accuracy": 0.9})
    world.accuracy = lambda request: 0.95
    world.join("a")
    for _ in range(4):
        train(world)
    world.answers_validation = False
    train(world)
    sample = only(world.log, fx.Validate)[-1]
    world.answers_merge = False
    world.merge_once("a")
    assert not only(world.send(world.validated(sample)), fx.Validate)
    assert only(world.send(ev.MergeDone(7)), fx.Validate) == [fx.Validate(7, True, 50)]


def test_sample_as_large_as_the_split_counts_as_whole() -> None:
    world = World(stop={"accuracy": 0.9}, validation_examples=500)
    world.accuracy = lambda request: 0.95 if request.version > 1 else 0.1
    world.join("a")
    for _ in range(5):
        train(world)
    assert world.run.state is RunState.FINISHED
    assert validations(world) == [(version, True) for version in range(1, 7)]
    assert only(world.log, fx.Validate)[0].num_examples == 50


@pytest.mark.parametrize(
    ("stop", "kind"),
    [({"seconds": 5}, StopKind.SECONDS), ({"epochs": 3}, StopKind.EPOCHS), ({"iterations": 25}, StopKind.ITERATIONS)],
)
def test_limit_ends_the_run_with_its_last_version_validated_whole(stop: dict[str, float], kind: StopKind) -> None:
    world = World(stop=stop)
    world.join("a")
    while world.ready("a") is not None:
        for lease in list(world.leases.values()):
            world.update(lease)
        world.wait(1)
    assert world.run.ending is not None
    assert world.run.ending.kind is kind
    assert world.run.state is RunState.FINISHED
    assert world.run.latest is not None
    assert (world.run.latest.version, world.run.latest.whole) == (world.run.version, True)
    assert world.run.status(world.now).progress == 1


def test_open_leases_are_not_needed_when_the_run_ends() -> None:
    world = World(stop={"seconds": 10})
    lease = world.new("a")
    assert outcomes(world.wait(10)) == [Outcome.NOT_NEEDED]
    assert outcomes(world.update(lease)) == [Outcome.NOT_NEEDED]
    assert reasons(world.send(ev.Ready("a", "cpu", None))) == [WaitReason.FINISHED]


def test_merge_under_way_at_the_end_still_counts() -> None:
    world = World(stop={"seconds": 10})
    lease = world.new("a")
    world.answers_merge = False
    world.update(lease)
    assert not outcomes(world.wait(10))
    assert world.run.state is RunState.RUNNING
    world.now += 5
    assert world.run.seconds(world.now) == 10
    assert outcomes(world.send(ev.MergeDone(2))) == [Outcome.MERGED]
    assert world.run.state is RunState.FINISHED
    assert validations(world)[-1] == (2, True)


def test_owner_stops_the_run_after_a_last_validation() -> None:
    world = World()
    world.new("a")
    effects = world.send(ev.Stop("Ctrl-C"))
    assert outcomes(effects) == [Outcome.NOT_NEEDED]
    assert only(effects, fx.Validate) == [fx.Validate(1, True, 50)]
    assert only(effects, fx.StateChanged) == [fx.StateChanged(RunState.STOPPED, "Ctrl-C")]


def test_stop_does_not_wait_for_ever_for_its_validation() -> None:
    world = World()
    world.new("a")
    world.answers_validation = False
    effects = world.send(ev.Stop("Ctrl-C"))
    assert only(effects, fx.Wake)[-1].at == 60
    assert world.run.closing
    world.wait(60)
    assert world.run.state is RunState.STOPPED
    assert not world.send(ev.Validated(1, False, Validation(1.0, 0.5, 20)))


def test_second_stop_ends_at_once() -> None:
    world = World(answers_validation=False)
    world.send(ev.Stop("Ctrl-C"))
    assert world.run.state is RunState.RUNNING
    world.send(ev.Stop("Ctrl-C again"))
    assert world.run.state is RunState.STOPPED


def test_last_validation_is_tried_three_times() -> None:
    world = World(stop={"seconds": 10}, answers_validation=False)
    world.send(ev.ValidationFailed(1, "it died"))
    world.wait(2)
    world.send(ev.ValidationFailed(1, "it died"))
    effects = world.wait(8)
    assert only(effects, fx.Validate) == [fx.Validate(1, True, 50)]
    for _ in range(3):
        assert world.run.state is RunState.RUNNING
        world.send(ev.ValidationFailed(1, "it died"))
    assert world.run.state is RunState.FINISHED


def test_run_that_never_started_stops_at_once() -> None:
    world = World(start=False)
    world.send(ev.Stop("changed my mind"))
    assert world.run.state is RunState.STOPPED


def test_paused_run_can_be_stopped() -> None:
    world = World()
    world.send(ev.Pause("lunch"))
    world.send(ev.Stop("home"))
    assert world.run.state is RunState.STOPPED


def test_run_asks_to_be_woken_when_a_validation_or_its_end_is_due() -> None:
    world = World(validate_every_seconds=10, stop={"seconds": 25})
    assert only(world.log, fx.Wake)[-1].at == 25
    world.join("a")
    world.merge_once("a")
    assert only(world.log, fx.Wake)[-1].at == 10
    world.wait(10)
    assert validations(world) == [(1, False), (2, False)]
    assert only(world.log, fx.Wake)[-1].at == 25
