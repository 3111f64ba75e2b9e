"""Measuring updates."""

from __future__ import annotations

import numpy as np
import pytest

from webnn.core.directions import cosine
from webnn.core.merging import Wants
from webnn.engine.sketching import SAMPLE, WIDTH, Measure, agree, compare


@pytest.mark.parametrize("length", [1, 5, WIDTH, 5000, 3 * SAMPLE + 1])
def test_a_sketch_keeps_direction_and_the_length_is_exact(length: int) -> None:
    rng = np.random.default_rng(length)
    measure = Measure(length)
    work = rng.standard_normal(length).astype(np.float32)
    base = rng.standard_normal(length).astype(np.float32)
    verdict = measure.judge(base + work, base)
    assert verdict.length == pytest.approx(np.linalg.norm(work), rel=1e-4)
    same, opposite = measure.judge(work * 3, None), measure.judge(-work, None)
    assert cosine(verdict.sketch, same.sketch) == pytest.approx(1, abs=1e-3)
    assert cosine(verdict.sketch, opposite.sketch) == pytest.approx(-1, abs=1e-3)
    assert len(verdict.sketch) == WIDTH


def test_cosines_of_sketches_are_about_those_of_the_updates() -> None:
    rng = np.random.default_rng(1)
    measure, misses = Measure(5000), []
    for _ in range(50):
        first = rng.standard_normal(5000).astype(np.float32)
        second = (0.6 * first + 0.8 * rng.standard_normal(5000)).astype(np.float32)
        sketches = [measure.judge(each, None).sketch for each in (first, second)]
        misses.append(cosine(*sketches) - compare(first, second)[0])
    assert abs(np.mean(misses)) < 0.05
    assert np.std(misses) < 2 / WIDTH**0.5


def test_a_fingerprint_tells_updates_apart_and_copies_not() -> None:
    measure = Measure(100)
    work = np.arange(100, dtype=np.float32)
    other = work.copy()
    other[50] += 1
    prints = [measure.judge(each, None).fingerprint for each in (work, work.copy(), other)]
    assert prints[0] == prints[1] != prints[2]


@pytest.mark.parametrize("place", [0, 1, 4_999, 5_000])
def test_a_fingerprint_sees_a_number_that_is_in_no_sample(place: int) -> None:
    measures = [Measure(5001) for _ in range(8)]  # whatever each of them samples
    work = np.arange(5001, dtype=np.float32)
    other = work.copy()
    other[place] += np.float32(0.5)
    for measure in measures:
        assert measure.judge(work, None).fingerprint != measure.judge(other, None).fingerprint


def test_trained_weights_bear_one_name_from_wherever_they_are_said_to_come() -> None:
    rng = np.random.default_rng(2)
    measure = Measure(50_001)
    base, later = (rng.standard_normal(50_001).astype(np.float32) for _ in range(2))
    work = base + np.float32(0.01)
    first, again, other = measure.judge(work, base), measure.judge(work.copy(), later), measure.judge(work + 1, base)
    assert first.fingerprint
    assert first.fingerprint == again.fingerprint != other.fingerprint
    assert first.rough == again.rough == ""


@pytest.mark.parametrize("changed", [20, 5_001])
def test_of_weights_that_hardly_change_each_number_counts(changed: int) -> None:
    """Whatever is sampled, the two updates differ in one number only, and in hardly more from their base."""
    base = np.arange(1, 5_002, dtype=np.float32)
    one = base.copy()
    one[:changed] += np.float32(0.25)
    other = one.copy()
    other[3] += np.float32(0.25)
    for _ in range(8):
        measure = Measure(5_001)
        verdicts = [measure.judge(each, base) for each in (one, one.copy(), other)]
        names = [(each.fingerprint, each.length) for each in verdicts]
        assert names[0] == names[1] != names[2]


def test_a_copy_of_weights_that_hardly_changed_is_known_when_the_version_has_moved_on() -> None:
    base = np.arange(1, 5_002, dtype=np.float32)
    work = base.copy()
    work[:20] += np.float32(0.25)
    measure = Measure(5_001)
    first, copy = measure.judge(work, base), measure.judge(work, base + np.float32(0.5))
    assert first.fingerprint != copy.fingerprint == first.rough != ""


def test_what_is_not_finite_or_enormous_breaks_nothing() -> None:
    measure = Measure(8)
    assert not measure.judge(np.full(8, np.nan, np.float32), None).finite
    enormous = measure.judge(np.full(8, 3e38, np.float32), np.full(8, -3e38, np.float32))
    assert enormous.finite
    assert not enormous.length < 1e30
    zero = measure.judge(np.zeros(8, np.float32), None)
    assert zero.length == 0
    assert cosine(zero.sketch, zero.sketch) == 0


def test_trained_weights_are_compared_without_their_base() -> None:
    base = np.full(6, 100, np.float32)
    work = np.arange(6, dtype=np.float32)
    agreement, ratio = agree(base + 2 * work, [base + work], Wants.WEIGHTS, base)
    assert agreement == pytest.approx(1)
    assert ratio == pytest.approx(2)
    assert agree(-work, [work], Wants.DELTA, base)[0] == pytest.approx(-1)
    assert agree(np.zeros(6, np.float32), [work], Wants.DELTA, base) == (0.0, 0.0)
    assert agree(work, [np.full(6, np.nan, np.float32)], Wants.DELTA, base)[0] is None


def test_where_the_optimisers_memory_decides_nothing_can_be_told() -> None:
    base, one, other = np.zeros(4, np.float32), np.eye(4, dtype=np.float32)[0], np.eye(4, dtype=np.float32)[1]
    assert agree(one, [one, other], Wants.DELTA, base)[0] is None
    assert agree(one, [np.zeros(4, np.float32)], Wants.DELTA, base)[0] is None, "it went nowhere"
    agreement, ratio = agree(one, [one + other, 0.5 * one], Wants.DELTA, base)
    assert agreement == pytest.approx(1), "the better of two"
    assert ratio == pytest.approx(1 / np.sqrt(2)), "the shorter of two"


def test_what_is_nearly_all_zero_has_no_fingerprint() -> None:
    sparse = np.zeros(1000, np.float32)
    sparse[:3] = 1
    assert not Measure(1000).judge(sparse, None).fingerprint
