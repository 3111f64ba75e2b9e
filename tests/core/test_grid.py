"""Versions on a grid: how far off they may be, that changes are told exactly, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from webnn.core.encoding import Encoding, decode_vector, encode_vector
from webnn.core.errors import ProtocolError
from webnn.core.events import Vector
from webnn.core.grid import COARSEST, FINEST, Grid, decode_grid, encode_grid, since_version, to_grid
from webnn.core.merging.base import CHUNK
from webnn.core.quantised import BLOCK

NUMBERS = st.floats(-(2.0**100), 2.0**100, width=32) | st.floats(-1, 1, width=32)
VECTORS = npst.arrays(np.float32, st.integers(0, 600), elements=NUMBERS, fill=NUMBERS)
LENGTHS = [1, BLOCK + 1, 2 * CHUNK + 300]
PAIRS = st.integers(0, 600).flatmap(
    lambda length: st.tuples(*(npst.arrays(np.float32, length, elements=NUMBERS, fill=NUMBERS) for _ in range(2)))
)


def same(one: Grid, other: Grid) -> bool:
    return np.array_equal(one.codes, other.codes) and np.array_equal(one.exponents, other.exponents)


@given(VECTORS)
def test_a_number_is_off_by_half_a_step_and_a_127th_of_the_largest_at_most(vector: Vector) -> None:
    grid = to_grid(vector)
    for block, first in enumerate(range(0, len(vector), BLOCK)):
        wanted = vector[first : first + BLOCK].astype(np.float64)
        step = 2.0 ** int(grid.exponents[block])
        off = np.abs(grid.vector()[first : first + BLOCK] - wanted).max()
        assert off <= step / 2 * (1 + 1e-6)
        assert off <= max(np.abs(wanted).max() / 127 * (1 + 1e-6), 2.0**-101)


@given(PAIRS)
def test_changes_lead_from_any_version_to_any_other_exactly(pair: tuple[Vector, Vector]) -> None:
    old, new = to_grid(pair[0]), to_grid(pair[1])
    payload = encode_grid(new, (7, old))
    assert since_version(payload) == 7
    assert same(decode_grid(payload, len(pair[1]), {7: old}.get), new)
    whole = encode_grid(new)
    assert since_version(whole) == 0
    assert same(decode_grid(whole, len(pair[1])), new)
    np.testing.assert_array_equal(decode_vector(whole, Encoding.GRID, len(pair[1])), new.vector())


@given(VECTORS, st.integers(-110, 110))
def test_a_step_may_be_wished_for_within_what_the_numbers_need(vector: Vector, wanted: int) -> None:
    least = to_grid(vector)
    grid = to_grid(vector, np.full(len(least.exponents), wanted, np.int8))
    for block, first in enumerate(range(0, len(vector), BLOCK)):
        exponent, needed = int(grid.exponents[block]), int(least.exponents[block])
        assert exponent == min(max(wanted, needed - FINEST, -100), needed + COARSEST)
        off = grid.vector()[first : first + BLOCK] - vector[first : first + BLOCK].astype(np.float64)
        assert np.abs(off).max() <= 2.0**exponent / 2 * (1 + 1e-6)
    assert same(decode_grid(encode_grid(grid, (3, least)), len(vector), {3: least}.get), grid)


@pytest.mark.parametrize("length", LENGTHS)
def test_small_changes_take_few_bytes_however_many_versions_went_before(length: int) -> None:
    rng = np.random.default_rng(length)
    weights = rng.normal(size=length).astype(np.float32)
    held = to_grid(weights)
    for version in range(1, 6):
        weights += rng.normal(size=length).astype(np.float32) * np.float32(0.01)
        new = to_grid(weights)
        payload = encode_grid(new, (version, held))
        assert payload.nbytes < 40 + length * 2.6 / 8
        held = decode_grid(payload, length, {version: held}.get)
        assert same(held, new)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_do_not_arrive_as_finite_ones(odd: float) -> None:
    vector = np.ones(300, np.float32)
    vector[3] = odd
    decoded = decode_vector(encode_vector(vector, "grid"), "grid", 300)
    assert not np.isfinite(decoded[:BLOCK]).any()
    np.testing.assert_array_equal(decoded[BLOCK:], vector[BLOCK:])


@given(st.binary(max_size=200), st.integers(0, 300))
def test_any_bytes_are_a_grid_or_refused(payload: bytes, length: int) -> None:
    try:
        grid = decode_grid(payload, length)
    except ProtocolError:
        return
    assert len(grid.codes) == length


@given(st.data())
def test_a_grid_with_something_wrong_is_refused_or_read_as_numbers(data: st.DataObject) -> None:
    rng = np.random.default_rng(3)
    payload = bytearray(encode_grid(to_grid(rng.normal(size=300).astype(np.float32))))
    place = data.draw(st.integers(0, len(payload) - 1))
    payload[place] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.booleans())
    try:
        grid = decode_grid(payload[:-1] if cut else payload, 300)
    except ProtocolError:
        return
    assert np.abs(grid.codes.astype(int)).max() <= 127 << 7


def test_a_version_that_is_not_held_is_refused() -> None:
    grid = to_grid(np.ones(10, np.float32))
    payload = encode_grid(grid, (7, grid))
    with pytest.raises(ProtocolError, match="version 7"):
        decode_grid(payload, 10)
    with pytest.raises(ProtocolError, match="version 7"):
        decode_grid(payload, 10, {7: to_grid(np.ones(9, np.float32))}.get)
