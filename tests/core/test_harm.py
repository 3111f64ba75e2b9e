"""When validation calls for going back, and when it does not."""

from __future__ import annotations

import math

from webnn.core.harm import PATIENCE, Harm
from webnn.core.metrics import Validation
from webnn.core.validation import VersionResult


def results(*accuracies: float | None, losses: tuple[float, ...] = (), examples: int = 1000) -> list[VersionResult]:
    made = []
    for version, accuracy in enumerate(accuracies, start=2):
        loss = losses[version - 2] if losses else 1.0
        made.append(VersionResult(version, False, Validation(loss, accuracy, examples)))
    return made


def look(series: list[VersionResult], harm: Harm | None = None, now: float = 0.0) -> list[int]:
    """The versions that the run is sent back to."""
    harm = harm or Harm()
    best: VersionResult | None = None
    sent = []
    for result in series:
        if result.better_than(best):
            best = result
        found = harm.look(result, best, now)
        if found is not None:
            sent.append(found[0])
    return sent


def test_two_validations_far_below_the_best_go_back_to_it() -> None:
    assert look(results(0.8, 0.9, 0.91, 0.3, 0.3)) == [4]


def test_one_bad_validation_is_chance() -> None:
    assert look(results(0.8, 0.9, 0.91, 0.3, 0.9)) == []


def test_what_the_sample_explains_is_no_harm() -> None:
    assert look(results(0.8, 0.9, 0.7, 0.7, examples=20)) == []
    assert look(results(0.90, 0.89, 0.88, 0.885, 0.88)) == []


def test_a_run_that_goes_up_and_down_anyway_is_left_alone() -> None:
    assert look(results(0.9, 0.7, 0.9, 0.7, 0.9, 0.7, 0.65)) == []


def test_a_loss_that_is_not_finite_or_many_times_the_best_is_harm_where_there_is_no_accuracy() -> None:
    assert look(results(None, None, None, None, losses=(1.0, 0.5, math.inf, math.inf))) == [3]
    assert look(results(None, None, None, None, losses=(1.0, 0.5, 1.2, 1.2))) == []


def test_a_loss_at_the_noise_of_float32_is_no_harm() -> None:
    falling = (444.0, 4.8, 1e-6, 8e-7, 1e-9, 9e-7, 2e-7, 5e-7)
    assert look(results(*[None] * len(falling), losses=falling)) == []


def test_a_loss_that_goes_up_and_down_anyway_is_left_alone() -> None:
    swaying = (10.0, 0.5, 4.0, 0.5, 4.0, 0.5, 4.0, 4.0)
    assert look(results(*[None] * len(swaying), losses=swaying)) == []


def test_it_goes_back_once_in_a_while() -> None:
    harm = Harm()
    fall = results(0.8, 0.9, 0.91, 0.3, 0.3, 0.3, 0.3)
    assert look(fall, harm) == [4]
    assert look(results(0.9, 0.2, 0.2, 0.2), harm, PATIENCE + 1) == [2]
