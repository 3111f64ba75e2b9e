"""What a run does about each thing that can happen, on a virtual clock."""

from __future__ import annotations

import numpy as np
import pytest

from tests.core.fakes import World, only, outcomes, reasons
from webnn.core import effects as fx
from webnn.core import events as ev
from webnn.core.errors import WebNNError
from webnn.core.leases import Outcome
from webnn.core.merging.base import MergeSpec
from webnn.core.metrics import TrainingMetrics, Verdict
from webnn.core.run import Run
from webnn.core.schedule import parse_schedule
from webnn.core.states import RunState, WaitReason


def test_start_publishes_version_one_and_validates_it() -> None:
    world = World(start=False)
    effects = world.send(ev.Start())
    assert world.run.state is RunState.RUNNING
    assert only(effects, fx.Publish) == [fx.Publish(1, 0)]
    assert only(effects, fx.Validate) == [fx.Validate(1, False, 20)]


def test_volunteer_that_asks_before_the_start_is_served_at_the_start() -> None:
    world = World(start=False)
    world.join("a")
    effects = world.send(ev.Ready("a", "cpu", None))
    assert reasons(effects) == [WaitReason.NOT_STARTED]
    assert len(only(world.send(ev.Start()), fx.Grant)) == 1


def test_lease_holds_whole_batches_and_says_how_many() -> None:
    lease = World().new("a")
    assert lease.num_examples == lease.iterations * lease.batch_size == 100
    assert sum(part.num_examples for part in lease.parts) == 100
    assert lease.version == 1
    assert 0 <= lease.seed < 2**32


def test_lease_takes_about_lease_seconds_on_the_device() -> None:
    world = World(lease_seconds=4)
    assert world.new("phone", 0.5).iterations == 8
    assert world.new("desktop", 0.04).iterations == 100


def test_lease_of_a_fast_device_spans_several_passes() -> None:
    lease = World(lease_seconds=3).new("gpu", 0.01)
    assert lease.num_examples == 3_000
    assert {part.shard for part in lease.parts} == {"aa", "bb"}
    assert len(lease.parts) == 60


def test_leases_grow_and_shrink_step_by_step_with_the_measured_speed() -> None:
    world = World(lease_seconds=3)
    lease = world.new("a")
    assert lease.iterations == 10
    sizes = []
    for seconds_per_iteration in (0.01, 0.01, 0.01, 10, 10, 10):
        world.update(lease, seconds=lease.iterations * seconds_per_iteration)
        granted = world.ready("a")
        assert granted is not None
        lease = granted
        sizes.append(lease.iterations)
    assert sizes == [20, 40, 80, 20, 5, 1]


def test_volunteers_word_alone_does_not_buy_an_endless_lease() -> None:
    assert World().new("liar", 1e-9).iterations <= 1_000


def test_merged_update_makes_a_version_and_settles_its_lease() -> None:
    world = World()
    lease = world.new("a")
    effects = world.update(lease)
    assert only(effects, fx.Publish) == [fx.Publish(2, 10)]
    assert only(effects, fx.Settle) == [fx.Settle("a", lease.lease_id, Outcome.MERGED, True, None)]
    assert only(effects, fx.Merged) == [
        fx.Merged(2, lease.lease_id, "a", 10, 100, 0, TrainingMetrics(0.5, 0.9)),
    ]
    assert (world.run.version, world.run.iterations, world.run.num_merges, world.run.epochs) == (2, 10, 1, 1.0)


def test_version_is_published_before_the_outcome_that_names_it() -> None:
    world = World()
    effects = world.update(world.new("a"))
    kinds = [type(effect) for effect in effects if isinstance(effect, fx.Publish | fx.Settle)]
    assert kinds == [fx.Publish, fx.Settle]


def test_lone_volunteers_weights_are_taken_whole() -> None:
    world = World()
    (merge,) = only(world.update(world.new("a")), fx.Merge)
    assert merge.contributions[0].whole


