"""What every robust reducer owes: its twin's result, any order, its range, and what it stands."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from tests.core.merging.strategies import for_any
from tests.core.robust.twins import TWINS
from webnn.core.errors import WebNNError
from webnn.core.events import Vector
from webnn.core.merging import MergeSpec, merge_into
from webnn.core.merging.base import Contribution, Immediate, Wants
from webnn.core.merging.registry import make_strategy
from webnn.core.robust import Piece, Reducer, make_reducer, make_robust, robust_schema
from webnn.core.robust.base import norm, outvoted

CASES: list[tuple[str, dict[str, Any]]] = [
    *((name, {}) for name in TWINS),
    ("trimmed-mean", {"share": 0.4}),
    ("krum", {"share": 0.1}),
    ("clip", {"factor": 1.0}),
    ("centred-clipping", {"radius": 0.5, "passes": 2}),
]
STANDS_VALUES = ("median", "trimmed-mean", "krum", "multi-krum", "bulyan")
IN_RANGE = ("median", "trimmed-mean", "krum", "multi-krum", "bulyan")

every_reducer = pytest.mark.parametrize(("name", "options"), CASES, ids=str)
seeds = st.integers(0, 2**32 - 1)
LENGTH = 13


def make(name: str, options: dict[str, Any] | None = None) -> Reducer:
    return make_reducer(MergeSpec(name, options or {}))


def draw(seed: int, count: int, length: int = LENGTH) -> list[Vector]:
    rng = np.random.default_rng(seed)
    centre = rng.standard_normal(length)
    return [(centre + 0.3 * rng.standard_normal(length)).astype(np.float32) for _ in range(count)]


def reduce(reducer: Reducer, vectors: list[Vector], state: dict[str, Any] | None = None) -> list[Vector]:
    return reducer.reduce([Piece(vector) for vector in vectors], {} if state is None else state)


def test_every_reducer_has_a_twin() -> None:
    assert set(robust_schema()) == set(TWINS)


@every_reducer
@for_any(seed=seeds, count=st.integers(1, 12))
def test_the_twin_agrees(name: str, options: dict[str, Any], seed: int, count: int) -> None:
    vectors = draw(seed, count)
    expected = TWINS[name]([vector.tolist() for vector in vectors], options)
    np.testing.assert_allclose(reduce(make(name, options), vectors), expected, rtol=1e-4, atol=1e-5)


@every_reducer
@for_any(seed=seeds, count=st.integers(2, 11))
def test_order_does_not_matter(name: str, options: dict[str, Any], seed: int, count: int) -> None:
    vectors = draw(seed, count)
    order = np.random.default_rng(seed).permutation(count)
    straight = reduce(make(name, options), vectors)
    shuffled = reduce(make(name, options), [vectors[place] for place in order])
    for at, place in enumerate(order):
        np.testing.assert_allclose(shuffled[at], straight[place], rtol=1e-5, atol=1e-5)


@every_reducer
@for_any(seed=seeds)
def test_one_contribution_comes_back_as_it_is_and_inputs_are_never_altered(
    name: str, options: dict[str, Any], seed: int
) -> None:
    (vector,) = draw(seed, 1)
    vector.flags.writeable = False
    np.testing.assert_array_equal(reduce(make(name, options), [vector])[0], vector)
    vectors = draw(seed, 7)
    for each in vectors:
        each.flags.writeable = False
    state: dict[str, Any] = {}
    reduce(make(name, options), vectors, state)
    reduce(make(name, options), vectors, state)


@pytest.mark.parametrize("name", IN_RANGE)
@for_any(seed=seeds, count=st.integers(1, 12))
def test_it_stays_inside_the_range_of_what_came(name: str, seed: int, count: int) -> None:
    vectors = draw(seed, count)
    block = np.stack(vectors)
    made = reduce(make(name), vectors)[0]
    slack = 1e-5 * np.abs(block).max()
    assert (made >= block.min(axis=0) - slack).all()
    assert (made <= block.max(axis=0) + slack).all()


@pytest.mark.parametrize("name", STANDS_VALUES)
@pytest.mark.parametrize("scale", [1.0, 1e6, 1e30])
@for_any(seed=seeds)
def test_as_many_liars_as_promised_cannot_leave_the_honest_range_far(name: str, scale: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = 11
    honest = draw(seed, count - 2)
    lies = [np.float32(scale) * rng.standard_normal(LENGTH).astype(np.float32) * 20 for _ in range(2)]
    made = reduce(make(name), [*lies, *honest])[0]
    block = np.stack(honest)
    spread = float(np.ptp(block, axis=0).max())
    assert (np.abs(made - block.mean(axis=0)) <= 2 * spread).all()


@pytest.mark.parametrize("name", ["clip", "centred-clipping"])
@for_any(seed=seeds)
def test_length_is_bounded_by_what_is_usual(name: str, seed: int) -> None:
    reducer, state = make(name), dict[str, Any]()
    honest = draw(seed, 8)
    reduce(reducer, honest, state)
    usual = max(norm(vector) for vector in honest)
    for _ in range(20):
        made = reduce(reducer, [vector * np.float32(1e6) for vector in draw(seed + 1, 1)], state)
        assert norm(made[0]) <= 50 * usual


def test_clip_allows_longer_leases_more() -> None:
    reducer = make("clip", {"factor": 1})
    short, long = np.full(4, 1, np.float32), np.full(4, 2, np.float32)
    state: dict[str, Any] = {}
    reducer.reduce([Piece(short, 4)], state)
    np.testing.assert_allclose(reducer.reduce([Piece(short, 4), Piece(long, 16)], state)[1], long)


def test_outvoted_rounds_up_and_keeps_its_limit() -> None:
    assert [outvoted(0.3, count, (count - 3) // 2) for count in (1, 2, 3, 5, 10)] == [0, 0, 0, 1, 3]


@pytest.mark.parametrize("name", ["median", "trimmed-mean", "krum", "multi-krum", "bulyan"])
def test_a_rule_that_merges_each_update_by_itself_refuses_what_compares(name: str) -> None:
    with pytest.raises(WebNNError, match="merges each by itself"):
        make_robust(make_strategy(MergeSpec("weighted")), MergeSpec(name))


def test_unknown_reducers_and_options_are_named() -> None:
    with pytest.raises(WebNNError, match="median"):
        make_reducer(MergeSpec("medain"))
    with pytest.raises(WebNNError, match=r"robust\.trimmed-mean.*share"):
        make_reducer(MergeSpec("trimmed-mean", {"shear": 0.2}))
    with pytest.raises(WebNNError, match=r"robust\.krum\.share"):
        make_reducer(MergeSpec("krum", {"share": 2}))


def _contribution(number: int, payload: Vector, base: Vector) -> Contribution:
    return Contribution(f"l{number}", f"v{number}", payload, 10, 2, 20, 0, False, base_version=3, base=base)


@pytest.mark.parametrize("rule", ["auto", "fedavg", "fedbuff", "diloco", "sync-sgd", "weighted", "fedasync"])
@pytest.mark.parametrize("name", list(TWINS))
def test_every_rule_works_behind_every_reducer_that_goes_with_it(rule: str, name: str) -> None:
    plain = make_strategy(MergeSpec(rule))
    if make(name).needs_several and isinstance(plain.collect, Immediate):
        pytest.skip("refused")
    robust = make_robust(plain, MergeSpec(name))
    weights = np.ones(LENGTH, np.float32)
    base = weights.copy()
    offset = base if plain.wants is Wants.WEIGHTS else np.zeros_like(base)
    alike = [_contribution(i, offset + np.float32(0.01), base) for i in range(1, 9)]
    expected, state, memory = weights.copy(), robust.state(LENGTH), plain.state(LENGTH)
    merge_into(plain, expected, LENGTH, alike, 10, memory)
    merge_into(robust, weights, LENGTH, alike, 10, state)
    np.testing.assert_allclose(weights, expected, rtol=1e-4, atol=1e-5)


def test_statistics_that_are_not_trained_are_reduced_too() -> None:
    robust = make_robust(make_strategy(MergeSpec("fedavg")), MergeSpec("median"))
    weights = np.zeros(4, np.float32)
    payloads = [np.ones(4, np.float32)] * 4 + [np.full(4, 1e6, np.float32)]
    merge_into(robust, weights, 2, [_contribution(i, p, weights) for i, p in enumerate(payloads)], 10, {})
    np.testing.assert_array_equal(weights, np.ones(4))
