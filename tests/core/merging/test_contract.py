"""What every merge rule owes, whatever it does."""

from __future__ import annotations

import copy
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import strategies as st

from tests.core.merging.strategies import CASES, TWINS, Case, for_any, random_contribution, random_vector, update_of
from webnn.core.merging import State, Strategy, merge_anew, merge_into, merge_schema
from webnn.core.merging import base as base_module
from webnn.core.merging.base import Buffer, Crew, Flock, Immediate, Local, Match, Offer, Round, Wants

LENGTH, TRAINABLE = 23, 17
COLLECTED = [case for case in CASES if not isinstance(case.make().collect, Immediate)]

every_rule = pytest.mark.parametrize("case", CASES, ids=str)
every_collected_rule = pytest.mark.parametrize("case", COLLECTED, ids=str)
seeds = st.integers(0, 2**32 - 1)


def merges(strategy: Strategy, rng: np.random.Generator, weights: base_module.Vector, state: State, times: int) -> None:
    """Merge `times` times one to three random contributions (one, where the rule takes them as they come)."""
    iterations = 50
    for _ in range(times):
        count = 1 if isinstance(strategy.collect, Immediate) else int(rng.integers(1, 4))
        contributions = [random_contribution(rng, len(weights)) for _ in range(count)]
        merge_into(strategy, weights, TRAINABLE, contributions, iterations, state)
        iterations = strategy.iterations_after(iterations, contributions)


def test_every_rule_has_a_twin_and_a_case() -> None:
    assert set(merge_schema()) >= set(TWINS)
    assert {case.name for case in CASES} == set(TWINS)


@every_rule
def test_it_answers_what_a_run_asks(case: Case) -> None:
    strategy = case.make()
    assert strategy.name == case.name
    assert isinstance(strategy.wants, Wants)
    assert isinstance(strategy.match, Match)
    assert isinstance(strategy.collect, Immediate | Buffer | Round | Flock)
    assert strategy.lease_iterations is None or strategy.lease_iterations >= 1
    assert not (strategy.takes_whole and strategy.wants is not Wants.WEIGHTS)


@every_rule
def test_a_rule_that_has_no_terms_never_states_any(case: Case) -> None:
    strategy = case.make()
    local, offer = Local(5, 1), Offer(7)
    crews = [
        Crew(count=4, crowd=3, own=0.1, seconds=3, local=own, offer=other)
        for own in (None, local)
        for other in (None, offer)
    ]
    assert strategy.has_terms or all(strategy.terms(crew) is None for crew in crews)


@every_rule
@for_any(seed=seeds)
def test_the_twin_agrees(case: Case, seed: int) -> None:
    rng = np.random.default_rng(seed)
    strategy = case.make()
    weights, state = random_vector(rng, LENGTH), strategy.state(TRAINABLE)
    expected: list[float] = weights[:TRAINABLE].tolist()
    memory: dict[str, object] = {}
    iterations = 50
    for count in (1, 3, 2, 1, 2):
        contributions = [random_contribution(rng, LENGTH) for _ in range(count)]
        merge_into(strategy, weights, TRAINABLE, contributions, iterations, state)
        updates = [update_of(contribution, TRAINABLE) for contribution in contributions]
        expected = TWINS[case.name](expected, updates, memory, iterations, case.options)
        np.testing.assert_allclose(weights[:TRAINABLE], expected, rtol=2e-3, atol=2e-4 * max(map(abs, expected)))
        expected = weights[:TRAINABLE].tolist()  # rounding is not to add up
        iterations = strategy.iterations_after(iterations, contributions)


@every_rule
@pytest.mark.parametrize("num_trainable", [TRAINABLE, LENGTH])
@for_any(seed=seeds, whole=st.booleans(), weight=st.sampled_from([1.0, 0.3, 5.0]))
def test_merging_into_new_memory_is_the_same(
    case: Case, num_trainable: int, seed: int, whole: bool, weight: float
) -> None:
    rng = np.random.default_rng(seed)
    strategy = case.make()
    weights, state, other = random_vector(rng, LENGTH), strategy.state(num_trainable), strategy.state(num_trainable)
    iterations = 50
    for count in (1, 2, 1):
        contributions = [replace(random_contribution(rng, LENGTH), whole=whole, weight=weight) for _ in range(count)]
        weights.flags.writeable = False
        anew = merge_anew(strategy, weights, num_trainable, contributions, iterations, other)
        weights = weights.copy()
        merge_into(strategy, weights, num_trainable, contributions, iterations, state)
        assert anew.tobytes() == weights.tobytes()
        assert {name: array.tolist() for name, array in other.items()} == {
            name: array.tolist() for name, array in state.items()
        }
        iterations = strategy.iterations_after(iterations, contributions)