def test_weights_are_not_taken_whole_while_another_volunteer_trains() -> None:
    world = World()
    lease = world.new("a")
    world.new("b")
    effects = world.update(lease)
    assert not only(effects, fx.Merge)[0].contributions[0].whole
    assert not only(effects, fx.Settle)[0].whole


def test_weights_from_an_old_version_are_not_taken_whole() -> None:
    world = World()
    first, second = world.new("a"), world.ready("a")
    assert second is not None
    world.update(first)
    (merge,) = only(world.update(second, base=1), fx.Merge)
    assert not merge.contributions[0].whole
    assert merge.contributions[0].staleness == 1


def test_staleness_counts_merges_since_the_base() -> None:
    world = World()
    slow = world.new("slow")
    world.join("fast")
    for _ in range(3):
        world.merge_once("fast")
    effects = world.update(slow)
    assert only(effects, fx.Merged)[0].staleness == 3
    assert world.run.status(world.now).staleness == pytest.approx(3 / 4)


def test_merge_rule_is_told_the_iterations_before_and_after() -> None:
    world = World()
    slow = world.new("slow")
    world.join("fast")
    world.merge_once("fast")
    (merge,) = only(world.update(slow), fx.Merge)
    contribution = merge.contributions[0]
    assert merge.iterations_before == 10
    assert (contribution.base_iterations, contribution.iterations, contribution.position) == (0, 10, 10)
    assert merge.iterations == 10
    assert world.run.iterations == 20


def test_only_one_merge_is_asked_for_at_a_time() -> None:
    world = World()
    leases = [world.new(name) for name in "abc"]
    world.answers_merge = False
    merges = [merge for lease in leases for merge in only(world.update(lease), fx.Merge)]
    assert [merge.version for merge in merges] == [2]
    merges = only(world.send(ev.MergeDone(2)), fx.Merge)
    assert [merge.version for merge in merges] == [3]


def test_volunteer_trains_one_lease_and_holds_the_next_but_no_third() -> None:
    world = World()
    first = world.new("a")
    assert world.ready("a") is not None
    effects = world.send(ev.Ready("a", "cpu", None))
    assert reasons(effects) == [WaitReason.TOO_MANY_LEASES]
    assert len(only(world.update(first), fx.Grant)) == 1


def test_duplicate_of_a_merged_update_gets_its_first_outcome_again_and_counts_once() -> None:
    world = World()
    lease = world.new("a")
    world.update(lease)
    assert outcomes(world.update(lease)) == [Outcome.MERGED]
    assert world.run.iterations == 10
    assert world.run.outcomes == {Outcome.MERGED: 1}


@pytest.mark.parametrize("stage", ["judging", "merging"])
def test_duplicate_sent_while_the_first_is_with_us_is_answered_when_that_settles(stage: str) -> None:
    world = World()
    world.answers_judge = stage != "judging"
    world.answers_merge = stage != "merging"
    lease = world.new("a")
    world.update(lease)
    assert outcomes(world.update(lease)) == []
    world.answers_merge = True
    event = ev.MergeDone(2) if stage == "merging" else ev.Judged(lease.lease_id, Verdict(True, 1.0))
    assert outcomes(world.send(event)) == [Outcome.MERGED, Outcome.MERGED]
    assert world.run.iterations == 10


@pytest.mark.parametrize("verdict", [Verdict(False, float("nan")), Verdict(True, 1e38)])
def test_update_with_impossible_numbers_is_invalid_and_its_examples_are_free_again(verdict: Verdict) -> None:
    world = World()
    world.verdict = verdict
    lease = world.new("a")
    assert outcomes(world.update(lease)) == [Outcome.INVALID]
    assert world.run.version == 1
    again = world.ready("a")
    assert again is not None
    assert again.parts[: len(lease.parts)] == lease.parts


