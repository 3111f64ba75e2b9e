"""What updates do to the held-out loss: who is odd for it, who counts less, and who never does."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.fakes import only
from tests.core.test_judging import Checked, verdict
from webnn.core import effects as fx
from webnn.core import events as ev
from webnn.core.appraising import REPLAYS, SHARE, VOLUNTEERS, Appraising
from webnn.core.merging import MergeSpec
from webnn.core.run import Run

HONEST = ("a", "b", "c", "d")


def known(*, remembers: bool = True) -> Appraising:
    """Appraisals after which it is known what is usual: about 0.1 less, give or take 0.03."""
    appraising = Appraising(remembers=remembers)
    for number in range(8):
        for place, name in enumerate(HONEST):
            appraising.note(name, 1.0, 0.9 + 0.01 * ((number + place) % 5 - 2))
    return appraising


def test_harm_far_beyond_what_is_usual_makes_odd_until_it_was_replayed() -> None:
    appraising = known()
    assert appraising.note("liar", 1.0, 1.5)
    assert appraising.is_odd("liar")
    assert appraising.share("liar") == 1.0, "once is nothing"
    for _ in range(REPLAYS):
        assert appraising.is_odd("liar")
        appraising.replayed("liar", agreed=False)
    assert not appraising.is_odd("liar")
    assert appraising.is_watched("liar"), "it is still checked at every chance"


@pytest.mark.parametrize("after", [1.5, math.inf, math.nan])
def test_harm_again_and_again_counts_less_and_help_makes_good(after: float) -> None:
    appraising = known()
    shares = []
    for _ in range(12):
        appraising.note("liar", 1.0, after)
        appraising.note("a", 1.0, 0.9)
        shares.append(appraising.share("liar"))
    assert shares[:4] == [1.0] * 4
    assert shares[-1] == SHARE
    assert [appraising.share(name) for name in HONEST] == [1.0] * 4
    for _ in range(30):
        appraising.note("liar", 1.0, 0.9)
    assert appraising.share("liar") == 1.0


def test_nothing_is_usual_before_enough_others_were_appraised() -> None:
    appraising = Appraising(remembers=True)
    for _ in range(20):
        for name in ("a", "b", "liar"):
            assert not appraising.note(name, 1.0, 5.0 if name == "liar" else 0.9)
    assert not appraising.is_odd("liar")


def test_where_everyone_harms_nobody_counts_less() -> None:
    appraising = known()
    for _ in range(40):
        for name in HONEST:
            appraising.note(name, 1.0, 2.0)
    assert [appraising.share(name) for name in HONEST] == [1.0] * 4


def test_a_replay_that_agrees_clears_whom_skewed_shards_make_harmful() -> None:
    appraising = known(remembers=False)
    for _ in range(40):
        appraising.note("skewed", 1.0, 1.5)
        appraising.replayed("skewed", agreed=True)
        assert appraising.share("skewed") == 1.0


def test_what_the_evaluator_cannot_tell_says_nothing_and_a_proven_liar_is_left_out() -> None:
    appraising = known()
    assert not appraising.note("a", math.nan, 1.0)
    for _ in range(8):
        appraising.note("liar", 1.0, 2.0)
    appraising.forget("liar")
    assert not appraising.is_watched("liar")
    assert appraising.share("liar") == 1.0


def test_only_so_many_volunteers_are_remembered() -> None:
    appraising = known()
    for number in range(5 * VOLUNTEERS):
        appraising.note(f"new-{number}", 1.0, 2.0 if number % 3 else 0.9)
    assert len(appraising._harms) == VOLUNTEERS
    assert set(appraising._sums) | set(appraising._replays) <= set(appraising._harms)


@given(
    seed=st.integers(0, 2**32 - 1),
    num=st.integers(4, 20),
    freedom=st.sampled_from([1.5, 2.0, 3.0, 30.0]),
    mean=st.floats(-0.3, 0.05),
    spread=st.floats(1e-5, 0.5),
)
@settings(max_examples=30, deadline=None)
def test_honest_spread_never_counts_less(seed: int, num: int, freedom: float, mean: float, spread: float) -> None:
    """Whatever the shape of the spread, down to tails without a variance, as long as it is everyone's."""
    rng = np.random.default_rng(seed)
    appraising = Appraising(remembers=bool(seed % 2))
    for _ in range(20):
        for name in rng.permutation(num):
            before = float(rng.uniform(0.05, 2.5))
            appraising.note(f"v{name}", before, before + mean + spread * float(rng.standard_t(freedom)))
    assert [appraising.share(f"v{name}") for name in range(num)] == [1.0] * num


