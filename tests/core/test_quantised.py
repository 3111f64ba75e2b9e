"""The compact encodings: how far off they may be, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from webnn.core.encoding import Encoding, decode_vector, encode_vector
from webnn.core.errors import ProtocolError
from webnn.core.events import Vector
from webnn.core.merging.base import LARGE_CHUNK
from webnn.core.quantised import (
    BLOCK,
    decode_int8,
    decode_topk,
    encode_int8,
    encode_topk,
    int8_bytes,
    topk_count,
)

NUMBERS = st.floats(-(2.0**100), 2.0**100, width=32) | st.floats(-1, 1, width=32)
VECTORS = npst.arrays(np.float32, st.integers(0, 600), elements=NUMBERS, fill=NUMBERS)
LEAST = 2.0**-100
COMPACT = [Encoding.INT8, Encoding.INT4, Encoding.INT2, Encoding.TOPK]


@given(VECTORS)
def test_int8_is_off_by_half_a_step_of_its_block_at_most(vector: Vector) -> None:
    payload = encode_int8(vector)
    assert payload.nbytes == int8_bytes(len(vector))
    decoded = decode_int8(payload, len(vector))
    for first in range(0, len(vector), BLOCK):
        block = vector[first : first + BLOCK].astype(np.float64)
        bound = np.abs(block).max() / 254 * (1 + 1e-5) + LEAST
        assert np.abs(decoded[first : first + BLOCK] - block).max() <= bound


@given(VECTORS, st.integers(1, 50))
def test_topk_keeps_the_largest_within_half_a_step_and_nothing_else(vector: Vector, count: int) -> None:
    decoded = decode_topk(encode_topk(vector, count), len(vector))
    kept = decoded != 0
    assert kept.sum() <= count
    if not len(vector):
        return
    order = np.sort(np.abs(vector))
    smallest_kept = float(order[max(0, len(vector) - count)])
    off = np.abs(decoded - vector.astype(np.float64))
    bound = max(smallest_kept, float(order[-1]) / 254 * (1 + 1e-5)) + LEAST
    assert off.max() <= bound


@pytest.mark.parametrize("encoding", COMPACT)
def test_what_was_lost_arrives_in_time_when_it_is_added_to_the_next(encoding: Encoding) -> None:
    rng = np.random.default_rng(1)
    residual, sent, wanted = (np.zeros(1000, np.float32) for _ in range(3))
    for _ in range(400):
        delta = rng.normal(size=1000).astype(np.float32)
        wanted += delta
        due = delta + residual
        arrived = decode_vector(encode_vector(due, encoding), encoding, 1000)
        residual = due - arrived
        sent += arrived
    np.testing.assert_allclose(sent + residual, wanted, atol=1e-2)
    assert np.abs(residual).max() < {Encoding.INT8: 0.05, Encoding.INT4: 0.5, Encoding.INT2: 10}.get(encoding, 250)


@pytest.mark.parametrize("encoding", COMPACT)
@pytest.mark.parametrize("length", [1, BLOCK, BLOCK + 1, 2 * LARGE_CHUNK + 3])
def test_base_is_added_and_left_alone(encoding: Encoding, length: int) -> None:
    rng = np.random.default_rng(length)
    base, delta = rng.normal(size=(2, length)).astype(np.float32)
    before = base.copy()
    payload = encode_vector(delta, encoding)
    alone = decode_vector(payload, encoding, length)
    np.testing.assert_array_equal(decode_vector(payload, encoding, length, base), base + alone)
    np.testing.assert_array_equal(base, before)


@pytest.mark.parametrize("encoding", COMPACT)
@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_numbers_that_are_not_finite_do_not_arrive_as_finite_ones(encoding: Encoding, odd: float) -> None:
    vector = np.ones(10, np.float32)
    vector[3] = odd
    assert not np.isfinite(decode_vector(encode_vector(vector, encoding), encoding, 10)).all()


def test_places_must_go_up_and_be_in_the_model() -> None:
    good = bytearray(encode_topk(np.array([0, 5, 0, -3], np.float32), 2))
    assert decode_topk(good, 4)[1] == 5
    for places in ([3, 1], [1, 1], [1, 4], [1, 2**32 - 1]):
        bad = bytearray(good)
        bad[8:16] = np.array(places, "<u4").tobytes()
        with pytest.raises(ProtocolError, match="places"):
            decode_topk(bad, 4)
    for wrong in (b"", good[:-1], np.uint32(9).tobytes() + bytes(20)):
        with pytest.raises(ProtocolError, match="payload"):
            decode_topk(wrong, 4)


def test_a_hundredth_is_kept() -> None:
    assert [topk_count(n) for n in (1, 30, 1000)] == [1, 1, 10]
