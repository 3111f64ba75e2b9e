"""What replays prove, and how seldom they prove what is not so."""

from __future__ import annotations

import math

import numpy as np
import pytest

from webnn.core.evidence import ALONE, BLIND, EXACT, LIAR, PROOF, REMEMBERING, Evidence
from webnn.core.standing import Standing


def accused(chances: dict[str, float], replays: int, rng: np.random.Generator, *, remembers: bool) -> dict[str, int]:
    """Replay everyone's work in turn, each disagreeing with its own chance; who is accused, and after how many."""
    evidence, standing, found = Evidence(remembers=remembers), Standing(), dict[str, int]()
    for number in range(replays):
        for name, chance in chances.items():
            if name in found:
                continue
            agreed = bool(rng.random() >= chance)
            weight = evidence.note(name, agreed=agreed)
            if agreed:
                standing.agreed(name, weight)
            elif standing.disagreed(name, 0.0, weight):
                evidence.forget(name)
                found[name] = number + 1
    return found


@pytest.mark.parametrize("remembers", [True, False])
def test_the_honest_are_accused_less_than_once_in_a_thousand_runs(remembers: bool) -> None:
    rng = np.random.default_rng(1)
    wronged, late = 0, []
    most = 0.3 if remembers else 0.02
    for _ in range(120):
        chances = {f"good{i}": float(rng.uniform(0, most)) for i in range(7)} | {f"bad{i}": 0.97 for i in range(3)}
        found = accused(chances, 60, rng, remembers=remembers)
        wronged += sum(name.startswith("good") for name in found)
        late.extend(found.get(f"bad{i}", 1000) for i in range(3))
    assert wronged == 0, "of 840 honest volunteers"
    assert np.median(late) <= 20
    assert max(late) <= 60, "every liar is found"


def test_when_everyones_work_disagrees_nobody_is_accused() -> None:
    rng = np.random.default_rng(2)
    for chance in (0.4, 0.6, 0.8, 1.0):
        assert accused({f"v{i}": chance for i in range(6)}, 60, rng, remembers=True) == {}


def test_one_replay_or_two_prove_nothing() -> None:
    assert math.log(LIAR / EXACT) * 2 < PROOF
    assert math.log(LIAR / REMEMBERING) * 8 < PROOF


def test_alone_with_an_optimiser_that_remembers_nothing_can_be_told() -> None:
    evidence = Evidence(remembers=True)
    assert [evidence.note("a", agreed=False) for _ in range(20)] == [0.0] * 20
    assert Evidence(remembers=False).chance("a") == ALONE


def test_liars_do_not_make_the_others_look_unreliable() -> None:
    evidence = Evidence(remembers=True)
    for name, agreed in [("liar", False)] * 20 + [("a", True)] * 20 + [("b", True)] * 20:
        evidence.note(name, agreed=agreed)
    assert evidence.chance("c") == REMEMBERING
    assert evidence.chance("liar") == REMEMBERING
    evidence.forget("a")
    evidence.forget("b")
    assert evidence.chance("c") > BLIND
