"""What a volunteer's word is worth."""

from __future__ import annotations

import pytest

from webnn.core.standing import ESTABLISHED, FIRST_QUARANTINE, LEAST_CHECKS, LONGEST_QUARANTINE, PASSES, Standing


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


def test_one_disagreement_is_no_proof_and_an_agreement_clears_it() -> None:
    standing = established("a")
    assert not standing.disagreed("a", 0.0)
    assert standing.of("a").doubted
    standing.agreed("a")
    assert not standing.of("a").doubted
    assert not standing.disagreed("a", 1.0)


def test_two_in_a_row_are_a_lie_and_one_lie_resets() -> None:
    standing = established("a")
    standing.disagreed("a", 0.0)
    assert standing.disagreed("a", 5.0)
    account = standing.of("a")
    assert (account.agreements, account.lies, account.until) == (0, 1, 5.0 + FIRST_QUARANTINE)
    assert standing.liars() == ["a"]


def test_a_quarantine_doubles_and_ends_with_right_canaries_alone() -> None:
    standing = Standing()
    standing.disagreed("a", 0.0, certain=True)
    standing.failed("a", 40.0)
    assert standing.of("a").until == 40.0 + FIRST_QUARANTINE
    for _ in range(PASSES):
        assert standing.of("a").quarantined
        standing.agreed("a")
    assert not standing.of("a").quarantined
    standing.disagreed("a", 100.0, certain=True)
    assert standing.of("a").until == 100.0 + 2 * FIRST_QUARANTINE
    for _ in range(30):
        standing.disagreed("a", 200.0, certain=True)
    assert standing.of("a").until == 200.0 + LONGEST_QUARANTINE


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
    standing.disagreed("b", 3.0, certain=True)
    again = Standing()
    again.restore(standing.snapshot(10))
    assert again.of("a") == standing.of("a")
    assert again.of("b") == standing.of("b")


def test_forgetting_is_no_way_out_of_quarantine() -> None:
    standing = established("a")
    standing.disagreed("b", 3.0, certain=True)
    standing.forget("a")
    standing.forget("b")
    assert standing.of("a").agreements == 0
    assert standing.of("b").quarantined


def test_only_so_many_are_remembered() -> None:
    standing = Standing(max_remembered=3)
    for number in range(10):
        standing.agreed(str(number))
    assert len(standing.snapshot(100)) == 3