@every_rule
@for_any(seed=seeds)
def test_inputs_are_never_altered(case: Case, seed: int) -> None:
    rng = np.random.default_rng(seed)
    strategy = case.make()
    weights, state = random_vector(rng, LENGTH), strategy.state(TRAINABLE)
    contributions = [random_contribution(rng, LENGTH) for _ in range(3)]
    before = copy.deepcopy(contributions)
    for contribution in contributions:
        contribution.payload.flags.writeable = False
        assert contribution.base is not None
        contribution.base.flags.writeable = False
    merge_into(strategy, weights, TRAINABLE, contributions, 50, state)
    for contribution, old in zip(contributions, before, strict=True):
        assert contribution == old
        np.testing.assert_array_equal(contribution.payload, old.payload)
        np.testing.assert_array_equal(contribution.base, old.base)


@every_rule
@for_any(seed=seeds, exponent=st.floats(-30, 9))
def test_finite_in_finite_out(case: Case, seed: int, exponent: float) -> None:
    rng = np.random.default_rng(seed)
    strategy = case.make()
    scale = 10**exponent
    weights, state = random_vector(rng, LENGTH, scale), strategy.state(TRAINABLE)
    contributions = [random_contribution(rng, LENGTH, scale) for _ in range(3)]
    merge_into(strategy, weights, TRAINABLE, contributions, 50, state)
    assert np.isfinite(weights).all()
    assert all(np.isfinite(array).all() or case.name == "copy" for array in state.values())


@every_rule
@for_any(seed=seeds)
def test_its_memory_is_named_arrays_that_a_checkpoint_can_hold(case: Case, seed: int) -> None:
    strategy = case.make()
    fresh = strategy.state(TRAINABLE)
    rng = np.random.default_rng(seed)
    weights, state = random_vector(rng, LENGTH), strategy.state(TRAINABLE)
    merges(strategy, rng, weights, state, 3)
    assert {key: (array.dtype, array.shape) for key, array in state.items()} == {
        key: (array.dtype, array.shape) for key, array in fresh.items()
    }
    restored_weights = weights.copy()
    restored = {key: np.frombuffer(array.tobytes(), array.dtype).copy() for key, array in state.items()}
    merges(strategy, np.random.default_rng(seed + 1), weights, state, 3)
    merges(case.make(), np.random.default_rng(seed + 1), restored_weights, restored, 3)
    np.testing.assert_array_equal(weights, restored_weights)


