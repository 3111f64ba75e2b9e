"""A strategy's memory keeps what was frozen, and copies only when it must."""

from __future__ import annotations

import gc

import numpy as np

from webnn.core.merging import Contribution, MergeSpec, make_strategy
from webnn.engine.local import LocalEngine, take_snapshot
from webnn.engine.memory import Memory

SNAPSHOT = take_snapshot(np.zeros(3, np.float32), 1, 0)


def fresh() -> Memory:
    return Memory({"momentum": np.zeros(3, np.float32)}, inline=True)


def test_merge_goes_on_in_a_copy_of_what_is_held_frozen() -> None:
    memory = fresh()
    frozen = memory.freeze(SNAPSHOT)
    memory.writable()["momentum"] += 1
    assert frozen.state["momentum"].tolist() == [0, 0, 0]
    assert memory.state["momentum"].tolist() == [1, 1, 1]


def test_what_nobody_holds_is_changed_in_place() -> None:
    memory = fresh()
    before = memory.state["momentum"]
    memory.freeze(SNAPSHOT)
    gc.collect()
    assert memory.writable()["momentum"] is before


def test_arrays_that_were_let_go_are_used_again() -> None:
    memory = fresh()
    frozen = memory.freeze(SNAPSHOT)
    first = frozen.state["momentum"]
    memory.writable()
    del frozen
    gc.collect()
    again = memory.freeze(SNAPSHOT)
    assert memory.writable()["momentum"] is first
    assert again.state["momentum"] is not first


def test_freezing_twice_between_merges_keeps_one_copy() -> None:
    memory = fresh()
    held = memory.freeze(SNAPSHOT)
    assert memory.freeze(SNAPSHOT) is held


async def test_frozen_states_of_a_large_model_stay_as_they_were() -> None:
    """In threads: each frozen state is that of its version, whatever is merged, frozen and let go meanwhile."""
    strategy = make_strategy(MergeSpec("diloco", {"rate": 1.0, "momentum": 0.5}))
    engine = LocalEngine(strategy, np.zeros(1000, np.float32), 1000, inline_weights=10)
    held = {}
    expected = 0.0
    for version in range(2, 12):
        await engine.merge(version, 20, [Contribution("x", "v", np.ones(1000, np.float32), 10, 10, 100, 0, False)])
        expected = 0.5 * expected + 1
        if version % 3:
            held[version] = await engine.freeze(), expected
        if version == 8:
            del held[4]
    for version, (frozen, momentum) in held.items():
        assert frozen.snapshot.version == version
        np.testing.assert_allclose(frozen.state["momentum"], momentum)
