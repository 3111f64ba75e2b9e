"""Rounds and handfuls of updates, in a run on a virtual clock."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.fakes import World, only, outcomes, reasons
from webnn.core import effects as fx
from webnn.core import events as ev
from webnn.core.collecting import Handful, InRounds, OneByOne, make_collector
from webnn.core.leases import Lease, Outcome
from webnn.core.merging import MergeSpec
from webnn.core.merging.base import Buffer, Immediate, Round
from webnn.core.metrics import Validation
from webnn.core.states import RunState, WaitReason

SPEED = 0.1  # seconds for an iteration


def world(rule: str, changes: dict[str, Any] | None = None, **options: object) -> World:
    return World(merge=MergeSpec(rule, options), **(changes or {}))


def rounds(**options: object) -> World:
    return world("fedavg", **{"iterations": 2, "seconds": 20, **options})


def merged(effects: list[fx.Effect]) -> list[set[str]]:
    """Who is in each merge that was asked for."""
    return [{each.volunteer_id for each in merge.contributions} for merge in only(effects, fx.Merge)]


def granted(effects: list[fx.Effect]) -> set[str]:
    return {effect.lease.volunteer_id for effect in only(effects, fx.Grant)}


def three(run: World) -> list[Lease]:
    return [run.new(name, SPEED) for name in "abc"]


def test_each_kind_has_its_collector() -> None:
    assert type(make_collector(Immediate())) is OneByOne
    assert isinstance(make_collector(Buffer(2, 1.0)), Handful)
    assert isinstance(make_collector(Round(None, 0, 1.0)), InRounds)


class TestClosing:
    def test_a_round_closes_when_everyone_has_delivered(self) -> None:
        run = rounds()
        a, b, c = three(run)
        assert merged(run.update(b)) == []
        assert merged(run.update(a)) == []
        effects = run.update(c)
        assert merged(effects) == [{"a", "b", "c"}]
        assert outcomes(effects) == [Outcome.MERGED] * 3
        assert run.run.version == 2
        assert run.run.num_merges == 1
        assert run.run.iterations == sum(lease.iterations for lease in (a, b, c))

    def test_a_round_closes_at_its_quorum(self) -> None:
        run = rounds(quorum=2, backup=1)
        a, _, c = three(run)
        run.update(c)
        assert merged(run.update(a)) == [{"a", "c"}]

    def test_the_first_n_of_n_and_b_win_and_the_rest_are_stale(self) -> None:
        run = world("sync-sgd", quorum=2, backup=2)
        leases = [run.new(name, SPEED) for name in "abcd"]
        free = run.run._ledger.num_free
        assert all(lease.iterations == 1 for lease in leases)
        run.update(leases[3])
        effects = run.update(leases[1])
        assert merged(effects) == [{"b", "d"}]
        assert sorted(outcomes(effects)) == [Outcome.MERGED] * 2 + [Outcome.STALE] * 2
        assert run.run._ledger.num_free == free
        assert sum(len(epoch.free) > 0 for epoch in run.run._ledger.open_epochs) == 1
        assert run.run._ledger.num_done == sum(leases[index].num_examples for index in (1, 3))

    def test_a_stragglers_update_gets_stale_for_an_answer(self) -> None:
        run = rounds(quorum=2, backup=1)
        a, b, c = three(run)
        run.update(a)
        run.update(b)
        effects = run.update(c)
        assert outcomes(effects) == [Outcome.STALE]
        assert only(effects, fx.Judge) == []
        assert run.run.num_merges == 1

    def test_a_stragglers_examples_are_the_next_to_go_out(self) -> None:
        run = rounds(quorum=2, backup=1)
        a, b, c = three(run)
        run.update(a)
        run.update(b)
        again = run.ready("c", SPEED)
        assert again is not None
        assert again.parts == c.parts
        assert again.version == 2

    def test_backup_workers_are_not_waited_for_when_everyone_is_the_quorum(self) -> None:
        run = rounds(backup=1)
        a, b, _ = three(run)
        assert merged(run.update(a)) == []
        assert merged(run.update(b)) == [{"a", "b"}]

    def test_a_round_closes_by_its_deadline_with_what_has_come(self) -> None:
        run = rounds(seconds=20)
        a, _, _ = three(run)
        run.update(a)
        assert only(run.log, fx.Wake)[-1].at <= 20
        assert merged(run.wait(19.9)) == []
        effects = run.wait(0.1)
        assert merged(effects) == [{"a"}]
        assert sorted(outcomes(effects)) == [Outcome.MERGED, Outcome.STALE, Outcome.STALE]

    def test_after_its_deadline_an_empty_round_closes_with_the_first_update(self) -> None:
        run = rounds(seconds=20)
        a, _, _ = three(run)
        assert merged(run.wait(25)) == []
        assert merged(run.update(a)) == [{"a"}]

    @pytest.mark.parametrize("for_good", [True, False])
    def test_a_round_closes_with_as_many_as_are_still_there(self, for_good: bool) -> None:
        run = rounds(quorum=3)
        a, _, _ = three(run)
        run.update(a)
        assert merged(run.send(ev.Left("b", "", for_good))) == []
        assert merged(run.send(ev.Left("c", "", for_good))) == [{"a"}]

    def test_an_update_that_is_being_judged_is_waited_for_though_its_volunteer_left(self) -> None:
        run = rounds()
        a, b = run.new("a", SPEED), run.new("b", SPEED)
        run.answers_judge = False
        run.update(b)
        run.send(ev.Left("b", "", for_good=True))
        run.answers_judge = True
        assert merged(run.update(a)) == []
        assert merged(run.send(ev.Judged(b.lease_id, run.verdict))) == [{"a", "b"}]

    def test_one_who_comes_back_in_time_is_waited_for_again(self) -> None:
        run = rounds()
        a, b, c = three(run)
        run.send(ev.Left("c", "", for_good=False))
        run.update(a)
        run.join("c")
        assert merged(run.update(b)) == []
        assert merged(run.update(c)) == [{"a", "b", "c"}]

    def test_a_round_is_not_held_up_by_a_silent_volunteer_beyond_its_time(self) -> None:
        run = rounds(seconds=5)
        a, _, _ = three(run)
        run.update(a)
        assert merged(run.wait(5)) == [{"a"}]

    @pytest.mark.parametrize("ending", ["abandoned", "invalid"])
    def test_a_lease_that_brings_nothing_is_not_waited_for(self, ending: str) -> None:
        run = rounds()
        a, b, c = three(run)
        run.update(a)
        run.update(b)
        if ending == "abandoned":
            effects = run.send(ev.Abandoned("c", c.lease_id, "busy"))
        else:
            effects = run.update(c, iterations=c.iterations + 1)
        assert merged(effects) == [{"a", "b"}]

    def test_everyone_gone_before_anything_came_leaves_nothing_stuck(self) -> None:
        run = rounds(quorum=3, seconds=5)
        three(run)
        for name in "abc":
            run.send(ev.Left(name, "", for_good=True))
        run.wait(100)
        assert merged(run.log) == []
        lease = run.new("d", SPEED)
        assert merged(run.update(lease)) == [{"d"}]

    def test_nothing_that_waits_is_left_when_the_run_stops(self) -> None:
        run = rounds()
        a, _, _ = three(run)
        run.update(a)
        effects = run.send(ev.Stop("enough"))
        assert outcomes(effects) == [Outcome.NOT_NEEDED] * 3
        assert run.run.state is RunState.STOPPED


class TestWaiting:
    def test_volunteers_of_a_round_wait_for_the_next_version(self) -> None:
        run = rounds()
        a, b = run.new("a", SPEED), run.new("b", SPEED)
        assert reasons(run.send(ev.Ready("a", "cpu", SPEED))) == [WaitReason.ROUND]
        run.update(a)
        assert reasons(run.send(ev.Ready("b", "cpu", SPEED))) == [WaitReason.ROUND]
        effects = run.update(b)
        assert granted(effects) == {"a", "b"}
        assert {effect.lease.version for effect in only(effects, fx.Grant)} == {2}

    def test_nobody_gets_a_lease_while_a_round_is_merged(self) -> None:
        run = rounds()
        a = run.new("a", SPEED)
        run.answers_merge = False
        run.update(a)
        run.join("b")
        assert reasons(run.send(ev.Ready("b", "cpu", SPEED))) == [WaitReason.ROUND]
        assert granted(run.send(ev.MergeDone(2))) == {"b"}

    def test_a_full_round_lets_nobody_in_until_a_place_is_free(self) -> None:
        run = rounds(quorum=2, backup=1)
        three(run)
        run.join("d")
        assert reasons(run.send(ev.Ready("d", "cpu", SPEED))) == [WaitReason.ROUND]
        assert granted(run.send(ev.Left("a", "", for_good=True))) == {"d"}

    def test_a_latecomer_joins_while_there_is_time(self) -> None:
        run = rounds(iterations=10)
        first = run.new("a", SPEED)
        run.now += 0.4
        late = run.new("b", SPEED)
        assert late.version == first.version
        assert late.iterations == 10

    def test_a_latecomer_who_is_fast_enough_joins_even_then(self) -> None:
        run = rounds(iterations=10)
        run.new("a", SPEED)
        run.now += 0.7
        assert run.new("b", SPEED / 5).iterations == 10

    def test_a_latecomer_gets_a_shorter_lease_if_that_is_worth_it(self) -> None:
        run = rounds(iterations=10)
        run.new("a", SPEED)
        run.now += 0.59
        assert run.new("b", SPEED / 2).iterations == 8

    def test_a_latecomer_without_time_waits(self) -> None:
        run = rounds(iterations=10)
        a = run.new("a", SPEED)
        run.now += 0.6
        run.join("b")
        assert reasons(run.send(ev.Ready("b", "cpu", SPEED))) == [WaitReason.ROUND]
        assert granted(run.update(a)) == {"b"}

    def test_a_device_that_is_too_slow_for_the_deadline_gets_what_it_can_do(self) -> None:
        run = rounds(iterations=10, seconds=4)
        assert run.new("a", 1.0).iterations == 4
        assert run.new("b", 50.0).iterations == 1


class TestSizes:
    def test_every_lease_has_the_iterations_of_the_strategy(self) -> None:
        run = rounds(iterations=3)
        assert [run.new(name, speed).iterations for name, speed in (("a", 0.01), ("b", 1.0))] == [3, 3]

    def test_matched_to_speed_all_finish_together(self) -> None:
        run = rounds(iterations=8, match="speed", seconds=1000)
        for name in "abcd":
            run.join(name)
        speeds = {"a": 0.1, "b": 0.2, "c": 0.4, "d": 100.0}
        for name, speed in speeds.items():
            run.run._volunteers.get(name).claim("cpu", speed)  # type: ignore[union-attr]
        sizes = {}
        for name, speed in speeds.items():
            lease = run.ready(name, speed)
            assert lease is not None
            sizes[name] = lease.iterations
        assert sizes == {"a": 8, "b": 4, "c": 2, "d": 1}

    def test_without_iterations_a_lease_takes_lease_seconds(self) -> None:
        run = world("fedavg", {"lease_seconds": 2.0})
        assert run.new("a", 0.5).iterations == 4

    def test_a_straggler_gets_less_the_next_time(self) -> None:
        run = rounds(iterations=8, match="speed", seconds=5)
        a, b = run.new("a", 0.1), run.new("b", 0.1)
        assert b.iterations == 8
        run.update(a, seconds=0.8)
        effects = run.wait(5)
        assert sorted(outcomes(effects)) == [Outcome.MERGED, Outcome.STALE]
        again = run.ready("b", 0.1)
        assert again is not None
        assert again.iterations == round(8 * 0.1 / (5 / 8))


class TestHandfuls:
    def test_a_handful_is_merged_when_it_is_full(self) -> None:
        run = world("fedbuff", size=2, iterations=1)
        a, b, c = three(run)
        assert merged(run.update(a)) == []
        assert merged(run.update(b)) == [{"a", "b"}]
        assert merged(run.update(c)) == []

    def test_fewer_are_merged_when_the_first_has_waited_long_enough(self) -> None:
        run = world("fedbuff", size=3, seconds=7, iterations=1)
        a, b, _ = three(run)
        run.update(a)
        run.now += 5
        run.update(b)
        assert merged(run.wait(1.9)) == []
        assert merged(run.wait(0.1)) == [{"a", "b"}]

    def test_a_handful_does_not_wait_when_everyone_has_left(self) -> None:
        run = world("fedbuff", size=3, iterations=1)
        a, b, c = three(run)
        run.update(a)
        run.update(b)
        assert merged(run.send(ev.Left("a", "", for_good=True))) == []
        run.send(ev.Left("b", "", for_good=True))
        assert merged(run.send(ev.Left("c", "", for_good=True))) == [{"a", "b"}]
        assert c.lease_id in {effect.lease_id for effect in only(run.log, fx.Settle)}

    def test_a_handful_does_not_wait_when_nothing_is_left_to_train(self) -> None:
        run = world("fedbuff", {"stop": {"epochs": 1}}, size=50)
        while (lease := run.new("a", SPEED)) and not merged(run.update(lease)):
            if run.run._ledger.num_free == 0:
                break
        assert run.run.state is RunState.FINISHED
        assert run.run.epochs == 1

    def test_a_volunteer_may_be_in_a_handful_more_than_once(self) -> None:
        run = world("fedbuff", size=2, iterations=1)
        first = run.new("a", SPEED)
        run.update(first)
        assert merged(run.merge_once("a")) == [{"a"}]


class TestStaleness:
    def test_what_is_staler_than_the_strategy_allows_is_not_merged(self) -> None:
        run = world("fedasync", maxStaleness=1, iterations=1)
        a, b, c = three(run)
        run.update(a)
        run.update(b)
        effects = run.update(c)
        assert outcomes(effects) == [Outcome.STALE]
        assert "2 merges came before it" in (only(effects, fx.Settle)[0].detail or "")

    def test_a_contribution_says_what_it_was_trained_from_and_at_which_rate(self) -> None:
        run = world("dc-asgd")
        a, b, _ = three(run)
        run.update(a)
        [contribution] = only(run.update(b), fx.Merge)[0].contributions
        assert contribution.base_version == 1
        assert contribution.staleness == 1
        assert contribution.learning_rate == b.learning_rate
        assert b.optimizer == "sgd"


class TestAppraising:
    def test_an_update_is_appraised_before_it_is_merged(self) -> None:
        run = world("copy")
        lease = run.new("a", SPEED)
        effects = run.update(lease)
        [appraise] = only(effects, fx.Appraise)
        assert appraise.lease_id == lease.lease_id
        assert len(appraise.payload) == run.run.config.num_weights
        assert merged(effects) == []
        result = Validation(0.3, 0.9, appraise.num_examples)
        [merge] = only(run.send(ev.Appraised(lease.lease_id, result)), fx.Merge)
        assert merge.contributions[0].appraisal == result

    def test_one_that_cannot_be_appraised_is_not_needed_and_its_examples_are_free(self) -> None:
        run = world("copy")
        lease = run.new("a", SPEED)
        run.update(lease)
        assert outcomes(run.send(ev.Appraised(lease.lease_id, None))) == [Outcome.NOT_NEEDED]
        again = run.ready("a", SPEED)
        assert again is not None
        assert again.parts[0].first == lease.parts[0].first

    def test_an_appraisal_that_comes_too_late_changes_nothing(self) -> None:
        run = world("copy")
        lease = run.new("a", SPEED)
        run.update(lease)
        run.send(ev.Stop("enough"))
        assert run.send(ev.Appraised(lease.lease_id, Validation(1.0, 0.5, 1))) == []


class TestFlock:
    """Everyone has two leases at most, trains without a break, and is merged with the others."""

    def flock(self, **options: object) -> World:
        return world("auto", {"lease_seconds": 100.0}, **{"patience": 0.5, "seconds": 10, **options})

    def test_it_is_merged_when_everyone_has_brought_something(self) -> None:
        run = self.flock()
        a, b, c = three(run)
        for name in "abc":
            assert run.ready(name, SPEED) is not None, "the next lease does not wait for the merge"
        assert merged(run.update(b)) == []
        assert merged(run.update(a)) == []
        assert merged(run.update(c)) == [{"a", "b", "c"}]

    def test_the_first_waits_for_its_patience_only(self) -> None:
        run = self.flock()
        a, b, _c = three(run)
        run.wait(10)
        run.update(a, seconds=10)
        run.update(b, seconds=10)
        waited = run.config.lease_seconds if a.iterations == 0 else a.iterations * SPEED * 0.5
        assert merged(run.wait(waited * 0.9)) == []
        assert merged(run.wait(waited * 0.2)) == [{"a", "b"}]

    def test_who_leaves_is_not_waited_for(self) -> None:
        run = self.flock()
        a, _b = run.new("a", SPEED), run.new("b", SPEED)
        assert merged(run.update(a)) == []
        assert merged(run.send(ev.Left("b", "gone", for_good=False))) == [{"a"}]

    def test_one_alone_is_merged_at_once(self) -> None:
        run = self.flock()
        a = run.new("a", SPEED)
        run.ready("a", SPEED)
        assert merged(run.update(a)) == [{"a"}]


class TestAuto:
    def test_equal_volunteers_share_equally_from_the_first_lease(self) -> None:
        run = world("auto")
        leases = [run.new(name, SPEED) for name in "abcd"]
        assert [lease.weight for lease in leases] == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4])
        assert leases[3].learning_rate == pytest.approx(leases[0].learning_rate * 4**0.5)
        assert all(lease.carry for lease in leases)

    def test_a_slow_volunteer_counts_by_its_speed_and_has_fewer_iterations(self) -> None:
        run = world("auto", {"lease_seconds": 100.0}, seconds=1)
        run.new("fast", 0.1)
        slow = run.new("slow", 0.4)
        fast = run.ready("fast", 0.1)
        assert fast is not None
        assert slow.weight == fast.weight == pytest.approx(10 / 12.5)
        assert (fast.iterations, slow.iterations) == (10, 2)

    def test_a_volunteer_of_unknown_pace_counts_as_one(self) -> None:
        run = world("auto")
        leases = [run.new(name) for name in "abc"]
        assert [lease.weight for lease in leases] == pytest.approx([1, 1 / 2, 1 / 3])
        assert leases[2].iterations == 1

    def test_one_who_is_left_alone_trains_long_leases_at_the_models_own_rate(self) -> None:
        run = world("auto", {"lease_seconds": 2.0, "min_lease_timeout_seconds": 1000.0}, seconds=0.2)
        first = run.new("a", SPEED)
        assert (first.iterations, first.weight, first.learning_rate) == (20, 1.0, 0.1)
        run.new("b", SPEED)
        run.send(ev.Left("b", "gone", for_good=True))
        run.update(first)
        again = run.ready("a", SPEED)
        assert again is not None
        assert (again.weight, again.learning_rate) == (1.0, 0.1)

    def test_leases_are_stretched_for_one_who_waits_for_exchanges(self) -> None:
        run = world("auto", {"lease_seconds": 100.0, "stop": {"seconds": 1e6}}, seconds=0.3)
        run.new("b", SPEED)
        lease = run.new("a", SPEED)
        sizes = [lease.iterations]
        for _ in range(8):
            run.now += 2 * lease.iterations * SPEED  # trains half of the time
            run.update(lease, seconds=lease.iterations * SPEED)
            again = run.ready("a", SPEED)
            assert again is not None
            lease = again
            sizes.append(lease.iterations)
        assert sizes == sorted(sizes)
        assert sizes[-1] > sizes[0]


class TestShards:
    def test_each_volunteer_goes_on_with_a_shard_of_its_own(self) -> None:
        run = world("average", {"lease_seconds": 0.2})
        first = {name: run.new(name, SPEED) for name in "ab"}
        assert first["a"].parts[0].shard != first["b"].parts[0].shard
        for name in "ab":
            run.update(first[name])
            again = run.ready(name, SPEED)
            assert again is not None
            assert again.parts[0].shard == first[name].parts[0].shard
            assert again.parts[0].first == first[name].parts[0].last

    def test_the_rest_of_the_shard_of_one_who_left_for_good_is_the_next_to_go_out(self) -> None:
        run = world("average", {"lease_seconds": 0.2})
        left = run.new("a", SPEED)
        run.update(left)
        run.send(ev.Left("a", "closed", for_good=True))
        assert run.new("b", SPEED).parts[0].shard == left.parts[0].shard

    def test_it_hears_of_its_next_shard_before_its_own_is_used_up(self) -> None:
        run = world("average", {"lease_seconds": 0.2})
        lease = run.new("a", SPEED)
        heard = []
        for _ in range(12):
            heard.append((lease.parts[0].shard, lease.soon))
            run.update(lease)
            following = run.ready("a", SPEED)
            assert following is not None
            lease = following
        shards = list(dict.fromkeys(shard for shard, _ in heard))
        assert any(soon == shards[1] for shard, soon in heard if shard == shards[0])
