"""Half precision by integer arithmetic, against numpy's own conversions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from webnn.core.events import Vector
from webnn.core.halves import narrow, widen
from webnn.core.merging.base import LARGE_CHUNK

ALL_HALVES = np.arange(65_536, dtype=np.uint16).view(np.float16)
FINITE = ALL_HALVES[np.isfinite(ALL_HALVES)]


def test_every_half_is_widened_as_numpy_does() -> None:
    with np.errstate(invalid="ignore"):
        expected = ALL_HALVES.astype(np.float32)
    np.testing.assert_array_equal(widen(ALL_HALVES), expected)
    assert widen(FINITE).view(np.uint32).tolist() == FINITE.astype(np.float32).view(np.uint32).tolist()


def test_halfway_between_any_two_halves_is_rounded_as_numpy_does() -> None:
    steps = np.unique(FINITE.astype(np.float32))
    for vector in (steps, (steps[1:] + steps[:-1]) / 2, np.nextafter((steps[1:] + steps[:-1]) / 2, np.float32(9e9))):
        half = narrow(vector.astype(np.float32))
        assert half.view(np.uint16).tolist() == vector.astype(np.float16).view(np.uint16).tolist()


@given(npst.arrays(np.float32, st.integers(1, 20), elements=st.floats(-60_000, 60_000, width=32)))
def test_any_numbers_are_narrowed_as_numpy_does(vector: Vector) -> None:
    assert narrow(vector).view(np.uint16).tolist() == vector.astype(np.float16).view(np.uint16).tolist()


def test_large_numbers_stay_finite_and_others_what_they_are() -> None:
    vector = np.array([65_519, 65_520, -1e30, 3.4e38, 0.0, -0.0], np.float32)
    assert narrow(vector).tolist() == [65_504, 65_504, -65_504, 65_504, 0.0, 0.0]
    odd = narrow(np.array([np.nan, np.inf, -np.inf, 1e30, 1.0], np.float32))
    np.testing.assert_array_equal(odd, [np.nan, np.inf, -np.inf, 65_504, 1])


@pytest.mark.parametrize("number", [65_503, 65_504, 65_519.99, 65_520, 65_536, 1e30])
def test_the_largest_number_alone_is_cut_where_it_must_be(number: float) -> None:
    vector = np.array([number, -number], np.float32)
    expected = np.clip(vector, -65_504, 65_504).astype(np.float16)
    assert narrow(vector).tolist() == expected.tolist()


def test_vectors_longer_than_a_chunk_are_whole() -> None:
    vector = np.random.default_rng(1).normal(size=2 * LARGE_CHUNK + 5).astype(np.float32)
    np.testing.assert_array_equal(narrow(vector), vector.astype(np.float16))
    np.testing.assert_array_equal(widen(narrow(vector)), vector.astype(np.float16).astype(np.float32))
