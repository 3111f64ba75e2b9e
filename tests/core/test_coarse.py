"""Four bits a number, and two: how far off they may be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from webnn.core.coarse import coarse_bytes, decode_coarse, encode_coarse
from webnn.core.errors import ProtocolError
from webnn.core.events import Vector
from webnn.core.quantised import BLOCK

NUMBERS = st.floats(-(2.0**100), 2.0**100, width=32) | st.floats(-1, 1, width=32)
VECTORS = npst.arrays(np.float32, st.integers(0, 600), elements=NUMBERS, fill=NUMBERS)
LEAST = 2.0**-100


@given(VECTORS)
def test_int4_is_off_by_half_a_step_of_its_block_at_most(vector: Vector) -> None:
    payload = encode_coarse(vector, 4)
    assert payload.nbytes == coarse_bytes(len(vector), 4)
    decoded = decode_coarse(payload, 4, len(vector))
    for first in range(0, len(vector), BLOCK):
        block = vector[first : first + BLOCK].astype(np.float64)
        assert np.abs(decoded[first : first + BLOCK] - block).max() <= np.abs(block).max() / 14 * (1 + 1e-5) + LEAST


@given(VECTORS)
def test_int2_is_off_by_half_a_root_mean_square_within_two_of_them(vector: Vector) -> None:
    payload = encode_coarse(vector, 2)
    assert payload.nbytes == coarse_bytes(len(vector), 2)
    decoded = decode_coarse(payload, 2, len(vector))
    for first in range(0, len(vector), BLOCK):
        block = vector[first : first + BLOCK].astype(np.float64)
        usual = np.sqrt((block**2).mean())
        allowed = np.maximum(usual / 2, np.abs(block) - 1.5 * usual) * (1 + 1e-5) + 1e-5 * usual + 3 * 16 * LEAST
        assert (np.abs(decoded[first : first + BLOCK] - block) <= allowed).all()


@pytest.mark.parametrize("bits", [4, 2])
def test_a_payload_of_another_length_is_refused(bits: int) -> None:
    payload = bytes(encode_coarse(np.ones(300, np.float32), bits))
    for wrong in (payload[:-1], payload + b"\0", b""):
        with pytest.raises(ProtocolError, match="payload"):
            decode_coarse(wrong, bits, 300)
