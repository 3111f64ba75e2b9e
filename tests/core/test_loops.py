"""The compiled loops against their twins in numpy."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from webnn.core import loops
from webnn.core.events import Vector
from webnn.core.halves import narrow, widen
from webnn.core.merging.base import CHUNK, move_towards, moved_towards
from webnn.core.quantised import decode_int8, encode_int8, int8_bytes
from webnn.engine.sketching import Measure

pytest.importorskip("numba")
compiled = importlib.import_module("webnn.core.compiled")
pytestmark = pytest.mark.timeout(300)  # the first use compiles

ANY_BITS = npst.arrays(np.uint32, st.integers(0, 600), elements=st.integers(0, 2**32 - 1))
NUMBERS = (
    st.floats(-(2.0**100), 2.0**100, width=32) | st.floats(-1, 1, width=32) | st.floats(-(2.0**-13), 2.0**-13, width=32)
)
VECTORS = npst.arrays(np.float32, st.integers(0, 600), elements=NUMBERS, fill=NUMBERS)


def both(work: Callable[[], Any]) -> tuple[Any, Any]:
    """What comes of it with the compiled loops, and without."""
    made = loops.load()
    assert made is not None
    try:
        fast = work()
        loops._loaded = None
        return fast, work()
    finally:
        loops._loaded = None


def bits(array: Any) -> list[int]:
    kind = {1: np.uint8, 2: np.uint16, 4: np.uint32}[array.dtype.itemsize]
    return array.view(kind).tolist()


@pytest.fixture(params=["as loaded", "by integers"])
def of_halves(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the processor converts, test what others do, too."""
    if request.param == "by integers":
        monkeypatch.setattr(compiled, "narrow", compiled.narrow_integers)
        monkeypatch.setattr(compiled, "widen", compiled.widen_integers)


@pytest.fixture(autouse=True)
def loads_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "_loaded", None)


def test_nothing_is_compiled_before_it_is_asked_for() -> None:
    assert loops.loops() is None


def test_arrays_that_are_strided_or_not_aligned_are_left_to_numpy() -> None:
    made = loops.load()
    plain = np.zeros(8, np.float32)
    assert loops.loops(plain) is made
    assert loops.loops(plain, plain[::2]) is None
    assert loops.loops(np.frombuffer(bytes(33), np.float32, 8, offset=1)) is None


def test_without_numba_there_is_only_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(loops.importlib, "import_module", missing)
    assert loops.load() is None
    assert loops.loops() is None


@pytest.mark.usefixtures("of_halves")
def test_every_half_is_widened_alike() -> None:
    halves = np.arange(65_536, dtype=np.uint16).view(np.float16)
    finite = halves[np.isfinite(halves)]
    for some in (finite, halves):
        fast, plain = both(lambda some=some: widen(some))
        assert bits(fast) == bits(plain)


@pytest.mark.usefixtures("of_halves")
def test_halfway_between_any_two_halves_is_rounded_alike() -> None:
    halves = np.arange(65_536, dtype=np.uint16).view(np.float16)
    steps = np.unique(halves[np.isfinite(halves)].astype(np.float32))
    middles = (steps[1:] + steps[:-1]) / 2
    for vector in (steps, middles, np.nextafter(middles, np.float32(9e9)), np.array([65_520, -1e30], np.float32)):
        fast, plain = both(lambda vector=vector: narrow(vector.astype(np.float32)))
        assert bits(fast) == bits(plain)


@pytest.mark.usefixtures("of_halves")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ANY_BITS)
def test_any_bits_are_narrowed_alike(numbers: Any) -> None:
    fast, plain = both(lambda: narrow(numbers.view(np.float32)))
    assert bits(fast) == bits(plain)


@given(VECTORS)
def test_any_numbers_are_quantised_alike(vector: Vector) -> None:
    fast, plain = both(lambda: encode_int8(vector))
    assert fast == plain


def test_what_is_not_finite_is_quantised_alike_where_it_is_finite() -> None:
    vector = np.linspace(-1, 1, 700, dtype=np.float32)
    vector[300] = np.inf
    fast, plain = both(lambda: encode_int8(vector).tobytes())
    assert fast == plain


@given(st.data(), st.integers(1, 600))
def test_any_codes_are_added_to_their_base_alike(data: st.DataObject, count: int) -> None:
    payload = np.frombuffer(data.draw(st.binary(min_size=int8_bytes(count), max_size=int8_bytes(count))), np.uint8)
    base = np.random.default_rng(count).standard_normal(count).astype(np.float32)
    fast, plain = both(lambda: decode_int8(payload, count, base))
    np.testing.assert_array_equal(fast, plain)


@given(VECTORS, st.floats(-1, 1, width=32))
def test_weights_move_alike(target: Vector, share: float) -> None:
    start = np.random.default_rng(1).standard_normal(len(target)).astype(np.float32)

    def moved() -> Vector:
        weights = start.copy()
        move_towards(weights, target, share)
        return weights

    fast, plain = both(moved)
    assert bits(fast) == bits(plain)
    for anew in both(lambda: moved_towards(start, target, share)):
        assert bits(anew) == bits(plain)


@pytest.mark.parametrize("length", [1, 2047, CHUNK + 1, 200_000])
def test_an_update_is_measured_alike(length: int) -> None:
    rng = np.random.default_rng(length)
    base = rng.standard_normal(length).astype(np.float32)
    measure = Measure(length)
    payload = base + np.float32(0.01) * rng.standard_normal(length).astype(np.float32)
    for number in (None, np.float32(1e25), np.float32(np.nan), np.float32(np.inf)):
        if number is not None:
            payload[length // 2] = number
        fast, plain = both(lambda: measure.judge(payload, base))
        assert fast.finite == plain.finite
        assert fast.fingerprint == plain.fingerprint
        np.testing.assert_array_equal(fast.sketch, plain.sketch)
        np.testing.assert_allclose(fast.norm, plain.norm, rtol=1e-5)
