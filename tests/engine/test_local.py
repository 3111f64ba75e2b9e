from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webnn.core.errors import ProtocolError
from webnn.core.events import Vector
from webnn.core.merging import Contribution, make_strategy, merge_into
from webnn.core.merging.base import CHUNK, MergeSpec, State, Wants
from webnn.core.merging.defaults import Defaults
from webnn.engine.local import BESIDE_BYTES, RECENT_BYTES, LocalEngine, take_snapshot
from webnn.engine.sketching import judge_vector

AVERAGE = make_strategy(MergeSpec("average"))
EACH = 16 + BESIDE_BYTES  # what a version of four numbers takes


def contribution(payload: Vector, **changes: object) -> Contribution:
    values = {
        "lease_id": "a",
        "volunteer_id": "v",
        "payload": payload,
        "base_iterations": 0,
        "iterations": 5,
        "num_examples": 50,
        "staleness": 0,
        "whole": False,
        **changes,
    }
    return Contribution(**values)  # type: ignore[arg-type]


@pytest.fixture(params=["inline", "threads"])
def inline_weights(request: pytest.FixtureRequest) -> int:
    return 1000 if request.param == "inline" else 0


async def test_merge_publishes_a_new_version_and_leaves_the_old_one_alone(inline_weights: int) -> None:
    engine = LocalEngine(AVERAGE, np.zeros(4, np.float32), 3, inline_weights=inline_weights)
    first = engine.newest
    second = await engine.merge(2, 5, [contribution(np.ones(4, np.float32))])
    assert (first.version, second.version, second.iterations) == (1, 2, 5)
    np.testing.assert_array_equal(first.weights, np.zeros(4))
    np.testing.assert_array_equal(second.weights, np.full(4, 0.5))
    assert engine.newest is second
    assert second.hash != first.hash


async def test_no_merge_changes_frozen_weights(inline_weights: int) -> None:
    start = np.arange(6, dtype=np.float32)
    engine = LocalEngine(AVERAGE, start, 3, inline_weights=inline_weights, frozen=((1, 2), (4, 6)))
    for whole in (False, True):
        merged = await engine.merge(engine.newest.version + 1, 5, [contribution(start + 1, whole=whole)])
        assert [i for i in range(6) if merged.weights[i] == start[i]] == [1, 4, 5]


async def test_merge_is_that_of_the_core(inline_weights: int) -> None:
    rng = np.random.default_rng(1)
    start, payload = rng.normal(size=(2, 50)).astype(np.float32)
    strategy = make_strategy(MergeSpec("weighted"))
    engine = LocalEngine(strategy, start, 40, iterations=7, inline_weights=inline_weights)
    update = contribution(payload, base_iterations=3)
    merged = await engine.merge(2, 8, [update])
    expected = start.copy()
    merge_into(strategy, expected, 40, [update], 7, strategy.state(40))
    np.testing.assert_array_equal(merged.weights, expected)


async def test_published_weights_cannot_be_written_and_the_given_ones_are_not_kept() -> None:
    weights = np.zeros(4, np.float32)
    engine = LocalEngine(AVERAGE, weights, 4)
    weights[:] = 9
    assert not engine.newest.weights.any()
    with pytest.raises(ValueError, match="read-only"):
        engine.newest.weights[0] = 1


async def test_rule_that_looks_back_is_given_the_weights_that_an_update_was_trained_from(inline_weights: int) -> None:
    seen: list[Vector | None] = []

    class LooksBack(Defaults):
        name = "looks-back"
        wants = Wants.WEIGHTS
        needs_base = True

        def merge(self, weights: Vector, contributions: Sequence[Contribution], iterations: int, state: State) -> None:
            seen.extend(each.base for each in contributions)
            weights += 1

    engine = LocalEngine(LooksBack(), np.zeros(2, np.float32), 2, inline_weights=inline_weights)
    update = np.ones(2, np.float32)
    await engine.merge(2, 1, [contribution(update, base_version=1)])
    await engine.merge(3, 2, [contribution(update, base_version=1)])
    await engine.merge(4, 3, [contribution(update, base_version=99)])  # not held: as if from the current weights
    assert [None if base is None else base.tolist() for base in seen] == [[0, 0], [0, 0], [2, 2]]


async def test_versions_are_held_while_they_are_retained_or_among_the_last() -> None:
    engine = LocalEngine(AVERAGE, np.zeros(4, np.float32), 4, keep_last=2, recent_bytes=0)
    for version in range(2, 8):
        await engine.merge(version, version, [contribution(np.ones(4, np.float32))])
        engine.retain({1, 4})
    held = [version for version in range(1, 8) if engine.snapshot(version) is not None]
    assert held == [1, 4, 6, 7]


async def test_versions_that_take_too_much_memory_go_oldest_first() -> None:
    engine = LocalEngine(AVERAGE, np.zeros(4, np.float32), 4, keep_last=1, max_held_bytes=3 * EACH)
    for version in range(2, 7):
        await engine.merge(version, version, [contribution(np.ones(4, np.float32))])
        engine.retain(range(1, 7))
    assert [version for version in range(1, 7) if engine.snapshot(version) is not None] == [4, 5, 6]