@pytest.mark.parametrize(
    "lie",
    [{"iterations": 9}, {"num_examples": 101}, {"base": 0}, {"base": 5}, {"payload": np.ones(3, np.float32)}],
)
def test_update_that_does_not_fit_its_lease_is_invalid(lie: dict[str, object]) -> None:
    world = World()
    lease = world.new("a")
    effects = world.update(lease, **lie)  # type: ignore[arg-type]
    assert outcomes(effects) == [Outcome.INVALID]
    assert only(effects, fx.Settle)[0].detail
    assert not only(effects, fx.Judge)


def test_update_may_start_from_a_later_version_than_its_lease() -> None:
    world = World()
    lease = world.new("a")
    world.join("b")
    world.merge_once("b")
    (merge,) = only(world.update(lease, base=2), fx.Merge)
    assert merge.contributions[0].base_iterations == 10


def test_another_volunteers_lease_cannot_be_delivered_abandoned_or_renewed() -> None:
    world = World()
    lease = world.new("a")
    world.join("thief")
    assert outcomes(world.update(lease, volunteer_id="thief")) == [Outcome.INVALID]
    assert not world.send(ev.Abandoned("thief", lease.lease_id, ""))
    world.now += 29
    world.send(ev.Progressed("thief", lease.lease_id, 5, TrainingMetrics()))
    assert outcomes(world.wait(2)) == [Outcome.EXPIRED]
    assert world.run.outcomes == {Outcome.EXPIRED: 1}


def test_update_for_a_lease_nobody_knows_is_expired() -> None:
    world = World()
    lease = world.new("a")
    assert outcomes(world.update(lease, lease_id="9-9")) == [Outcome.EXPIRED]
    assert not world.run.outcomes


def test_expired_lease_returns_its_examples_to_whoever_waits() -> None:
    world = World(stop={"epochs": 1})
    lost = world.new("a")
    world.join("b")
    while world.ready("b") is not None:
        pass
    held = [lease for lease in world.leases.values() if lease.volunteer_id == "b"]
    for lease in held:
        world.update(lease)
    while (lease := world.ready("b")) is not None:
        world.update(lease)
    assert world.run.outcomes[Outcome.MERGED] > 0
    granted = only(world.wait(31), fx.Grant)
    assert granted[0].lease.volunteer_id == "b"
    assert granted[0].lease.parts[0].first == lost.parts[0].first
    assert granted[0].lease.parts[0].shard == lost.parts[0].shard


def test_late_update_gets_expired() -> None:
    world = World()
    lease = world.new("a")
    assert outcomes(world.wait(31)) == [Outcome.EXPIRED]
    assert outcomes(world.update(lease)) == [Outcome.EXPIRED]
    assert world.run.iterations == 0
    assert world.run.outcomes == {Outcome.EXPIRED: 1}


def test_run_asks_to_be_woken_at_the_first_deadline() -> None:
    world = World()
    world.new("a")
    assert only(world.log, fx.Wake)[-1].at <= 30


def test_progress_renews_every_lease_of_its_volunteer() -> None:
    world = World()
    lease = world.new("a")
    world.ready("a")
    for done in range(1, 11):
        world.now += 20
        assert not outcomes(world.send(ev.Progressed("a", lease.lease_id, done, TrainingMetrics())))
    assert outcomes(world.wait(200)) == [Outcome.EXPIRED] * 2


def test_progress_that_makes_none_does_not_renew() -> None:
    world = World()
    lease = world.new("a")
    for _ in range(3):
        world.now += 9
        world.send(ev.Progressed("a", lease.lease_id, 1, TrainingMetrics()))
    assert outcomes(world.wait(20)) == [Outcome.EXPIRED]


def test_volunteer_that_leaves_for_good_abandons_its_leases_at_once() -> None:
    world = World()
    world.new("a")
    world.ready("a")
    assert outcomes(world.send(ev.Left("a", "closed", for_good=True))) == [Outcome.ABANDONED] * 2


def test_update_of_a_volunteer_that_left_still_counts_when_it_had_arrived() -> None:
    world = World()
    world.answers_judge = False
    lease = world.new("a")
    world.update(lease)
    world.send(ev.Left("a", "closed", for_good=True))
    assert outcomes(world.send(ev.Judged(lease.lease_id, Verdict(True, 1.0)))) == [Outcome.MERGED]


