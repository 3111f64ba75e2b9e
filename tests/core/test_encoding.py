"""Vectors on the wire."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from webnn.core.encoding import Encoding, decode_vector, encode_vector, most_bytes
from webnn.core.errors import ProtocolError
from webnn.core.events import Vector

VECTORS = npst.arrays(
    np.float32, st.integers(0, 9), elements=st.floats(width=32, allow_nan=False, allow_infinity=False)
)


@given(VECTORS)
def test_f32_comes_back_exactly_and_without_a_copy(vector: Vector) -> None:
    encoded = encode_vector(vector, Encoding.F32)
    decoded = decode_vector(encoded, Encoding.F32, len(vector))
    np.testing.assert_array_equal(decoded, vector)
    assert len(vector) == 0 or np.shares_memory(decoded, vector)


@given(VECTORS)
def test_f16_comes_back_within_its_precision_and_finite(vector: Vector) -> None:
    decoded = decode_vector(encode_vector(vector, "f16"), "f16", len(vector))
    assert decoded.dtype == np.float32
    np.testing.assert_allclose(decoded, np.clip(vector, -65_504, 65_504), rtol=2**-11, atol=2**-24)


@given(VECTORS, st.sampled_from([Encoding.F32, Encoding.F16, Encoding.INT8]))
def test_a_version_takes_as_many_bytes_as_is_said_before(vector: Vector, encoding: Encoding) -> None:
    assert len(encode_vector(vector, encoding)) == most_bytes(len(vector), encoding)


@given(data=st.binary(max_size=64), encoding=st.sampled_from(Encoding), num_weights=st.integers(0, 16))
def test_any_bytes_are_a_vector_or_a_protocol_error(data: bytes, encoding: Encoding, num_weights: int) -> None:
    try:
        vector = decode_vector(data, encoding, num_weights)
    except ProtocolError:
        assert encoding in (Encoding.TOPK, Encoding.GRID) or len(data) != len(
            encode_vector(np.zeros(num_weights, np.float32), encoding)
        )
        return
    assert vector.shape == (num_weights,)
    assert vector.dtype == np.float32


def test_vector_of_another_length_is_refused_with_both_lengths() -> None:
    with pytest.raises(ProtocolError, match=r"12 bytes, not the 16"):
        decode_vector(bytes(12), "f32", 4)