async def test_version_is_encoded_once_for_all_who_ask_at_once(inline_weights: int) -> None:
    engine = LocalEngine(AVERAGE, np.arange(4, dtype=np.float32), 4, inline_weights=inline_weights)
    encoded = await asyncio.gather(*(engine.encoded(engine.newest, "f16") for _ in range(5)))
    assert all(one is encoded[0] for one in encoded)
    np.testing.assert_array_equal(np.frombuffer(encoded[0].body, "<f2"), np.arange(4))


async def test_encoding_that_is_not_known_is_refused() -> None:
    engine = LocalEngine(AVERAGE, np.zeros(4, np.float32), 4)
    with pytest.raises((ProtocolError, ValueError)):
        await engine.encoded(engine.newest, "f8")


@given(st.lists(st.floats(width=32), min_size=1, max_size=40))
def test_judging_finds_what_is_not_finite_and_measures_the_rest(numbers: list[float]) -> None:
    verdict = judge_vector(np.array(numbers, np.float32))
    assert verdict.finite == all(math.isfinite(number) for number in numbers)
    if verdict.finite:
        assert verdict.norm == pytest.approx(math.sqrt(math.fsum(number * number for number in numbers)), rel=1e-3)
    else:
        assert math.isnan(verdict.norm)


@pytest.mark.parametrize("place", [0, CHUNK - 1, CHUNK, 2 * CHUNK + 6])
def test_judging_looks_at_every_chunk(place: int) -> None:
    payload = np.ones(2 * CHUNK + 7, np.float32)
    assert judge_vector(payload).norm == pytest.approx(math.sqrt(len(payload)))
    payload[place] = np.nan
    assert not judge_vector(payload).finite


def test_judging_measures_numbers_whose_squares_overflow() -> None:
    assert judge_vector(np.full(4, 1e30, np.float32)).norm == pytest.approx(2e30)


def test_snapshot_is_little_endian_float32() -> None:
    assert take_snapshot(np.zeros(2, np.float32), 1, 0).weights.dtype == np.dtype("<f4")


class HeldStrategy(Defaults):
    """A merge that lasts until the test lets go of it."""

    name = "held"
    wants = Wants.WEIGHTS

    def __init__(self) -> None:
        self.began = threading.Event()
        self.go_on = threading.Event()

    def merge(self, weights: Vector, contributions: Sequence[Contribution], iterations: int, state: State) -> None:
        self.began.set()
        assert self.go_on.wait(10)
        weights += 1

    def iterations_after(self, iterations: int, contributions: Sequence[Contribution]) -> int:
        return iterations + 1


async def test_engine_judges_and_encodes_while_a_large_model_is_merged() -> None:
    strategy = HeldStrategy()
    engine = LocalEngine(strategy, np.zeros(8, np.float32), 8, inline_weights=0)
    merging = asyncio.create_task(engine.merge(2, 1, [contribution(np.ones(8, np.float32))]))
    await asyncio.to_thread(strategy.began.wait, 10)
    assert (await engine.judge(np.ones(8, np.float32))).finite
    assert not np.frombuffer((await engine.encoded(engine.newest, "f32")).body, np.float32).any()
    assert not merging.done()
    strategy.go_on.set()
    assert (await merging).version == 2


async def test_frozen_copy_is_taken_between_two_merges() -> None:
    strategy = HeldStrategy()
    engine = LocalEngine(strategy, np.zeros(8, np.float32), 8, inline_weights=0)
    merging = asyncio.create_task(engine.merge(2, 1, [contribution(np.ones(8, np.float32))]))
    await asyncio.to_thread(strategy.began.wait, 10)
    freezing = asyncio.create_task(engine.freeze())
    strategy.go_on.set()
    assert (await freezing).snapshot.version == 2
    await merging


async def test_engine_goes_on_from_other_weights() -> None:
    engine = LocalEngine(make_strategy(MergeSpec("average")), np.zeros(8, np.float32), 8)
    await engine.merge(2, 1, [contribution(np.ones(8, np.float32))])
    engine.restore(AVERAGE, 1024, 5, np.full(8, 3, np.float32), None)
    assert (engine.newest.version, engine.newest.iterations) == (1024, 5)
    assert (engine.newest.weights == 3).all()
    assert engine.snapshot(2) is None


async def test_base_that_is_gone_is_the_next_that_is_held() -> None:
    engine = LocalEngine(AVERAGE, np.zeros(4, np.float32), 4, keep_last=1, max_held_bytes=2 * EACH)
    for version in (2, 3, 4):
        await engine.merge(version, 0, [contribution(np.ones(4, np.float32))])
    engine.retain({3})
    assert [engine.at_least(version).version for version in (1, 3, 4, 9)] == [3, 3, 4, 4]


async def test_last_versions_of_a_small_model_are_held_a_while() -> None:
    engine = LocalEngine(AVERAGE, np.zeros(4, np.float32), 4, keep_last=1, recent_bytes=3 * EACH)
    for version in range(2, 8):
        await engine.merge(version, version, [contribution(np.ones(4, np.float32))])
        engine.retain(())
    assert [version for version in range(1, 8) if engine.snapshot(version) is not None] == [5, 6, 7]


async def test_versions_of_the_smallest_models_are_held_for_no_longer() -> None:
    engine = LocalEngine(AVERAGE, np.zeros(1, np.float32), 1)
    for version in range(2, 3002):
        await engine.merge(version, version, [contribution(np.ones(1, np.float32))])
        engine.retain(())
    assert sum(engine.snapshot(version) is not None for version in range(1, 3002)) == RECENT_BYTES // (4 + BESIDE_BYTES)