def test_dropped_volunteer_keeps_its_lease_for_a_while() -> None:
    world = World()
    lease = world.new("a")
    world.send(ev.Left("a", "network", for_good=False))
    assert not outcomes(world.wait(10))
    world.join("a")
    assert not outcomes(world.wait(20))
    assert outcomes(world.update(lease)) == [Outcome.MERGED]


def test_lease_of_a_dropped_volunteer_expires_soon() -> None:
    world = World()
    world.new("a")
    world.send(ev.Left("a", "network", for_good=False))
    assert outcomes(world.wait(15)) == [Outcome.EXPIRED]


def test_waiting_volunteers_are_served_in_the_order_of_asking() -> None:
    world = World()
    world.send(ev.Pause("lunch"))
    for name in "cab":
        world.join(name)
        world.ready(name)
    world.ready("c")
    granted = only(world.send(ev.Resume()), fx.Grant)
    assert [grant.lease.volunteer_id for grant in granted] == ["c", "a", "b"]


def test_leaving_serves_those_who_wait() -> None:
    world = World(stop={"iterations": 2})
    world.new("a", 3.0)
    world.join("b")
    world.ready("b", 3.0)
    world.join("c")
    assert world.ready("c") is None
    granted = only(world.send(ev.Left("a", "bye", for_good=True)), fx.Grant)
    assert [grant.lease.volunteer_id for grant in granted] == ["c"]


def test_paused_run_grants_nothing_but_merges_what_comes() -> None:
    world = World()
    lease = world.new("a")
    world.send(ev.Pause("lunch"))
    assert reasons(world.send(ev.Ready("a", "cpu", None))) == [WaitReason.PAUSED]
    effects = world.update(lease)
    assert outcomes(effects) == [Outcome.MERGED]
    assert not only(effects, fx.Grant)
    assert len(only(world.send(ev.Resume()), fx.Grant)) == 1


def test_pauses_do_not_count_as_running_time() -> None:
    world = World(stop={"seconds": 100})
    world.wait(40)
    world.send(ev.Pause("lunch"))
    world.wait(1_000)
    assert world.run.state is RunState.PAUSED
    world.send(ev.Resume())
    assert world.run.seconds(world.now) == 40
    world.wait(59)
    assert world.run.state is RunState.RUNNING
    world.wait(1)
    assert world.run.state is RunState.FINISHED


def test_control_that_the_state_does_not_allow_is_refused_and_changes_nothing() -> None:
    world = World()
    with pytest.raises(WebNNError, match="paused") as caught:
        world.send(ev.Resume())
    assert caught.value.code == "not_running"
    assert world.run.state is RunState.RUNNING
    world.send(ev.Stop("enough"))
    for event in (ev.Pause(""), ev.Resume(), ev.Stop("")):
        with pytest.raises(WebNNError):
            world.send(event)


def test_answers_that_nobody_asked_for_are_our_own_mistake() -> None:
    world = World()
    with pytest.raises(ValueError, match="merged"):
        world.send(ev.MergeDone(2))
    with pytest.raises(ValueError, match="validated"):
        world.send(ev.ValidationFailed(2, ""))


def test_failure_ends_the_run_at_once() -> None:
    world = World()
    world.new("a")
    effects = world.send(ev.Fail("the disk is full"))
    assert outcomes(effects) == [Outcome.NOT_NEEDED]
    assert only(effects, fx.StateChanged) == [fx.StateChanged(RunState.FAILED, "the disk is full")]
    assert reasons(world.send(ev.Ready("a", "cpu", None))) == [WaitReason.FINISHED]


def test_unknown_volunteers_events_are_ignored() -> None:
    world = World()
    assert world.ready("nobody") is None
    assert not world.send(ev.Left("nobody", "", for_good=True))
    assert not world.send(ev.Abandoned("nobody", "0-0", ""))


