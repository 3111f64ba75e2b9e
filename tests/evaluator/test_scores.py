"""Metrics against counting by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webnn.core.errors import WebNNError
from webnn.evaluator.scores import score_classes, score_labels, score_values

PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60)


def by_hand(pairs: list[tuple[int, int]], one: int) -> tuple[float, float, float]:
    """Precision, recall and F1 of class `one`, counted pair by pair; pairs are (true, predicted)."""
    hits = sum(1 for true, said in pairs if true == said == one)
    said = sum(1 for _, predicted in pairs if predicted == one)
    of = sum(1 for true, _ in pairs if true == one)
    precision = hits / said if said else 0.0
    recall = hits / of if of else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return precision, recall, f1


@given(PAIRS)
def test_classes_are_counted_as_by_hand(pairs: list[tuple[int, int]]):
    truth = np.array([true for true, _ in pairs], np.uint8)
    outputs = np.eye(4, dtype=np.float32)[[said for _, said in pairs]]
    found = score_classes(outputs, truth, list("abcd"))
    assert found["accuracy"] == pytest.approx(sum(true == said for true, said in pairs) / len(pairs))
    for number, row in enumerate(found["per_class"]):
        assert (row["precision"], row["recall"], row["f1"]) == pytest.approx(by_hand(pairs, number))
        assert row["examples"] == int((truth == number).sum())
    there = sorted(set(truth.tolist()))
    for place, name in enumerate(("precision", "recall", "f1")):
        mean = sum(by_hand(pairs, number)[place] for number in there) / len(there)
        assert found["macro"][name] == pytest.approx(mean)
    assert found["confusion"][pairs[0][0]][pairs[0][1]] == pairs.count(pairs[0])
    assert np.sum(found["confusion"]) == len(pairs)


def test_one_output_tells_two_classes_apart():
    found = score_classes(np.array([[0.9], [0.2], [0.6]]), np.array([1, 0, 0]), ["no", "yes"])
    assert found["confusion"] == [[1, 1], [0, 1]]


def test_outputs_that_are_not_finite_win_no_class():
    found = score_classes(np.array([[np.nan, 0.1], [np.inf, 0.3]]), np.array([1, 1]), ["a", "b"])
    assert found["accuracy"] == 1.0


def test_outputs_that_are_not_classes_are_refused():
    with pytest.raises(WebNNError, match="3 outputs for 2 classes"):
        score_classes(np.zeros((4, 3)), np.zeros(4), ["a", "b"])


def test_labels_are_counted_each():
    found = score_labels(np.array([[0.9, 0.1], [0.8, 0.7]]), np.array([[1, 0], [0, 1]]))
    assert found["accuracy"] == 0.75
    assert found["exact"] == 0.5
    assert found["per_class"][0] == {"label": "0", "precision": 0.5, "recall": 1.0, "f1": 2 / 3, "examples": 1}


def test_values_are_compared():
    found = score_values(np.array([[1.0], [2.0], [4.0]]), np.array([1.0, 2.0, 3.0]))
    assert (found["mse"], found["mae"], found["r2"]) == pytest.approx((1 / 3, 1 / 3, 0.5))
    assert score_values(np.ones((3, 1)), np.ones(3))["r2"] is None
    with pytest.raises(WebNNError, match="2 outputs for 1 targets"):
        score_values(np.ones((3, 2)), np.ones(3))
