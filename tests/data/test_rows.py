"""`Rows` is the array that it stands for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webnn.data import Dataset, Split
from webnn.data import rows as module
from webnn.data.rows import Rows, scratch, take
from webnn.data.shards import cut_shards
from webnn.data.source import SplitPlan, cut


@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=4), data=st.data())
def test_rows_are_those_of_the_pieces_end_to_end(lengths: list[int], data: Any) -> None:
    pieces = [np.random.default_rng(number).normal(size=(length, 2)) for number, length in enumerate(lengths)]
    joined = np.concatenate(pieces)
    chosen = np.array(data.draw(st.lists(st.integers(0, len(joined) - 1), min_size=1, max_size=20)))
    view = Rows(pieces, chosen)
    expected = joined[chosen]
    assert (len(view), view.shape, view.ndim, view.nbytes) == (
        len(expected),
        expected.shape,
        expected.ndim,
        expected.nbytes,
    )
    np.testing.assert_array_equal(view[:], expected)
    np.testing.assert_array_equal(view[1:3], expected[1:3])
    np.testing.assert_array_equal(view[0], expected[0])
    again = np.array(data.draw(st.lists(st.integers(0, len(chosen) - 1), min_size=1)))
    np.testing.assert_array_equal(Rows([view], again)[:], expected[again])  # type: ignore[list-item]


def test_small_arrays_are_copied_and_large_ones_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    array = np.arange(100.0).reshape(50, 2)
    assert isinstance(take([array], np.arange(9)), np.ndarray)
    monkeypatch.setattr(module, "EAGER_BYTES", 100)
    assert isinstance(take([array], np.arange(9)), Rows)
    assert isinstance(take([array[:, 0]], np.arange(9)), np.ndarray)


def test_large_scratch_lies_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not isinstance(scratch((3, 4), np.dtype(np.float32)), np.memmap)
    monkeypatch.setattr(module, "SCRATCH_BYTES", 10)
    made = scratch((3, 4), np.dtype(np.float32))
    assert isinstance(made, np.memmap)
    made[:] = 7
    assert made.sum() == 84


def test_a_lazy_split_makes_the_shards_that_a_copied_one_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Split(np.random.default_rng(0).normal(size=(200, 5)).astype(np.float32), np.arange(200) % 3)

    def names() -> list[str]:
        parts = cut(whole, SplitPlan(seed=4))
        dataset = Dataset(**parts, licence="CC0", source="made up")  # type: ignore[arg-type]
        return [shard.name for shard in cut_shards(dataset, 1, 500).shards]

    copied = names()
    monkeypatch.setattr(module, "EAGER_BYTES", 0)
    assert names() == copied
