"""Leases grow while merging cannot keep up."""

from __future__ import annotations

from tests.core.fakes import World
from webnn.core import events as ev
from webnn.core.pressure import MOST, Pressure


def test_late_merges_press_and_prompt_ones_relieve() -> None:
    pressure = Pressure()
    for _ in range(100):
        pressure.merged(waited=1.0, lease_seconds=3.0)
    assert pressure.factor == MOST
    for _ in range(200):
        pressure.merged(waited=0.1, lease_seconds=3.0)
    assert pressure.factor == 1.0


def test_leases_get_longer_while_merging_lags() -> None:
    world = World(lease_seconds=3)
    usual = world.new("a", 0.1)
    world.answers_merge = False
    lease = usual
    for version in range(2, 22):
        world.update(lease, seconds=lease.iterations * 0.1)
        world.now += 2
        world.send(ev.MergeDone(version))
        granted = world.ready("a")
        assert granted is not None
        lease = granted
    assert lease.iterations > 3 * usual.iterations
