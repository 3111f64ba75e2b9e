"""What a volunteer's word is worth."""

from __future__ import annotations

import pytest

from webnn.core.evidence import PROOF
from webnn.core.standing import ESTABLISHED, FIRST_QUARANTINE, HELD, LEAST_CHECKS, LONGEST_QUARANTINE, PASSES, Standing


def established(*volunteer_ids: str) -> Standing:
    standing = Standing()
    for volunteer_id in volunteer_ids:
        for _ in range(ESTABLISHED):
            standing.agreed(volunteer_id)
    return standing


def test_a_stranger_is_checked_at_every_chance_and_agreement_halves_how_often() -> None:
    standing = Standing()
    assert standing.of("a").checks == 1
    standing.agreed("a")
    assert standing.of("a").checks == 0.5
    for _ in range(100):
        standing.agreed("a")
    assert standing.of("a").checks == LEAST_CHECKS


def test_one_disagreement_is_no_proof_and_agreement_makes_it_good() -> None:
    standing = established("a")
    assert not standing.disagreed("a", 0.0, 2.0)
    assert standing.of("a").checks == 1
    assert not standing.of("a").doubted
    standing.agreed("a", -1.5)
    assert standing.of("a").doubt == pytest.approx(0.5)
    standing.agreed("a", -1.5)
    assert standing.of("a").doubt == 0
    assert standing.of("a").checks < 0.1


def test_what_is_doubted_much_does_not_count_before_it_is_proved() -> None:
    standing = established("a")
    standing.disagreed("a", 0.0, HELD)
    assert standing.of("a").doubted
    assert standing.liars() == []


def test_enough_disagreement_is_a_lie_and_one_lie_resets() -> None:
    standing = established("a")
    assert not standing.disagreed("a", 0.0, 0.6 * PROOF)
    assert standing.disagreed("a", 5.0, 0.6 * PROOF)
    account = standing.of("a")
    assert (account.agreements, account.lies, account.until) == (0, 1, 5.0 + FIRST_QUARANTINE)
    assert standing.liars() == ["a"]


def test_three_claims_of_work_that_was_not_done_are_a_lie_and_other_work_makes_good_of_some() -> None:
    standing = established("a", "b")
    assert [standing.claimed("a", 0.0) for _ in range(3)] == [False, False, True]
    for _ in range(30):
        assert not standing.claimed("b", 0.0)
        for _ in range(10):
            standing.worked("b")


def test_a_quarantine_doubles_and_ends_with_passed_checks_alone() -> None:
    standing = Standing()
    standing.disagreed("a", 0.0, PROOF)
    standing.failed("a", 40.0)
    assert standing.of("a").until == 40.0 + FIRST_QUARANTINE
    assert not standing.disagreed("a", 80.0, PROOF), "it is one lie"
    assert standing.of("a").until == 80.0 + 2 * FIRST_QUARANTINE
    for _ in range(PASSES):
        assert standing.of("a").quarantined
        standing.agreed("a")
    assert not standing.of("a").quarantined
    standing.disagreed("a", 200.0, PROOF)
    assert standing.of("a").lies == 2
    assert standing.of("a").until == 200.0 + 2 * FIRST_QUARANTINE
    for _ in range(30):
        standing.disagreed("a", 300.0, PROOF)
    assert standing.of("a").until == 300.0 + LONGEST_QUARANTINE


def test_nonsense_counts_only_when_repeated() -> None:
    standing = Standing()
    assert [standing.sent_nonsense("a", 0.0) for _ in range(3)] == [False, False, True]


def test_a_crowd_of_newcomers_weighs_no_more_than_the_established() -> None:
    standing = established("a", "b", "c")
    here = ["a", "b", "c", *(f"new{i}" for i in range(9))]
    weights = standing.weights(here, lambda: here)
    assert sum(weights) == pytest.approx(len(here))
    assert sum(weights[:3]) == pytest.approx(sum(weights[3:]))
    assert standing.weights(here[3:], lambda: here) == [1.0] * 9
    assert standing.weights(here[:5], lambda: here) == [1.0] * 5


def test_equals_all_weigh_one() -> None:
    assert Standing().weights(["x", "y"], lambda: ["x", "y"]) == [1.0, 1.0]


def test_it_survives_a_snapshot() -> None:
    standing = established("a")
    standing.disagreed("b", 3.0, PROOF)
    again = Standing()
    again.restore(standing.snapshot(10))
    assert again.of("a") == standing.of("a")
    assert again.of("b") == standing.of("b")


def test_no_doubt_outlives_a_restart_or_a_roll_back() -> None:
    standing = established("a")
    standing.disagreed("a", 3.0, HELD)
    standing.claimed("a", 3.0)
    again = Standing()
    again.restore(standing.snapshot(10))
    standing.trust_again()
    for each in (again, standing):
        assert (each.of("a").doubt, each.of("a").claims, each.of("a").agreements) == (0, 0, ESTABLISHED)


def test_forgetting_is_no_way_out_of_quarantine() -> None:
    standing = established("a")
    standing.disagreed("b", 3.0, PROOF)
    standing.forget("a")
    standing.forget("b")
    assert standing.of("a").agreements == 0
    assert standing.of("b").quarantined


def test_those_in_quarantine_are_known_until_it_ends() -> None:
    standing = Standing()
    for _ in range(3):
        standing.sent_nonsense("a", 10.0)
    standing.sent_nonsense("b", 10.0)
    assert standing.confined() == {"a": 10.0 + FIRST_QUARANTINE}
    again = Standing()
    again.restore(standing.snapshot(10))
    assert again.confined() == standing.confined()
    for _ in range(PASSES):
        standing.agreed("a")
    assert standing.confined() == {}


def test_only_so_many_are_remembered() -> None:
    standing = Standing(max_remembered=3)
    for number in range(10):
        standing.agreed(str(number))
    assert len(standing.snapshot(100)) == 3
