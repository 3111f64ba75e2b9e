"""IDX files are read as they were written, or refused."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from webnn.core.errors import WebNNError
from webnn.data.idx import parse_idx, read_idx, write_idx


@pytest.mark.parametrize("name", ["a.idx", "a.idx.gz"])
@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int32", "float32", "float64"])
def test_what_is_written_is_read_back(tmp_path: Path, name: str, dtype: str) -> None:
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    write_idx(tmp_path / name, array)
    back = read_idx(tmp_path / name, (2, 3, 4))
    np.testing.assert_array_equal(back, array)
    assert back.dtype.newbyteorder("=") == array.dtype


def test_a_known_file_is_read_by_hand() -> None:
    data = bytes([0, 0, 0x0B, 2, 0, 0, 0, 1, 0, 0, 0, 2, 1, 0, 255, 255])
    assert parse_idx(data, "x").tolist() == [[256, -1]]


@given(st.binary(max_size=40))
def test_any_bytes_are_an_array_or_refused(data: bytes) -> None:
    try:
        parse_idx(data, "x")
    except WebNNError as error:
        assert error.code == "invalid_dataset"  # noqa: PT017 - either end is right


@given(arrays.arrays(np.uint8, arrays.array_shapes(max_dims=3, max_side=4)), st.data())
def test_a_file_cut_short_is_refused(array: Any, data: st.DataObject) -> None:
    whole = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(WebNNError):
        parse_idx(whole[:cut], "x")


def test_a_damaged_gzip_file_and_another_shape_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(bytes(1000))[:-9])
    with pytest.raises(WebNNError, match="damaged gzip file"):
        read_idx(path)
    write_idx(tmp_path / "b", np.zeros(3, np.uint8))
    with pytest.raises(WebNNError, match=r"shape \[3\], not \[4\]"):
        read_idx(tmp_path / "b", (4,))
