"""Splits and folds: every row in exactly one place, each class alike, and the seed alone decides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from webnn.core.errors import WebNNError
from webnn.data import Dataset, Split, folds, random_split
from webnn.data.source import SplitPlan, cut, cut_again

SEEDS = st.integers(0, 2**32 - 1)
LABELS = st.lists(st.integers(0, 4), min_size=2, max_size=80).map(np.array)


@given(labels=LABELS, data=st.data(), seed=SEEDS, stratified=st.booleans())
def test_folds_hold_out_every_row_once(labels: NDArray[Any], data: Any, seed: int, stratified: bool) -> None:
    count = data.draw(st.integers(2, len(labels)))
    made = folds(labels, count, seed, stratified=stratified)
    assert len(made) == count
    assert sorted(np.concatenate(made).tolist()) == list(range(len(labels)))
    assert all(np.array_equal(rows, np.sort(rows)) for rows in made)
    sizes = [len(rows) for rows in made]
    assert max(sizes) - min(sizes) <= 1
    if stratified:
        for label in np.unique(labels):
            each = [int((labels[rows] == label).sum()) for rows in made]
            assert max(each) - min(each) <= 1


@given(labels=LABELS, seed=SEEDS)
def test_the_seed_alone_decides_the_folds(labels: NDArray[Any], seed: int) -> None:
    first, again = (folds(labels, 2, seed, stratified=True) for _ in range(2))
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))


def test_another_seed_makes_other_folds() -> None:
    labels = np.arange(100) % 3
    assert not np.array_equal(folds(labels, 5, 0, stratified=True)[0], folds(labels, 5, 1, stratified=True)[0])


def test_folds_need_as_many_rows() -> None:
    for count in (1, 4):
        with pytest.raises(WebNNError, match="3 examples cannot be cut"):
            folds(np.zeros(3), count, 0, stratified=False)


@given(count=st.integers(2, 200), fraction=st.floats(0.01, 0.99), seed=SEEDS)
def test_a_random_split_holds_out_its_share(count: int, fraction: float, seed: int) -> None:
    kept, held_out = random_split(count, fraction, seed)
    assert sorted([*kept, *held_out]) == list(range(count))
    assert len(held_out) == min(max(1, round(fraction * count)), count - 1)


def whole(count: int = 120) -> Split:
    return Split(np.arange(count, dtype=np.int32)[:, np.newaxis], np.arange(count) % 4)


def ids(split: Split) -> list[int]:
    return np.asarray(split.arrays[0][:])[:, 0].tolist()  # type: ignore[no-any-return]


def test_a_plan_cuts_train_validation_and_test() -> None:
    parts = cut(whole(), SplitPlan(validation=0.5, test=0.1, seed=3))
    assert {name: len(part) for name, part in parts.items()} == {"train": 48, "validation": 60, "test": 12}
    assert sorted(number for part in parts.values() for number in ids(part)) == list(range(120))
    assert np.bincount(parts["test"].targets).tolist() == [3, 3, 3, 3]
    for part in parts.values():
        assert (part.targets == np.array(ids(part)) % 4).all()


def test_folds_of_a_plan_are_each_validated_once() -> None:
    parts = [cut(whole(), SplitPlan(test=0.1, folds=5, fold=fold)) for fold in range(1, 6)]
    tests = {tuple(ids(part["test"])) for part in parts}
    assert len(tests) == 1
    held_out = sorted(number for part in parts for number in ids(part["validation"]))
    assert held_out == sorted(set(range(120)) - set(next(iter(tests))))
    for part in parts:
        assert not set(ids(part["validation"])) & set(ids(part["train"]))


def test_a_dataset_that_is_split_is_put_together_and_cut_anew() -> None:
    rows = whole(100)
    first = Split(rows.arrays[0][:70], rows.targets[:70])
    second = Split(rows.arrays[0][70:], rows.targets[70:])
    dataset = Dataset(train=first, validation=second, licence="CC0", source="made up")
    again = cut_again(dataset, SplitPlan(validation=0.2))
    assert (len(again.train), len(again.validation)) == (80, 20)
    assert sorted(ids(again.train) + ids(again.validation)) == list(range(100))


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"folds": 3, "fold": 4}, "split.fold is 4, but there are 3 folds"),
        ({"validation": 0.6, "test": 0.5}, "leave nothing to train on"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(section: dict[str, Any], words: str) -> None:
    with pytest.raises(WebNNError, match=words):
        SplitPlan.parse(section)


def test_values_cannot_be_stratified() -> None:
    rows = Split(np.zeros((4, 1)), np.zeros(4))
    assert len(cut(rows, SplitPlan())["train"]) == 3
    with pytest.raises(WebNNError, match="Only classes can be stratified"):
        cut(rows, SplitPlan(stratified=True))
