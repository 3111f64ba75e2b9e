"""Arrays as the safetensors library reads them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from webnn.store.arrays import PIECE_BYTES, write_arrays


def test_library_reads_what_is_written(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    arrays = {
        "weights": rng.standard_normal(PIECE_BYTES // 4 + 3).astype(np.float32),
        "flag": np.array([True, False, True]),
        "count": np.array([7], np.int64),
        "square": rng.standard_normal((3, 5)),
        "empty": np.zeros(0, np.float32),
        "strided": np.arange(10, dtype=np.int32)[::2],
        "scalar": np.array(1.5, np.float16),
    }
    path = tmp_path / "x.safetensors"
    digest = write_arrays(path, arrays)
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    found = load_file(path)
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_dtype_without_a_name_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="complex128"):
        write_arrays(tmp_path / "x.safetensors", {"x": np.zeros(2, np.complex128)})