def test_lease_goes_back_when_abandoned() -> None:
    world = World()
    lease = world.new("a")
    assert outcomes(world.send(ev.Abandoned("a", lease.lease_id, "tired"))) == [Outcome.ABANDONED]
    again = world.ready("a")
    assert again is not None
    assert again.parts == lease.parts


def test_same_volunteer_again_is_not_a_second_one() -> None:
    world = World()
    world.join("a")
    world.join("a")
    world.send(ev.Left("a", "", for_good=False))
    world.join("a")
    status = world.run.status(0)
    assert (status.volunteers, status.volunteers_total) == (1, 1)


def test_no_epoch_beyond_the_last_is_opened() -> None:
    world = World(stop={"epochs": 2})
    world.join("a")
    while (lease := world.ready("a", 0.01)) is not None:
        world.update(lease)
    assert world.run.state is RunState.FINISHED
    assert world.run.epochs == 2
    assert sum(lease.num_examples for lease in world.leases.values()) == 200


def test_last_lease_of_the_last_epoch_may_end_in_a_part_of_a_batch() -> None:
    world = World(stop={"epochs": 1}, batch_size=16)
    world.join("a")
    sizes = []
    while (lease := world.ready("a")) is not None:
        sizes.append((lease.iterations, lease.num_examples))
        world.update(lease)
    assert sum(examples for _, examples in sizes) == 100
    assert all(examples == 16 * iterations for iterations, examples in sizes[:-1])
    assert sizes[-1][1] % 16 == 100 % 16


def test_iterations_limit_is_not_overrun_however_many_ask() -> None:
    world = World(stop={"iterations": 25})
    for name in "abcdef":
        world.join(name)
        world.ready(name)
        world.ready(name)
    assert sum(lease.iterations for lease in world.leases.values()) <= 25
    for _ in range(200):
        if world.run.state.over:
            break
        for lease in list(world.leases.values()):
            world.update(lease)
        for name in "abcdef":
            world.ready(name)
    assert world.run.iterations == 25
    assert world.run.state is RunState.FINISHED


def test_what_is_left_at_the_end_is_shared() -> None:
    world = World(stop={"epochs": 10})
    for name in "abcd":
        world.join(name)
    leases = [world.ready(name, 0.001) for name in "abcd"]
    assert all(lease is not None for lease in leases)


def test_learning_rate_follows_the_schedule() -> None:
    world = World(schedule=parse_schedule({"step": {"everyEpochs": 1, "factor": 0.5}}))
    lease = world.new("a")
    world.update(lease)
    second = world.ready("a")
    assert second is not None
    assert (lease.learning_rate, second.learning_rate) == (0.1, 0.05)


def test_same_seed_and_events_give_the_same_effects() -> None:
    def play() -> list[fx.Effect]:
        world = World()
        world.new("a")
        world.update(world.new("b"))
        world.wait(100)
        return world.log

    assert play() == play()


def test_rule_of_another_kind_is_refused() -> None:
    with pytest.raises(WebNNError, match="weighted"):
        World(merge=MergeSpec("weihgted"))


def test_status_tells_what_the_protocol_shows() -> None:
    world = World(stop={"seconds": 100, "epochs": 10})
    world.new("a")
    world.now = 20
    world.update(world.new("b"))
    status = world.run.status(world.now)
    assert status.state is RunState.RUNNING
    assert (status.version, status.merges, status.iterations, status.examples) == (2, 1, 10, 100)
    assert status.volunteers == 2
    assert status.examples_per_second == pytest.approx(5)
    assert (status.progress, status.seconds_left) == (pytest.approx(0.2), pytest.approx(80))
    assert (status.loss, status.accuracy, status.best_accuracy) == (1.0, 0.5, 0.5)
    assert status.merge == "weighted"


def test_time_never_runs_backwards() -> None:
    world = World()
    world.now = 50
    world.new("a")
    world.now = 10
    world.send(ev.Tick())
    run: Run = world.run
    assert run.status(50).seconds == 50
