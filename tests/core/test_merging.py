"""The merge rules: one contract for all, each rule's own algebra, and a plain-Python twin."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from webnn.core.errors import WebNNError
from webnn.core.events import Vector
from webnn.core.merging import Contribution, MergeSpec, Strategy, Wants, make_strategy, merge_into, merge_schema
from webnn.core.merging.base import CHUNK, State
from webnn.core.merging.defaults import Defaults

RULES = [
    MergeSpec("average"),
    MergeSpec("weighted"),
    MergeSpec("mimic"),
    MergeSpec("mimic", {"form": "code"}),
    MergeSpec("mimic", {"form": "printed"}),
]
AVERAGES = RULES[:2]
LENGTH = 5
FLOATS = st.floats(-1e6, 1e6, width=32)
VECTORS = npst.arrays(np.float32, LENGTH, elements=FLOATS)
COUNTS = st.integers(0, 10_000)
POSITIONS = st.integers(1, 10_000)


def contribution(payload: Vector, position: int, *, whole: bool = False, staleness: int = 0) -> Contribution:
    return Contribution("0-0", "a", payload, position - 1, 1, 64, staleness, whole)


def merged(
    spec: MergeSpec, weights: Vector, contributions: Sequence[Contribution], iterations: int, trainable: int = LENGTH
) -> Vector:
    result = weights.copy()
    strategy = make_strategy(spec)
    merge_into(strategy, result, trainable, contributions, iterations, strategy.state(trainable))
    return result


def twin(spec: MergeSpec, weights: list[float], payload: list[float], t: int, p: int) -> list[float]:
    """Merge as the report writes it, number by number in double precision."""
    match spec.name, spec.options.get("form", "prose"):
        case "average", _:
            return [(w + q) / 2 for w, q in zip(weights, payload, strict=True)]
        case "weighted", _:
            return [(w * t + q * p) / (t + p) for w, q in zip(weights, payload, strict=True)]
        case "mimic", "printed":
            d = t - p
            return [(w + (q - w if d < 0 else w - q)) / (abs(d) + 1) for w, q in zip(weights, payload, strict=True)]
        case _, form:
            d = p - t
            if d == 0 and form == "prose":
                return [(w + q) / 2 for w, q in zip(weights, payload, strict=True)]
            sign = 1 if d > 0 else -1
            return [w + sign * (q - w) / (abs(d) + 1) for w, q in zip(weights, payload, strict=True)]


@pytest.mark.parametrize("spec", RULES, ids=str)
@given(weights=VECTORS, payload=VECTORS, t=COUNTS, p=POSITIONS)
def test_rule_agrees_with_its_plain_python_twin(
    spec: MergeSpec, weights: Vector, payload: Vector, t: int, p: int
) -> None:
    result = merged(spec, weights, [contribution(payload, p)], t)
    expected = twin(spec, weights.tolist(), payload.tolist(), t, p)
    scale = float(np.abs(weights).max() + np.abs(payload).max())
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=4e-7 * scale + 1e-30)


@pytest.mark.parametrize("spec", RULES, ids=str)
@given(weights=VECTORS, payload=VECTORS, t=COUNTS, p=POSITIONS)
def test_rule_alters_nothing_but_the_weights(spec: MergeSpec, weights: Vector, payload: Vector, t: int, p: int) -> None:
    before = payload.copy()
    payload.flags.writeable = False
    merged(spec, weights, [contribution(payload, p)], t)
    np.testing.assert_array_equal(payload, before)


@pytest.mark.parametrize("spec", RULES, ids=str)
@given(weights=VECTORS, t=COUNTS, extra=st.integers(0, 100))
def test_equal_weights_stay_as_they_are(spec: MergeSpec, weights: Vector, t: int, extra: int) -> None:
    if spec.options.get("form") == "printed":
        return  # divides the weights themselves
    result = merged(spec, weights, [contribution(weights.copy(), t + extra + 1)], t)
    np.testing.assert_array_equal(result, weights)


@pytest.mark.parametrize("spec", RULES, ids=str)
def test_lone_whole_contribution_becomes_the_weights(spec: MergeSpec) -> None:
    payload = np.array([1, 1e-8, -3, 1e8, 5], np.float32)
    result = merged(spec, np.full(5, 1e8, np.float32), [contribution(payload, 3, whole=True)], 2, trainable=3)
    np.testing.assert_array_equal(result, payload)


@pytest.mark.parametrize("spec", RULES, ids=str)
@given(t=COUNTS, positions=st.lists(POSITIONS, min_size=1, max_size=4))
def test_iterations_behind_the_weights_never_fall(spec: MergeSpec, t: int, positions: list[int]) -> None:
    contributions = [contribution(np.zeros(1, np.float32), position) for position in positions]
    assert make_strategy(spec).iterations_after(t, contributions) == max(t, *positions)


@pytest.mark.parametrize("spec", AVERAGES, ids=str)
@given(weights=VECTORS, payloads=st.lists(st.tuples(VECTORS, POSITIONS), min_size=1, max_size=5), t=COUNTS)
def test_averages_stay_inside_the_range_of_what_they_average(
    spec: MergeSpec, weights: Vector, payloads: list[tuple[Vector, int]], t: int
) -> None:
    result = merged(spec, weights, [contribution(*pair) for pair in payloads], t)
    everything = np.stack([weights, *(payload for payload, _ in payloads)])
    slack = np.abs(everything).max(axis=0) * 1e-6
    assert (result >= everything.min(axis=0) - slack).all()
    assert (result <= everything.max(axis=0) + slack).all()


@pytest.mark.parametrize("spec", AVERAGES, ids=str)
@given(data=st.data(), weights=VECTORS, payloads=st.lists(st.tuples(VECTORS, POSITIONS), min_size=2, max_size=5))
def test_order_matters_only_to_rounding(
    spec: MergeSpec, data: st.DataObject, weights: Vector, payloads: list[tuple[Vector, int]]
) -> None:
    contributions = [contribution(*pair) for pair in payloads]
    shuffled = data.draw(st.permutations(contributions))
    scale = max(float(np.abs(payload).max()) for payload, _ in payloads) + float(np.abs(weights).max())
    first, second = merged(spec, weights, contributions, 7), merged(spec, weights, shuffled, 7)
    np.testing.assert_allclose(first, second, rtol=1e-5, atol=1e-6 * scale)


@given(weights=VECTORS, payloads=st.lists(VECTORS, min_size=1, max_size=5))
def test_average_of_several_is_their_mean(weights: Vector, payloads: list[Vector]) -> None:
    result = merged(MergeSpec("average"), weights, [contribution(payload, 1) for payload in payloads], 0)
    everything = np.stack([weights, *payloads]).astype(np.float64)
    np.testing.assert_allclose(result, everything.mean(axis=0), rtol=1e-5, atol=1e-6 * np.abs(everything).max() + 1e-30)


def test_weighted_takes_everything_from_the_first_trained_weights() -> None:
    payload = np.array([1e-8, 2, 3, 4, 5], np.float32)
    result = merged(MergeSpec("weighted"), np.full(5, 1e8, np.float32), [contribution(payload, 9)], 0)
    np.testing.assert_array_equal(result, payload)


def test_mimic_follows_those_ahead_and_flees_those_behind() -> None:
    zero, one = np.zeros(LENGTH, np.float32), np.ones(LENGTH, np.float32)
    assert merged(MergeSpec("mimic"), zero, [contribution(one, 13)], 10)[0] == pytest.approx(1 / 4)
    assert merged(MergeSpec("mimic"), zero, [contribution(one, 7)], 10)[0] == pytest.approx(-1 / 4)
    assert merged(MergeSpec("mimic"), zero, [contribution(one, 10)], 10)[0] == pytest.approx(1 / 2)
    assert merged(MergeSpec("mimic", {"form": "code"}), zero, [contribution(one, 10)], 10)[0] == pytest.approx(-1)


def test_large_vectors_are_merged_in_chunks_like_small_ones() -> None:
    rng = np.random.default_rng(0)
    weights, payload = (rng.standard_normal(2 * CHUNK + 17, np.float32) for _ in range(2))
    result = merged(MergeSpec("average"), weights, [contribution(payload, 1)], 1, trainable=len(weights))
    np.testing.assert_allclose(result, (weights + payload) / 2, atol=1e-6)


def test_non_trainable_weights_are_averaged_whatever_the_rule() -> None:
    weights = np.zeros(LENGTH, np.float32)
    payload = np.full(LENGTH, 8, np.float32)
    result = merged(MergeSpec("mimic"), weights, [contribution(payload, 3)], 10, trainable=3)
    np.testing.assert_allclose(result, [-1, -1, -1, 4, 4])


class _Delta(Defaults):
    """A rule that takes deltas, to see what becomes of the statistics."""

    name = "delta"
    wants = Wants.DELTA

    def merge(self, weights: Vector, contributions: Sequence[Contribution], iterations: int, state: State) -> None:
        for each in contributions:
            weights += each.payload[: len(weights)]


def test_non_trainable_deltas_are_averaged_and_count_less_the_staler_they_are() -> None:
    strategy: Strategy = _Delta()
    weights = np.zeros(2, np.float32)
    deltas = [contribution(np.full(2, 6, np.float32), 1, staleness=staleness) for staleness in (0, 2)]
    merge_into(strategy, weights, 1, deltas, 0, {})
    np.testing.assert_allclose(weights, [12, 3 + 1])


@pytest.mark.parametrize(("position", "length"), [(0, LENGTH), (1, LENGTH + 1)])
def test_contribution_without_iterations_or_of_another_length_is_refused(position: int, length: int) -> None:
    with pytest.raises(ValueError, match="contribution"):
        merged(
            MergeSpec("average"),
            np.zeros(LENGTH, np.float32),
            [contribution(np.zeros(length, np.float32), position)],
            1,
        )


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (MergeSpec("wieghted"), 'Did you mean "weighted"'),
        (MergeSpec("mimic", {"from": "code"}), 'Did you mean "form"'),
        (MergeSpec("mimic", {"form": "poem"}), "prose, code, printed"),
        (MergeSpec("average", {"alpha": 1}), "Known are: at"),
    ],
)
def test_mistakes_in_a_rules_name_or_options_are_told_in_words(spec: MergeSpec, words: str) -> None:
    with pytest.raises(WebNNError, match=words) as caught:
        make_strategy(spec)
    assert caught.value.code == "settings"


def test_schema_describes_the_options_of_each_rule() -> None:
    schema = merge_schema()
    assert set(schema) >= {"average", "weighted", "mimic"}
    assert list(schema["mimic"]["properties"]) == ["form", "at"]
    assert schema["mimic"]["properties"]["form"]["enum"] == ["prose", "code", "printed"]
