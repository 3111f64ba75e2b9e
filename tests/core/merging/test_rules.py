"""What each rule says of itself: its own algebra."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from tests.core.merging.strategies import for_any, random_contribution, random_vector, with_payload
from webnn.core.errors import WebNNError
from webnn.core.events import Vector
from webnn.core.merging import Contribution, MergeSpec, Strategy, make_strategy
from webnn.core.merging.base import Buffer, Match, Round
from webnn.core.merging.staleness import Discount, Form
from webnn.core.metrics import Validation

LENGTH = 12
seeds = st.integers(0, 2**32 - 1)


def rule(name: str, **options: Any) -> Strategy:
    return make_strategy(MergeSpec(name, options))


def merged(strategy: Strategy, start: Vector, *rounds: list[Contribution]) -> Vector:
    """Merge round after round with one memory."""
    weights, state = start.copy(), strategy.state(len(start))
    for contributions in rounds:
        strategy.merge(weights, contributions, 50, state)
    return weights


def drawn(seed: int, count: int) -> tuple[Vector, list[Contribution]]:
    rng = np.random.default_rng(seed)
    return random_vector(rng, LENGTH), [random_contribution(rng, LENGTH) for _ in range(count)]


def deltas_from(start: Vector, contributions: list[Contribution]) -> list[Contribution]:
    return [replace(each, payload=each.payload - start) for each in contributions]


close = {"rtol": 1e-4, "atol": 1e-5}


class TestFedAvg:
    @for_any(seed=seeds, count=st.integers(1, 6))
    def test_the_mean_stays_inside_the_range_of_what_it_averages(self, seed: int, count: int) -> None:
        start, contributions = drawn(seed, count)
        result = merged(rule("fedavg"), start, contributions)
        payloads = np.stack([each.payload for each in contributions])
        assert (result >= payloads.min(axis=0) - 1e-5).all()
        assert (result <= payloads.max(axis=0) + 1e-5).all()

    @for_any(seed=seeds)
    def test_a_round_of_one_is_that_one(self, seed: int) -> None:
        start, [contribution] = drawn(seed, 1)
        np.testing.assert_array_equal(merged(rule("fedavg"), start, [contribution]), contribution.payload)

    @for_any(seed=seeds, factor=st.integers(2, 9))
    def test_only_the_ratio_of_examples_matters(self, seed: int, factor: int) -> None:
        start, contributions = drawn(seed, 3)
        more = [replace(each, num_examples=each.num_examples * factor) for each in contributions]
        np.testing.assert_allclose(
            merged(rule("fedavg"), start, contributions), merged(rule("fedavg"), start, more), **close
        )


class TestSyncSgd:
    @for_any(seed=seeds)
    def test_equal_gradients_are_one_step_of_sgd(self, seed: int) -> None:
        start, [contribution] = drawn(seed, 1)
        expected = start - np.float32(contribution.learning_rate) * contribution.payload
        np.testing.assert_allclose(merged(rule("sync-sgd"), start, [contribution] * 4), expected, **close)

    @for_any(seed=seeds)
    def test_momentum_adds_up_equal_gradients(self, seed: int) -> None:
        start, [contribution] = drawn(seed, 1)
        result = merged(rule("sync-sgd", momentum=0.5, learningRate=1.0), start, *[[contribution]] * 3)
        np.testing.assert_allclose(result, start - (1 + 1.5 + 1.75) * contribution.payload, **close)

    def test_it_waits_for_the_first_n_of_n_and_b(self) -> None:
        strategy = rule("sync-sgd", quorum=4, backup=2, seconds=5)
        assert strategy.collect == Round(quorum=4, backup=2, seconds=5)
        assert strategy.lease_iterations == 1


class TestDownpour:
    @for_any(seed=seeds)
    def test_every_adagrad_step_is_shorter_than_the_rate(self, seed: int) -> None:
        start, contributions = drawn(seed, 3)
        result = merged(rule("downpour", learningRate=0.5), start, *[[each] for each in contributions])
        assert (np.abs(result - start) <= 3 * 0.5 + 1e-5).all()

    @for_any(seed=seeds)
    def test_equal_gradients_move_less_and_less(self, seed: int) -> None:
        start, [contribution] = drawn(seed, 1)
        strategy = rule("downpour", learningRate=0.5)
        places = [merged(strategy, start, *[[contribution]] * count) for count in range(4)]
        steps = [np.abs(after - before) for before, after in pairwise(places)]
        assert (steps[0] >= steps[1] - 1e-6).all()
        assert (steps[1] >= steps[2] - 1e-6).all()

    @for_any(seed=seeds)
    def test_sgd_sums_the_steps_in_any_order(self, seed: int) -> None:
        start, contributions = drawn(seed, 3)
        strategy = rule("downpour", optimizer="sgd")
        expected = start - sum(np.float32(each.learning_rate) * each.payload for each in contributions)
        np.testing.assert_allclose(merged(strategy, start, contributions), expected, **close)
        np.testing.assert_allclose(merged(strategy, start, contributions[::-1]), expected, **close)

    def test_everything_that_was_learnt_lies_behind_the_weights(self) -> None:
        _, contributions = drawn(1, 3)
        assert rule("downpour").iterations_after(7, contributions) == 7 + sum(e.iterations for e in contributions)

    def test_n_push_is_the_length_of_a_lease(self) -> None:
        assert rule("downpour", nPush=5).lease_iterations == 5


@pytest.mark.parametrize("form", ["adaptive", "constant"])
class TestDcAsgd:
    @for_any(seed=seeds)
    def test_a_fresh_gradient_needs_no_correction(self, form: str, seed: int) -> None:
        start, [contribution] = drawn(seed, 1)
        fresh = replace(contribution, base=start.copy())
        expected = start - np.float32(contribution.learning_rate) * contribution.payload
        np.testing.assert_allclose(merged(rule("dc-asgd", form=form), start, [fresh]), expected, **close)

    @for_any(seed=seeds)
    def test_without_lambda_it_is_asynchronous_sgd(self, form: str, seed: int) -> None:
        start, contributions = drawn(seed, 2)
        np.testing.assert_allclose(
            merged(rule("dc-asgd", form=form, **{"lambda": 0}), start, contributions),
            merged(rule("downpour", optimizer="sgd"), start, contributions),
            **close,
        )

    @for_any(seed=seeds)
    def test_a_step_is_at_most_twice_the_uncorrected_one_and_never_turns_back(self, form: str, seed: int) -> None:
        start, [contribution] = drawn(seed, 1)
        plain = -contribution.learning_rate * contribution.payload.astype(float)
        step = merged(rule("dc-asgd", form=form), start, [contribution]).astype(float) - start
        assert (step * np.sign(plain) >= -1e-5).all()
        assert (np.abs(step) <= 2 * np.abs(plain) + 1e-5).all()


@for_any(gradient=st.floats(0.1, 1), moved=st.floats(-0.1, 0.1))
def test_dc_asgd_adds_the_next_term_of_the_gradients_expansion(gradient: float, moved: float) -> None:
    _, [contribution] = drawn(1, 1)
    update = with_payload(contribution, [gradient])
    update = replace(update, base=np.zeros(1, np.float32), iterations=1, learning_rate=1.0)
    strategy = rule("dc-asgd", form="constant", **{"lambda": 1})
    result = merged(strategy, np.array([moved], np.float32), [update])
    np.testing.assert_allclose(result, [moved - (gradient + gradient**2 * moved)], **close)


class TestFedAsync:
    @for_any(seed=seeds)
    def test_alpha_1_takes_what_is_fresh(self, seed: int) -> None:
        start, [contribution] = drawn(seed, 1)
        fresh = replace(contribution, staleness=0)
        np.testing.assert_array_equal(merged(rule("fedasync", alpha=1), start, [fresh]), fresh.payload)

    @for_any(seed=seeds, staleness=st.integers(0, 50))
    def test_it_stays_between_what_it_mixes(self, seed: int, staleness: int) -> None:
        start, [contribution] = drawn(seed, 1)
        result = merged(rule("fedasync"), start, [replace(contribution, staleness=staleness)])
        assert (result >= np.minimum(start, contribution.payload) - 1e-5).all()
        assert (result <= np.maximum(start, contribution.payload) + 1e-5).all()

    @for_any(seed=seeds, staleness=st.integers(0, 50))
    def test_the_staler_moves_less(self, seed: int, staleness: int) -> None:
        start, [contribution] = drawn(seed, 1)
        near, far = (
            np.abs(merged(rule("fedasync"), start, [replace(contribution, staleness=tau)]) - start)
            for tau in (staleness + 1, staleness)
        )
        assert (near <= far + 1e-6).all()


@for_any(form=st.sampled_from(list(Form)), a=st.floats(0, 20), b=st.floats(0, 10), staleness=st.integers(0, 1000))
def test_a_discount_begins_at_1_and_only_falls(form: Form, a: float, b: float, staleness: int) -> None:
    discount = Discount(form, a, b)
    assert discount.factor(0) == 1
    assert 0 <= discount.factor(staleness + 1) <= discount.factor(staleness) <= 1


class TestFedBuff:
    @for_any(seed=seeds)
    def test_fresh_deltas_from_the_same_weights_are_averaged(self, seed: int) -> None:
        start, contributions = drawn(seed, 4)
        fresh = [replace(each, staleness=0) for each in contributions]
        expected = np.mean([each.payload for each in fresh], axis=0)
        np.testing.assert_allclose(merged(rule("fedbuff"), start, deltas_from(start, fresh)), expected, **close)

    @for_any(seed=seeds, rate=st.floats(0.1, 4))
    def test_the_rate_scales_the_move(self, seed: int, rate: float) -> None:
        start, contributions = drawn(seed, 3)
        once = merged(rule("fedbuff"), start, contributions) - start
        scaled = merged(rule("fedbuff", rate=rate), start, contributions) - start
        np.testing.assert_allclose(scaled, rate * once, rtol=1e-3, atol=1e-4)

    def test_it_collects_a_buffer(self) -> None:
        assert rule("fedbuff", size=3, seconds=7).collect == Buffer(3, 7)


class TestDiLoCo:
    @for_any(seed=seeds)
    def test_rate_1_without_momentum_is_the_mean_of_the_weights(self, seed: int) -> None:
        start, contributions = drawn(seed, 3)
        result = merged(rule("diloco", rate=1, momentum=0), start, deltas_from(start, contributions))
        np.testing.assert_allclose(result, np.mean([each.payload for each in contributions], axis=0), **close)

    @for_any(seed=seeds)
    def test_equal_deltas_gather_speed(self, seed: int) -> None:
        start, [contribution] = drawn(seed, 1)
        result = merged(rule("diloco", rate=1, momentum=0.5), start, *[[contribution]] * 2)
        # m = d, step d + d/2; then m = d + d/2, step d + 3d/4
        np.testing.assert_allclose(result, start + (1.5 + 1.75) * contribution.payload, **close)

    @for_any(seed=seeds)
    def test_it_comes_to_rest_when_nobody_moves(self, seed: int) -> None:
        start, [contribution] = drawn(seed, 1)
        still = with_payload(contribution, [0.0] * LENGTH)
        strategy = rule("diloco", momentum=0.5)
        long, longer = (merged(strategy, start, [contribution], *[[still]] * count) for count in (30, 31))
        np.testing.assert_allclose(long, longer, atol=1e-6)


class TestDiLoCoAsync:
    @for_any(seed=seeds, activation=st.sampled_from([0, 0.125, 0.25]))
    def test_without_momentum_n_deltas_move_by_their_mean(self, seed: int, activation: float) -> None:
        start, contributions = drawn(seed, 4)
        strategy = rule("diloco-async", rate=1, momentum=0, size=4, activation=activation)
        result = merged(strategy, start, *[[each] for each in contributions])
        expected = start + np.mean([each.payload for each in contributions], axis=0)
        np.testing.assert_allclose(result, expected, **close)

    @for_any(seed=seeds)
    def test_n_of_1_is_diloco_with_rounds_of_one(self, seed: int) -> None:
        start, contributions = drawn(seed, 4)
        one_by_one = [[each] for each in contributions]
        np.testing.assert_allclose(
            merged(rule("diloco-async", size=1), start, *one_by_one),
            merged(rule("diloco"), start, *one_by_one),
            rtol=1e-3,
            atol=1e-4,
        )

    @for_any(seed=seeds)
    def test_without_activation_n_deltas_end_where_a_round_of_them_does(self, seed: int) -> None:
        start, contributions = drawn(seed, 6)
        np.testing.assert_allclose(
            merged(rule("diloco-async", size=3), start, *[[each] for each in contributions]),
            merged(rule("diloco"), start, contributions[:3], contributions[3:]),
            rtol=1e-3,
            atol=1e-4,
        )

    def test_leases_are_matched_to_the_devices_speed(self) -> None:
        assert rule("diloco-async", iterations=50).match is Match.SPEED
        assert rule("diloco", iterations=50).match is Match.ITERATIONS

    def test_more_activation_than_there_is_momentum_is_refused(self) -> None:
        with pytest.raises(WebNNError, match=r"at most 1/size = 0\.25"):
            rule("diloco-async", size=4, activation=0.3)


class TestCopy:
    @for_any(seed=seeds, count=st.integers(1, 6))
    def test_it_ends_with_the_best(self, seed: int, count: int) -> None:
        start, contributions = drawn(seed, count)
        losses = {each.appraisal.loss: each.payload for each in contributions if each.appraisal}
        result = merged(rule("copy"), start, *[[each] for each in contributions])
        np.testing.assert_array_equal(result, losses[min(losses)])

    def test_one_without_an_appraisal_changes_nothing(self) -> None:
        start, [contribution] = drawn(3, 1)
        np.testing.assert_array_equal(merged(rule("copy"), start, [replace(contribution, appraisal=None)]), start)

    def test_without_an_accuracy_the_loss_decides(self) -> None:
        start, [first, second] = drawn(3, 2)
        worse, better = (
            replace(each, appraisal=Validation(loss, None, 10)) for each, loss in ((first, 2.0), (second, 1.0))
        )
        np.testing.assert_array_equal(merged(rule("copy", by="accuracy"), start, [better, worse]), better.payload)

    def test_a_loss_that_is_not_a_number_is_never_better(self) -> None:
        start, [contribution] = drawn(3, 1)
        lost = replace(contribution, appraisal=Validation(float("nan"), None, 10))
        np.testing.assert_array_equal(merged(rule("copy"), start, [lost]), start)