def test_of_honest_volunteers_whose_leases_are_of_a_class_or_two_hardly_any_counts_less() -> None:
    """A lease in four does much harm, whoever gets it; slow devices train a tenth. Of 400, 30 appraisals each."""
    rng = np.random.default_rng(8)
    less = 0
    for _ in range(40):
        appraising = Appraising(remembers=True)
        ever = set()
        for _ in range(30):
            for name in range(10):
                skewed = rng.random() < 0.25
                size = 1.0 if name % 2 else 0.1
                appraising.note(f"v{name}", 1.0, 1.0 + size * ((0.5 if skewed else -0.1) + rng.normal(0, 0.05)))
                if appraising.share(f"v{name}") < 1:
                    ever.add(name)
        less += len(ever)
    assert less <= 4


# In a run


class Trying(Checked):
    """A world of four honest volunteers, and one whose updates may harm; the evaluator cannot tell replays apart."""

    def __init__(self, **changes: object) -> None:
        super().__init__(agreement=None, **changes)
        self.rng = np.random.default_rng(0)
        for name in (*HONEST, "liar"):
            self.join(name)

    def work(self, volunteer_id: str) -> list[fx.Effect]:
        self.verdict = verdict(sketch=tuple(self.rng.standard_normal(128)))  # nothing about it looks odd
        return super().work(volunteer_id)

    def round(self, harm: float) -> list[fx.Effect]:
        """A lease of everyone's; what the last one's does to the loss is `harm`."""
        for name in HONEST:
            self.harm = -0.1
            self.work(name)
        self.harm = harm
        return self.work("liar")


def test_a_harmful_updater_is_replayed_counts_less_and_is_no_proven_liar() -> None:
    world = Trying()
    for _ in range(12):
        world.round(-0.1)
    assert {trial.lease.volunteer_id for trial in world.trials} == {*HONEST, "liar"}
    assert all(trial.num_examples == world.run.config.validation_examples for trial in world.trials)
    tried = len(world.trials)
    while "liar" not in [trial.lease.volunteer_id for trial in world.trials[tried:]]:
        world.round(0.8)
    seen = len(world.replays)
    for _ in range(REPLAYS):
        world.round(0.8)
    assert [replay.lease.volunteer_id for replay in world.replays[seen:]].count("liar") == REPLAYS
    for _ in range(200):
        (merge,) = only(world.round(0.8), fx.Merge)
        if merge.contributions[0].weight < 1:
            break
    assert [each.weight for each in merge.contributions] == [SHARE]
    assert world.run.standing.liars() == []
    assert only(world.log, fx.Accused) == []
    (merge,) = only(world.work("a"), fx.Merge)
    assert [each.weight for each in merge.contributions] == [1.0]


def test_a_restart_forgets_every_appraisal_and_goes_on() -> None:
    world = Trying()
    for number in range(40):
        world.round(-0.1 if number < 12 else 0.8)
    assert world.run._judging._appraising.is_watched("liar")
    again = Run.restore(world.run.config, world.run.snapshot(), world.now)
    assert not again._judging._appraising.is_watched("liar")
    assert again._judging._appraising.share("liar") == 1.0


def test_no_replay_and_no_trial_are_under_way_at_once_and_they_share_the_evaluators_time() -> None:
    world = Trying(replay_share=0.001)
    for _ in range(40):
        world.round(-0.1)
    checks = len(world.trials) + len(world.replays)
    assert world.trials
    assert checks <= 1 + world.now / (0.01 / 0.001)


def test_nothing_is_tried_where_the_owner_wants_no_checks() -> None:
    world = Trying(replay_share=0.0)
    for _ in range(20):
        world.round(0.8)
    assert world.trials == []
    assert world.replays == []


def test_updates_from_weights_that_nobody_else_has_are_not_tried() -> None:
    world = Trying(merge=MergeSpec("average", {"at": "peer"}))
    for _ in range(20):
        world.round(0.8)
    kept = [lease for lease in world.leases.values() if lease.keep is not None]
    assert kept
    assert all(trial.lease.keep is None for trial in world.trials)


def test_leases_too_long_to_be_replayed_are_tried() -> None:
    world = Checked(agreement=0.9)
    world.join("a")
    while not world.replays:
        world.verdict = verdict()
        world.work("a")
    world.run._judging._step_seconds = 100.0
    world.run._judging._replay_at = 0.0
    world.run.standing.demote(["a"])
    world.trials.clear()
    world.replays.clear()
    world.work("a")
    assert len(world.trials) == 1
    assert world.replays == []


def test_a_trial_that_nobody_asked_for_is_refused() -> None:
    with pytest.raises(ValueError, match="nobody asked"):
        Checked().send(ev.Tried("0-0", 1.0, 1.0, 0.1))
