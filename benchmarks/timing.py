"""Epoch times: they depend on sizes, speeds and rules, not on gradients, so a stub trains here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from common import rule

from webnn.core.config import RunConfig, ShardSize, StopConditions
from webnn.sim.population import parse_population
from webnn.sim.simulation import Outcome, Scenario, Target, simulate
from webnn.sim.trainer import StubTrainer

SHARD = 668


def epochs_of(
    merge: str,
    volunteers: int,
    *,
    num_weights: int,
    epochs: float,
    batch_size: int,
    population: Mapping[str, Any],
    update_seconds: float,
    num_examples: int = 60_000,
    **given: object,
) -> Outcome:
    """Simulate `volunteers` passing `epochs` times over `num_examples` (MNIST's)."""
    shards = tuple(ShardSize(f"{i}", min(SHARD, num_examples - i * SHARD)) for i in range(-(-num_examples // SHARD)))
    config = RunConfig(
        seed=1,
        shards=shards,
        batch_size=batch_size,
        learning_rate=0.01,
        num_weights=num_weights,
        num_trainable=num_weights,
        validation_total=1,
        validation_examples=1,
        validate_every_seconds=1e6,
        merge=rule(merge, **given),
        stop=StopConditions(epochs=epochs),
    )
    scenario = Scenario(
        config=config,
        population=parse_population(population),
        volunteers=volunteers,
        target=Target(),
        seconds=1e6,
        seed=1,
        shard_bytes={shard.name: 120_000 for shard in shards},
        update_seconds=update_seconds,
    )
    return simulate(scenario, StubTrainer(num_weights, rate=1e-6))
