"""A run that judges: what is refused, what is checked, and what checks decide."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.core.fakes import NUM_WEIGHTS, World, only, outcomes
from webnn.core import effects as fx
from webnn.core import events as ev
from webnn.core.leases import Lease, Outcome
from webnn.core.merging import MergeSpec
from webnn.core.metrics import Verdict
from webnn.core.run import Run
from webnn.core.standing import FIRST_QUARANTINE
from webnn.core.states import WaitReason
from webnn.core.usual import Usual

FEDBUFF = MergeSpec("fedbuff", {"size": 4})


def verdict(length: float = 1.0, sketch: tuple[float, ...] = (1.0, 2.0, 3.0, 4.0), fingerprint: str = "") -> Verdict:
    return Verdict(True, length, length, sketch, fingerprint)


class Checked(World):
    """A world whose evaluator says what `agreement` is."""

    def __init__(self, **changes: Any) -> None:
        self.agreement: float | None = changes.pop("agreement", 1.0)
        self.ratio = 1.0
        self.replays: list[fx.Replay] = []
        self.harm = -0.1
        self.trials: list[fx.Try] = []
        super().__init__(**{"replay_share": 1.0, "remembers": False, "max_open_leases": 1, **changes})
        self.verdict = verdict()

    def _answer(self, effect: fx.Effect) -> list[ev.Event]:
        if isinstance(effect, fx.Replay):
            self.replays.append(effect)
            return [ev.Replayed(effect.lease.lease_id, self.agreement, self.ratio, 0.01)]
        if isinstance(effect, fx.Try):
            self.trials.append(effect)
            return [ev.Tried(effect.lease.lease_id, 1.0, 1.0 + self.harm, 0.01)]
        return super()._answer(effect)

    def work(self, volunteer_id: str) -> list[fx.Effect]:
        """One lease there and back, a while later."""
        lease = self.ready(volunteer_id)
        assert lease is not None
        self.now += 5.0
        return self.update(lease)


def test_every_newcomer_is_replayed_and_the_trusted_seldom() -> None:
    world = Checked()
    world.join("a")
    rng = np.random.default_rng(0)
    for _ in range(60):
        world.verdict = verdict(sketch=tuple(rng.standard_normal(16)))
        world.work("a")
    assert 3 <= len(world.replays) <= 20
    assert world.replays[0].lease.volunteer_id == "a"
    assert world.run.standing.of("a").established


def test_nothing_is_replayed_where_the_owner_wants_none() -> None:
    world = Checked(replay_share=0.0)
    world.join("a")
    for _ in range(10):
        world.work("a")
    assert world.replays == []


def test_replays_take_no_more_than_their_share_of_the_evaluators_time() -> None:
    world = Checked(replay_share=0.001)
    world.join("a")
    world.agreement = None
    for _ in range(20):
        world.work("a")
    assert len(world.replays) <= 20 * 5.0 / (0.01 / 0.001)


def test_disagreements_prove_a_lie_and_quarantine_the_liar() -> None:
    world = Checked()
    world.join("liar")
    world.agreement = -0.2
    ends = [outcomes(world.work("liar"))[-1] for _ in range(4)]
    assert ends[:2] == [Outcome.MERGED] * 2, "one is no proof, nor two"
    assert ends[-1] is Outcome.NOT_NEEDED, "doubted work does not count"
    effects = world.work("liar")
    assert [effect.volunteer_id for effect in only(effects, fx.Accused)] == ["liar"]
    assert world.ready("liar") is None
    assert only(world.log, fx.Wait)[-1].reason is WaitReason.TOO_MANY_LEASES


def test_with_an_optimiser_that_remembers_it_takes_more_and_the_agreement_of_others() -> None:
    world = Checked(remembers=True)
    for name in ("liar", "good"):
        world.join(name)
    world.agreement = -0.2
    for _ in range(20):
        world.work("liar")
    assert world.run.standing.liars() == [], "nobody knows what is usual here"
    for _ in range(20):
        world.agreement = 0.5
        world.work("good")
        world.agreement = -0.2
        if not world.run.standing.liars():
            world.work("liar")
    assert world.run.standing.liars() == ["liar"]


def test_an_honest_volunteer_with_a_bad_day_goes_on() -> None:
    world = Checked()
    world.join("a")
    world.agreement = 0.0
    world.work("a")
    world.agreement = 1.0
    world.work("a")
    assert outcomes(world.work("a")) == [Outcome.MERGED]
    assert world.run.standing.liars() == []


@pytest.mark.parametrize("kind", ["nothing", "a copy"])
def test_whoever_claims_work_not_done_is_found_without_any_replay(kind: str) -> None:
    world = Checked(agreement=None)
    for name in ("a", "b", "liar"):
        world.join(name)
    for number in range(4):
        for name in ("a", "b"):
            world.verdict = verdict(fingerprint=f"{name}{number}")
            assert outcomes(world.work(name)) == [Outcome.MERGED]
    world.verdict = verdict(length=0.0, sketch=()) if kind == "nothing" else verdict(fingerprint="a2")
    ends = [world.work("liar") for _ in range(3)]
    assert [outcomes(effects)[-1] for effects in ends] == [Outcome.NOT_NEEDED] * 3
    assert [bool(only(effects, fx.Accused)) for effects in ends] == [False, False, True]
    assert world.run.standing.liars() == ["liar"]
    assert world.ready("liar") is None


def test_the_same_work_twice_is_no_copy() -> None:
    usual, seen = Usual(100), verdict(fingerprint="the whole training set in one batch")
    for number in range(6):
        usual.look("c", verdict(fingerprint=str(number)), number, "all")
    looks = [usual.look(name, seen, version, "all").same for name, version in (("a", 1), ("b", 1), ("b", 2))]
    assert looks == [False, False, True]


@pytest.mark.parametrize("others", [False, True], ids=["all", "one that sends 16 bits a number"])
def test_where_nobody_learns_anything_any_more_nobody_claims_anything(others: bool) -> None:
    world = Checked(agreement=None)
    for name in "abc":
        world.join(name)
    for _ in range(20):
        for name in "abc":
            length = 1e-8 if name != "a" and others else 0.0
            world.verdict = verdict(length=length, sketch=())
            assert outcomes(world.work(name)) == [Outcome.MERGED]
    assert world.run.standing.liars() == []


@pytest.mark.parametrize("names", ["a", "abc"], ids=["alone", "together"])
def test_where_everyone_repeats_themselves_nobody_claims_anything(names: str) -> None:
    """A network that sees nothing but zeros learns the same from every shard."""
    world = Checked(agreement=None)
    for name in names:
        world.join(name)
    for _ in range(20):
        for name in names:
            world.verdict = verdict(fingerprint="the same from every shard")
            assert Outcome.MERGED in outcomes(world.work(name))
    assert world.run.standing.liars() == []


def test_after_a_change_of_rule_other_lengths_are_usual() -> None:
    """Gradients are divided by nothing, weights by the rate: what is usual of the one is not of the other."""
    world = Checked(merge=MergeSpec("dc-asgd"), agreement=None)
    world.join("a")
    world.verdict = verdict(length=1.0)
    for _ in range(10):
        assert outcomes(world.work("a")) == [Outcome.MERGED]
    world.send(ev.SettingsChanged({"merge": {"average": {}}}))
    world.verdict = verdict(length=50.0)
    for _ in range(3):
        assert outcomes(world.work("a")) == [Outcome.MERGED]


def test_updates_refused_for_their_length_do_not_save_from_being_checked() -> None:
    world = Checked(merge=MergeSpec("auto"), max_open_leases=2)
    for name in ("a", "liar"):
        world.join(name)
    for _ in range(10):
        world.work("a")
    world.verdict = verdict(length=90.0)
    waiting = [world.ready("liar")]
    for _ in range(8):
        waiting.append(world.ready("liar"))  # granted before it hears of the last one
        lease = waiting.pop(0)
        assert lease is not None
        world.now += 5.0
        world.update(lease)
    assert [replay.lease.volunteer_id for replay in world.replays].count("liar") >= 3


def test_a_restart_begins_with_doubt_about_nobody() -> None:
    world = Checked()
    world.join("a")
    world.agreement = -0.5
    for _ in range(3):
        world.work("a")
    assert world.run.standing.of("a").doubted
    again = Run.restore(world.run.config, world.run.snapshot(), world.now)
    assert not again.standing.of("a").doubt


def test_what_the_evaluator_cannot_tell_is_held_against_nobody() -> None:
    world = Checked()
    world.join("a")
    world.agreement = None
    for _ in range(10):
        assert outcomes(world.work("a")) == [Outcome.MERGED]
    assert world.run.standing.of("a").agreements == 0


def test_a_liar_gets_canaries_and_earns_its_way_back_by_being_right() -> None:
    world = Checked()
    for name in ("good", "liar"):
        world.join(name)
    for _ in range(30):
        world.work("good")
    world.agreement = -1.0
    while not world.run.standing.of("liar").quarantined:
        world.work("liar")
    done = world.run.epochs
    world.wait(FIRST_QUARANTINE + 1)
    answered = {replay.lease.seed: replay.lease for replay in world.replays if replay.lease.volunteer_id == "good"}
    world.verdict = verdict(sketch=(-1.0, 0.0, 0.0, 0.0))
    canary = world.ready("liar")
    assert canary is not None
    assert canary.parts == answered[canary.seed].parts
    assert outcomes(world.update(canary)) == [Outcome.NOT_NEEDED]
    assert world.run.standing.of("liar").quarantined
    world.verdict = verdict()
    world.wait(FIRST_QUARANTINE * 8)
    for _ in range(2):
        lease = world.ready("liar")
        assert lease is not None
        assert outcomes(world.update(lease)) == [Outcome.NOT_NEEDED]
    assert not world.run.standing.of("liar").quarantined
    assert world.run.epochs == done, "canaries are nobody's examples"


def test_a_quarantine_costs_the_liar_more_than_us() -> None:
    world = Checked()
    for name in ("good", "liar"):
        world.join(name)
    for _ in range(5):
        world.work("good")
    world.agreement = -0.2
    while not world.run.standing.of("liar").quarantined:
        world.work("liar")
    since, merged, before = world.now, world.run.outcomes[Outcome.MERGED], len(world.replays)
    trained = 0.0
    world.verdict = verdict(sketch=(-1.0, -2.0, -3.0, -4.0))
    while world.now < since + 3600:
        world.now += 1.0
        for effect in only(world.send(ev.Ready("liar", "cpu", None)), fx.Grant):
            world.now += 5.0
            trained += 5.0
            world.update(effect.lease)
    assert trained >= 25.0, "it trained again and again"
    assert len(world.replays) == before, "which cost the evaluator nothing"
    assert world.run.outcomes[Outcome.MERGED] == merged, "and counted for nothing"
    assert trained < 0.05 * 3600, "most of the hour it got no work at all"


def test_three_updates_that_are_not_finite_are_a_lie() -> None:
    world = Checked()
    world.join("a")
    world.verdict = Verdict(finite=False, norm=float("nan"))
    accused = [bool(only(world.work("a"), fx.Accused)) for _ in range(3)]
    assert accused == [False, False, True]


def test_a_change_beyond_anything_is_refused_from_the_first() -> None:
    world = Checked()
    world.join("a")
    world.verdict = verdict(length=1e6)
    assert outcomes(world.work("a")) == [Outcome.INVALID]


def _deliver(world: World, lease: Lease, length: float) -> list[fx.Effect]:
    world.verdict = verdict(length=length)
    return world.update(lease)


def test_in_one_merge_the_odd_one_is_refused_and_the_long_one_counts_less() -> None:
    world = Checked(merge=FEDBUFF, replay_share=0.0)
    leases = [world.new(name, 0.1) for name in "abcd"]
    for lease, length in zip(leases[:3], (1.0, 1.1, 0.9), strict=True):
        _deliver(world, lease, length)
    effects = _deliver(world, leases[3], 100.0)
    assert outcomes(effects).count(Outcome.INVALID) == 1
    (merge,) = only(effects, fx.Merge)
    assert [each.volunteer_id for each in merge.contributions] == ["a", "b", "c"]
    assert all(each.weight == 1 for each in merge.contributions)


def test_a_merge_of_nothing_but_refused_updates_leaves_the_run_going() -> None:
    world = Checked(merge=MergeSpec("weighted"), replay_share=0.0)
    for name in "abcd":
        world.join(name)
    for name in "abc":
        world.work(name)
    world.verdict = verdict(length=90.0)
    assert outcomes(world.work("d")) == [Outcome.INVALID]
    world.verdict = verdict()
    assert outcomes(world.work("a")) == [Outcome.MERGED]


def test_longer_updates_are_refused_without_a_grudge_and_usual_after_a_while() -> None:
    world = Checked(merge=MergeSpec("weighted"), replay_share=0.0)
    world.join("a")
    for _ in range(40):
        world.work("a")
    world.verdict = verdict(length=50.0)
    ends = [outcomes(world.work("a"))[-1] for _ in range(70)]
    assert ends[0] is Outcome.INVALID
    assert ends[-1] is Outcome.MERGED
    assert world.run.standing.liars() == []


def test_the_last_tiny_changes_of_a_model_that_converged_make_none_too_long() -> None:
    world = Checked(merge=MergeSpec("weighted"), replay_share=0.0)
    world.join("a")
    world.verdict = verdict(length=1e-9)
    for _ in range(10):
        world.work("a")
    world.verdict = verdict(length=1e-5)
    assert outcomes(world.work("a")) == [Outcome.MERGED]


def test_a_stale_copy_brings_a_check_about() -> None:
    world = Checked()
    world.join("a")
    for _ in range(60):
        world.verdict = verdict(sketch=tuple(np.random.default_rng(len(world.log)).standard_normal(16)))
        world.work("a")
    before = len(world.replays)
    for _ in range(5):
        world.work("a")  # the same direction as the last each time
    assert len(world.replays) >= before + 4


def test_standing_survives_a_restart() -> None:
    world = Checked()
    world.join("liar")
    world.agreement = -0.5
    while not world.run.standing.liars():
        world.work("liar")
    again = Run.restore(world.run.config, world.run.snapshot(), world.now)
    assert again.standing.liars() == ["liar"]
    assert again.standing.of("liar") == world.run.standing.of("liar")


def test_an_answer_that_nobody_asked_for_is_refused() -> None:
    world = Checked()
    with pytest.raises(ValueError, match="nobody asked"):
        world.send(ev.Replayed("0-0", 1.0, 1.0, 0.1))


def test_a_replay_begins_with_the_volunteers_own_unmerged_work() -> None:
    world = Checked(merge=MergeSpec("auto"), max_open_leases=2)
    world.answers_merge = False
    world.join("a")
    payloads = []
    for number in range(4):
        lease = world.ready("a", 0.1)
        assert lease is not None
        world.now += 5
        payloads.append(np.full(NUM_WEIGHTS, number, np.float32))
        world.update(lease, payload=payloads[-1])
    assert len(world.replays) >= 2
    number = int(world.replays[1].payload[0])
    assert [own.tolist() for own in world.replays[1].carried] == [own.tolist() for own in payloads[:number]]


def test_validation_that_falls_far_asks_to_go_back() -> None:
    world = Checked(validate_every_versions=1, validation_examples=1000, validation_total=10_000)
    world.join("a")
    for accuracy in (0.5, 0.8, 0.9, 0.9, 0.2, 0.2):
        world.accuracy = lambda request, now=accuracy: now
        world.work("a")
        world.wait(3)
    back = only(world.log, fx.GoBack)
    assert len(back) == 1
    assert "90.0%" in back[0].reason
