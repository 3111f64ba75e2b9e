"""One volunteer trains alone; others arrive whose optimisers have seen nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from tests.sim.test_simulation import CONFIG
from webnn.core import crowd
from webnn.core.events import Vector
from webnn.core.leases import Lease
from webnn.core.merging.base import MergeSpec
from webnn.sim.population import parse_population
from webnn.sim.simulation import Outcome, Scenario, Target, simulate
from webnn.sim.trainer import StubTrainer, Trained

ARRIVAL = 30.0
COLD_ITERATIONS = 5
"""For so many iterations a fresh optimiser's steps are too large."""


class ColdTrainer(StubTrainer):
    """A stub whose first steps for each volunteer overshoot: they are large, and away from the goal."""

    def __init__(self) -> None:
        super().__init__(rate=0.03)
        self._trained: Counter[str] = Counter()

    async def forget(self, volunteer_id: str) -> None:
        del self._trained[volunteer_id]

    async def train(self, lease: Lease, base: Vector, *, flipped: bool = False) -> Trained:
        cold = self._trained["v00000"] > 0 and self._trained[lease.volunteer_id] < COLD_ITERATIONS
        self._trained[lease.volunteer_id] += lease.iterations
        return await super().train(lease, base, flipped=cold)


def run(trainer: StubTrainer) -> Outcome:
    scenario = Scenario(
        config=replace(CONFIG, merge=MergeSpec("auto"), validate_every_seconds=0.2),
        population=parse_population({"lateShare": 7 / 8, "lateSeconds": ARRIVAL}),
        volunteers=8,
        target=Target(),
        seconds=ARRIVAL + 15,
        seed=2,
        shard_bytes={shard.name: 0 for shard in CONFIG.shards},
    )
    return simulate(scenario, trainer)


def dip(outcome: Outcome) -> float:
    """How far accuracy falls below where it was when the others came."""
    before = max(point.accuracy or 0.0 for point in outcome.points if point.seconds <= ARRIVAL)
    return before - min(point.accuracy or 0.0 for point in outcome.points if point.seconds > ARRIVAL)


def test_newcomers_do_not_throw_a_run_back(monkeypatch: pytest.MonkeyPatch) -> None:
    with_care = run(ColdTrainer())
    monkeypatch.setattr(crowd, "WARM_UP", 0.0)
    without = run(ColdTrainer())
    assert dip(without) > 0.1
    assert dip(with_care) < dip(without) / 2


def test_the_same_late_joiners_give_the_same_outcome_to_the_bit() -> None:
    assert run(ColdTrainer()) == run(ColdTrainer())