@every_rule
def test_chunking_does_not_change_results(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    results = []
    for chunk in (base_module.CHUNK, 5):
        monkeypatch.setattr(base_module, "CHUNK", chunk)
        strategy = case.make()
        rng = np.random.default_rng(3)
        weights, state = random_vector(rng, LENGTH), strategy.state(TRAINABLE)
        merges(strategy, rng, weights, state, 5)
        results.append((weights, state))
    np.testing.assert_array_equal(results[0][0], results[1][0])
    for key, array in results[0][1].items():
        np.testing.assert_array_equal(array, results[1][1][key])


@pytest.mark.parametrize("case", [case for case in CASES if not case.make().merges_tail], ids=str)
@for_any(seed=seeds)
def test_the_rule_does_not_touch_what_is_not_trainable(case: Case, seed: int) -> None:
    strategy = case.make()
    rng = np.random.default_rng(seed)
    weights, state = random_vector(rng, LENGTH), strategy.state(TRAINABLE)
    tail = weights[TRAINABLE:].copy()
    contributions = [random_contribution(rng, LENGTH) for _ in range(2)]
    strategy.merge(weights[:TRAINABLE], contributions, 50, state)
    np.testing.assert_array_equal(weights[TRAINABLE:], tail)


@every_rule
@for_any(seed=seeds)
def test_statistics_are_averaged(case: Case, seed: int) -> None:
    strategy = case.make()
    rng = np.random.default_rng(seed)
    weights, state = random_vector(rng, LENGTH), strategy.state(TRAINABLE)
    tail = weights[TRAINABLE:].astype(float)
    contributions = [random_contribution(rng, LENGTH) for _ in range(2)]
    sent = [contribution.payload[TRAINABLE:].astype(float) for contribution in contributions]
    merge_into(strategy, weights, TRAINABLE, contributions, 50, state)
    if strategy.merges_tail:
        expected = np.stack([tail, *sent])
    elif strategy.carries:
        expected = tail + sum(c.weight * each for each, c in zip(sent, contributions, strict=True))
    elif strategy.wants is not Wants.WEIGHTS:
        moves = [each / (c.staleness + 1) for each, c in zip(sent, contributions, strict=True)]
        expected = tail + np.mean(moves, axis=0)
    elif isinstance(strategy.collect, Round):
        expected = np.mean(sent, axis=0)
    else:
        expected = np.mean([tail, *sent], axis=0)
    if strategy.merges_tail:
        assert any(np.array_equal(weights[TRAINABLE:], row.astype(np.float32)) for row in expected)
    else:
        np.testing.assert_allclose(weights[TRAINABLE:], expected, rtol=1e-5, atol=1e-5)


@every_rule
def test_a_lone_whole_update_is_taken_as_it_is(case: Case) -> None:
    strategy = case.make()
    rng = np.random.default_rng(5)
    weights, state = random_vector(rng, LENGTH), strategy.state(TRAINABLE)
    contribution = replace(random_contribution(rng, LENGTH), whole=strategy.takes_whole, staleness=0)
    merge_into(strategy, weights, TRAINABLE, [contribution], 50, state)
    if strategy.takes_whole:
        np.testing.assert_array_equal(weights, contribution.payload)


@every_rule
@for_any(seed=seeds)
def test_iterations_never_go_back(case: Case, seed: int) -> None:
    rng = np.random.default_rng(seed)
    contributions = [random_contribution(rng, LENGTH) for _ in range(3)]
    iterations = int(rng.integers(0, 200))
    strategy = case.make()
    after = strategy.iterations_after(iterations, contributions)
    assert after >= iterations
    assert after == strategy.iterations_after(iterations, contributions[::-1])


@every_rule
def test_an_update_with_nothing_behind_it_is_refused(case: Case) -> None:
    strategy = case.make()
    rng = np.random.default_rng(5)
    weights = random_vector(rng, LENGTH)
    contribution = replace(random_contribution(rng, LENGTH), base_iterations=0, iterations=0)
    with pytest.raises(ValueError, match="iterations"):
        merge_into(strategy, weights, TRAINABLE, [contribution], 50, strategy.state(TRAINABLE))


@pytest.mark.parametrize("case", [case for case in CASES if case.make().needs_base], ids=str)
def test_a_missing_base_is_refused(case: Case) -> None:
    strategy = case.make()
    rng = np.random.default_rng(5)
    weights = random_vector(rng, LENGTH)
    contribution = replace(random_contribution(rng, LENGTH), base=None)
    with pytest.raises(ValueError, match="trained from"):
        merge_into(strategy, weights, TRAINABLE, [contribution], 50, strategy.state(TRAINABLE))


@every_collected_rule
@for_any(seed=seeds)
def test_order_within_a_round_matters_only_to_rounding(case: Case, seed: int) -> None:
    rng = np.random.default_rng(seed)
    start = random_vector(rng, LENGTH)
    contributions = [random_contribution(rng, LENGTH) for _ in range(3)]
    results = []
    for order in permutations(contributions):
        strategy, weights = case.make(), start.copy()
        merge_into(strategy, weights, TRAINABLE, order, 50, strategy.state(TRAINABLE))
        results.append(weights)
    for result in results[1:]:
        np.testing.assert_allclose(result, results[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("case", [case for case in COLLECTED if isinstance(case.make().collect, Round)], ids=str)
@for_any(seed=seeds)
def test_a_contribution_without_weight_is_as_good_as_absent(case: Case, seed: int) -> None:
    rng = np.random.default_rng(seed)
    start = random_vector(rng, LENGTH)
    kept, ignored = (random_contribution(rng, LENGTH) for _ in range(2))
    results = []
    for contributions in ([kept], [kept, replace(ignored, weight=0.0)]):
        strategy, weights = case.make(), start[:TRAINABLE].copy()
        strategy.merge(weights, contributions, 50, strategy.state(TRAINABLE))
        results.append(weights)
    np.testing.assert_allclose(results[0], results[1], rtol=1e-6)


@every_collected_rule
def test_a_round_of_weightless_contributions_changes_nothing(case: Case) -> None:
    rng = np.random.default_rng(8)
    strategy, weights = case.make(), random_vector(rng, TRAINABLE)
    before = weights.copy()
    contributions = [replace(random_contribution(rng, LENGTH), weight=0.0) for _ in range(2)]
    strategy.merge(weights, contributions, 50, strategy.state(TRAINABLE))
    np.testing.assert_array_equal(weights, before)
