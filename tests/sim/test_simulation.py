"""Whole simulations with a stub in place of gradients."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from webnn.core.config import RunConfig, ShardSize
from webnn.core.events import Vector
from webnn.core.leases import Lease
from webnn.core.merging.base import MergeSpec
from webnn.core.run import Run
from webnn.sim.population import parse_population
from webnn.sim.server import make_engine
from webnn.sim.simulation import Outcome, Scenario, Target, simulate
from webnn.sim.trainer import StubTrainer, Trained

CONFIG = RunConfig(
    seed=1,
    shards=tuple(ShardSize(f"shard {i}", 2000) for i in range(30)),
    batch_size=64,
    learning_rate=0.1,
    num_weights=8,
    num_trainable=8,
    validation_total=10_000,
    validate_every_seconds=1.0,
    lease_seconds=1.8,
)


def outcome_of(
    volunteers: int, merge: str = "average", *, rate: float = 0.01, noise: float = 0.01, **population: Any
) -> Outcome:
    scenario = Scenario(
        config=replace(CONFIG, merge=MergeSpec(merge)),
        population=parse_population(population),
        volunteers=volunteers,
        target=Target(accuracy=0.95),
        seconds=120,
        seed=3,
        shard_bytes={shard.name: 200_000 for shard in CONFIG.shards},
    )
    return simulate(scenario, StubTrainer(rate=rate, noise=noise))


MESS = {
    "secondsPerIteration": "0.1:1",
    "latencySeconds": "0.01:0.3",
    "jitter": 0.2,
    "dropOutsPerHour": 0.999,
    "returnSeconds": "1:5",
    "lateShare": 0.2,
    "lateSeconds": 10,
    "staleShare": 0.2,
    "liarShare": 0.1,
}


@pytest.mark.parametrize(
    "merge", ["average", "weighted", "fedavg", "fedbuff", "diloco", "diloco-async", "dc-asgd", "auto"]
)
def test_the_same_seed_gives_the_same_outcome_to_the_bit(merge: str) -> None:
    first, second = (outcome_of(10, merge, **MESS) for _ in range(2))
    assert first == second
    assert first.merges > 10


def test_another_seed_gives_another_outcome() -> None:
    scenario = Scenario(CONFIG, parse_population(MESS), 4, Target(accuracy=0.95), 30, seed=1)
    outcomes = [simulate(replace(scenario, seed=seed), StubTrainer(noise=0.01)) for seed in (1, 2)]
    assert outcomes[0] != outcomes[1]


def test_one_volunteer_takes_as_long_as_its_steps_and_its_exchanges() -> None:
    outcome = outcome_of(1, rate=0.02, noise=0)
    assert outcome.seconds_to_target is not None
    steps = 150  # 0.98^148 = 0.05
    assert 0.18 * steps <= outcome.seconds_to_target <= 1.15 * 0.18 * steps
    assert outcome.staleness == 0
    assert 0.85 < outcome.busy < 1


def test_faster_links_leave_devices_less_idle() -> None:
    slow = outcome_of(4, "fedavg", latencySeconds=0.5)
    fast = outcome_of(4, "fedavg", latencySeconds=0.001, uploadMbit=1000, downloadMbit=1000)
    assert slow.busy < 0.8 < fast.busy


def test_speeds_are_spread_evenly_and_add_up() -> None:
    outcome = outcome_of(9, secondsPerIteration="0.1:1")
    assert outcome.speed == pytest.approx(sum(10 ** -((i + 0.5) / 9) for i in range(9)))


def test_volunteers_who_leave_come_back() -> None:
    outcome = outcome_of(6, rate=0.0005, dropOutsPerHour=0.999999, returnSeconds=1)
    assert outcome.outcomes["merged"] > 50
    assert outcome.busy < 0.995
    assert outcome.seconds == 120


def test_everyone_leaving_for_good_ends_without_the_target() -> None:
    outcome = outcome_of(3, rate=0.0001, dropOutsPerHour=1 - 1e-15, returnSeconds=None)
    assert outcome.seconds_to_target is None
    assert outcome.busy < 0.95


def test_a_liar_that_sends_no_numbers_is_never_merged() -> None:
    outcome = outcome_of(1, liarShare=0.99, lie="nan")
    assert set(outcome.outcomes) <= {"invalid", "not_needed"}
    assert outcome.merges == 0


def test_liars_make_it_worse() -> None:
    honest, lied = outcome_of(4, "fedavg"), outcome_of(4, "fedavg", liarShare=0.5, lie="sign")
    assert honest.seconds_to_target is not None
    assert lied.seconds_to_target is None or lied.seconds_to_target > honest.seconds_to_target


def test_stale_phones_deliver_late() -> None:
    quick, slow = (outcome_of(4, rate=0.0005, staleShare=share).staleness for share in (0, 0.5))
    assert slow > quick


def test_thousands_of_volunteers_take_seconds() -> None:
    config = replace(CONFIG, merge=MergeSpec("fedbuff", {"size": 500}), shards=(ShardSize("x", 50_000_000),))
    population = parse_population({"secondsPerIteration": "0.2:2"})
    scenario = Scenario(config, population, 3000, Target(accuracy=0.99), 6, seed=1)
    outcome = simulate(scenario, StubTrainer(rate=0.0001))
    assert outcome.outcomes["merged"] >= 1500


def test_a_stub_may_stand_for_a_larger_model_on_the_wire() -> None:
    scenario = Scenario(
        replace(CONFIG, merge=MergeSpec("average")), parse_population({}), 2, Target(), 20, seed=1, weight_bytes=40_000
    )
    outcome = simulate(scenario, StubTrainer())
    assert (
        outcome.bytes
        > outcome.merges * 2 * 40_000
        > simulate(replace(scenario, weight_bytes=None), StubTrainer()).bytes
    )


class PoisonedTrainer(StubTrainer):
    """For a while, what everyone trains leads away, though not much further than is usual."""

    def __init__(self, first: int, last: int) -> None:
        super().__init__(rate=0.01, noise=0.0)
        self._poisoned = range(first, last)
        self.leases = 0

    async def train(self, lease: Lease, base: Vector, *, flipped: bool = False) -> Trained:
        self.leases += 1
        trained = await super().train(lease, base, flipped=flipped)
        if self.leases not in self._poisoned:
            return trained
        return Trained(base - 3 * (trained.payload - base), trained.metrics)


def test_a_run_that_comes_to_harm_goes_back_and_on() -> None:
    scenario = Scenario(
        replace(CONFIG, merge=MergeSpec("average")), parse_population({}), 4, Target(accuracy=0.95), 60, seed=1
    )
    harmed = simulate(scenario, PoisonedTrainer(30, 45))
    assert (harmed.harms, harmed.returns) == (1, 1)
    assert harmed.outcomes["rolled_back"] >= 1
    assert harmed.accuracy is not None
    assert harmed.accuracy > 0.8, "it learnt all the same"
    assert simulate(scenario, PoisonedTrainer(0, 0)).returns == 0
    assert simulate(scenario, PoisonedTrainer(30, 45)) == harmed


def test_updates_are_tried_on_held_out_examples_now_and_then_and_the_same_each_time() -> None:
    config = replace(CONFIG, merge=MergeSpec("average"), replay_share=0.5)
    scenario = Scenario(config, parse_population({}), 4, Target(accuracy=0.95), 60, seed=1)
    outcome = simulate(scenario, StubTrainer(rate=0.0005, noise=0.01))
    assert outcome.trials > 0
    assert outcome.replays > 0
    assert outcome.replay_seconds <= 0.5 * outcome.seconds + 1
    assert simulate(scenario, StubTrainer(rate=0.0005, noise=0.01)) == outcome
    assert simulate(replace(scenario, config=replace(config, replay_share=0.0)), StubTrainer(rate=0.0005)).trials == 0


def test_volunteers_who_lend_a_part_of_their_time_take_turns() -> None:
    resting, slow = outcome_of(8, "auto", share=0.2), outcome_of(8, "auto", secondsPerIteration=0.9)
    assert resting.outcomes["merged"] == pytest.approx(slow.outcomes["merged"], rel=0.2)
    assert resting.loss is not None
    assert slow.loss is not None
    assert resting.loss < 0.7 * slow.loss, "as many updates, but each from weights that have more of the others'"
    assert outcome_of(8, "auto", share=0.2) == resting


async def test_what_checks_look_at_is_decided_by_the_seed() -> None:
    initial, payload = np.zeros(9_000, np.float32), np.arange(9_000, dtype=np.float32)

    async def sketch(seed: int) -> list[float]:
        run = Run(replace(CONFIG, seed=seed, num_weights=9_000, num_trainable=9_000))
        return [*(await make_engine(run, initial).judge(payload, 1)).sketch]

    assert await sketch(3) == await sketch(3) != await sketch(4)
