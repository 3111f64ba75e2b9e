"""What liars cost: `mnist-cnn`, 10 volunteers of whom 3 lie, 5 epochs of honest work, against an all-honest run.

Every attack runs in virtual time with real gradients, `auto` merging and the checks that every run has by default; an
attack that did not happen fails the benchmark. Then honest volunteers alone, with speeds of 10:1, skewed shards,
rounding of their own and optimisers that remember: how many of 1,000 are accused. Cells that are done are kept in
`benchmarks/results/attacks-cells.json`, so that an interrupted run goes on; `--fresh` forgets them.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from common import HERE, apply_settings, define, options, prepare_subject, progress, report, rule, table

from webnn.core.config import RunConfig, ShardSize
from webnn.core.events import Vector
from webnn.core.leases import Lease
from webnn.core.metrics import Validation
from webnn.sim.population import parse_population
from webnn.sim.simulation import Outcome, Scenario, Simulation, Target
from webnn.sim.trainer import Trained, as_wanted

ATTACKS = {  # lie: (what it is, the loss of accuracy, in points, that is allowed)
    "random": ("random weights", 0.5),
    "noise": ("noise as large as work", 0.5),
    "scaled": ("scaled a millionfold", 0.5),
    "sign": ("sign flipped", 0.5),
    "nan": ("NaN", 0.5),
    "labels": ("flipped labels", 1.5),
    "little": ("a little is enough", 1.5),
    "base": ("the base sent back", 0.5),
    "stale": ("stale copies", 0.5),
}
VOLUNTEERS, LIARS = 10, 0.3
COMMON = ("validation.everySeconds=5", "validation.examples=1000")
FULL = {"model": "mnist-cnn", "epochs": 5.0, "seconds": 600.0}
QUICK = {"model": "digits-cnn", "epochs": 40.0, "seconds": 120.0}
CELLS = HERE / "results" / "attacks-cells.json"
ALLOWED_ACCUSED = 0.01


async def attack(lie: str | None, seed: int, size: dict[str, Any], data_dir: Path | None) -> Outcome:
    """Simulate a run with liars (None: without)."""
    definition = apply_settings(define(size["model"]), COMMON)
    laboratory = await prepare_subject(definition, seed, data_dir)
    try:
        given = {} if lie is None else {"liarShare": LIARS, "lie": lie}
        scenario = Scenario(
            config=replace(laboratory.config, merge=rule("auto")),
            population=parse_population(given),
            volunteers=VOLUNTEERS,
            target=Target(),
            seconds=size["seconds"],
            seed=seed,
            keep_going=True,
            shard_bytes=laboratory.shard_bytes,
            honest_epochs=size["epochs"],
        )
        return await Simulation(scenario, laboratory.trainer).run()
    finally:
        await laboratory.close()


def cell(lie: str | None, seed: int, size: dict[str, Any], data_dir: Path | None) -> dict[str, Any]:
    """Run one cell, and see that the attack happened."""
    outcome = asyncio.run(attack(lie, seed, size, data_dir))
    if lie is not None:
        assert outcome.lies > 0, f"nobody lied: {lie}"
        assert len(outcome.liars) == round(LIARS * VOLUNTEERS)
    found = {name for _, name in outcome.accused if name in outcome.liars}
    return {
        "accuracy": outcome.accuracy,
        "epochs": outcome.epochs,
        "lies": outcome.lies,
        "found": len(found),
        "found_at": max((min(at for at, who in outcome.accused if who == name) for name in found), default=None),
        "wronged": len({name for _, name in outcome.accused} - set(outcome.liars)),
        "outcomes": dict(outcome.outcomes),
        "seconds": outcome.seconds,
        "replays": outcome.replays,
        "evaluator": outcome.replay_seconds / outcome.seconds,
        "harms": outcome.harms,
    }


class SkewedTrainer:
    """A stand-in with what makes honest work look odd: each shard pulls elsewhere, each device rounds in its own way,
    and optimisers remember (`momentum`).
    """

    def __init__(self, momentum: float, num_weights: int = 400) -> None:
        self._momentum = momentum
        rng = np.random.default_rng(5)
        self._goals = rng.standard_normal((64, num_weights)).astype(np.float32)
        self._initial = np.zeros(num_weights, np.float32)
        self._velocity: dict[str, Vector] = {}

    @property
    def initial(self) -> Vector:
        return self._initial

    async def reset(self) -> None:
        self._velocity.clear()

    async def forget(self, volunteer_id: str) -> None:
        self._velocity.pop(volunteer_id, None)

    async def train(self, lease: Lease, base: Vector, *, flipped: bool = False) -> Trained:
        rng = np.random.Generator(np.random.PCG64(lease.seed))
        weights, velocity = base.copy(), self._velocity.get(lease.volunteer_id, np.zeros_like(base))
        goal = np.mean([self._goals[int(part.shard) % 64] for part in lease.parts], axis=0)
        for _ in range(lease.iterations):
            noise = 3 * rng.standard_normal(len(base), np.float32)
            velocity = np.float32(self._momentum) * velocity + (weights - goal + noise)
            weights -= np.float32(0.01) * velocity
        self._velocity[lease.volunteer_id] = velocity
        device = np.random.Generator(np.random.PCG64([lease.seed, int(lease.volunteer_id[1:])]))
        rounding = 0.02 * np.abs(weights - base).mean() * device.standard_normal(len(base), np.float32)
        return Trained(as_wanted(lease, weights + rounding.astype(np.float32), base))

    async def validate(self, weights: Vector, num_examples: int | None) -> Validation:
        distance = float(np.mean(np.abs(weights - self._goals.mean(axis=0))))
        return Validation(distance, max(0.0, 1 - distance), num_examples or 1000)


def accusations(runs: int) -> dict[str, Any]:
    """Count honest volunteers whose lie was "proved", over `runs` runs of ten."""
    population = parse_population({"secondsPerIteration": "0.18:1.8", "jitter": 0.2, "dropOutsPerHour": 0.2})
    wronged = replays = 0
    for seed in range(runs):
        config = RunConfig(
            seed=seed,
            shards=tuple(ShardSize(str(number), 640) for number in range(64)),
            batch_size=32,
            learning_rate=0.01,
            num_weights=400,
            num_trainable=400,
            validation_total=1000,
            merge=rule(("auto", "fedavg", "weighted")[seed % 3]),
            replay_share=0.1,
        )
        trainer = SkewedTrainer(momentum=0.9 if seed % 2 else 0.0)
        scenario = Scenario(config, population, VOLUNTEERS, Target(), 60.0, seed, keep_going=True)
        outcome = asyncio.run(Simulation(scenario, trainer).run())
        wronged += len({name for _, name in outcome.accused})
        replays += outcome.replays
    return {"volunteer_runs": runs * VOLUNTEERS, "accused": wronged, "replays": replays}


def main() -> int:
    if "--fresh" in sys.argv:
        sys.argv.remove("--fresh")
        CELLS.unlink(missing_ok=True)
    given, started = options(__doc__, seeds=3), time.time()
    size = QUICK if given.quick else FULL
    cells: dict[str, dict[str, Any]] = json.loads(CELLS.read_text("utf-8")) if CELLS.exists() else {}
    for seed in range(given.seeds):
        for lie in (None, *ATTACKS):
            key = f"{size['model']}-{lie or 'honest'}-{seed}"
            if key not in cells:
                cells[key] = cell(lie, seed, size, given.data_dir)
                CELLS.parent.mkdir(exist_ok=True)
                CELLS.write_text(json.dumps(cells, indent=1) + "\n", "utf-8")
            progress(f"{key}: {cells[key]['accuracy']:.4f}, {cells[key]['found']} found")
    rows = [row(lie, cells, given.seeds, size["model"]) for lie in (None, *ATTACKS)]
    wrong = accusations(10 if given.quick else 100)
    columns = (
        "attack",
        "accuracy",
        "loss, points",
        "allowed",
        "liars found",
        "last found, s",
        "honest accused",
        "good",
    )
    share = wrong["accused"] / wrong["volunteer_runs"]
    words = f"Honest volunteers accused: {wrong['accused']} of {wrong['volunteer_runs']} ({share:.2%})"
    evaluator = fmean(each["evaluator"] for key, each in cells.items() if key.startswith(size["model"]))
    words += f"\nThe evaluator's time spent on replays: {evaluator:.1%}"
    result = {"rows": [dict(zip(columns, each, strict=True)) for each in rows], "accusations": wrong}
    report("attacks", given, started, {**result, "evaluator": evaluator}, f"{table(columns, rows)}\n\n{words}")
    return 0 if share < ALLOWED_ACCUSED and all(each[-1] == "yes" for each in rows) else 1


def row(lie: str | None, cells: dict[str, dict[str, Any]], seeds: int, model: str) -> list[Any]:
    """Average one attack over the seeds, against the honest runs."""
    mine = [cells[f"{model}-{lie or 'honest'}-{seed}"] for seed in range(seeds)]
    honest = fmean(cells[f"{model}-honest-{seed}"]["accuracy"] for seed in range(seeds))
    accuracy, wronged = fmean(each["accuracy"] for each in mine), sum(each["wronged"] for each in mine)
    if lie is None:
        return ["none", f"{accuracy:.2%}", None, None, None, None, wronged, "yes"]
    words, allowed = ATTACKS[lie]
    points, found = 100 * (honest - accuracy), sum(each["found"] for each in mine)
    must_find = lie in ("base", "stale")
    good = points <= allowed and (not must_find or found == 3 * seeds)
    late = max((each["found_at"] for each in mine if each["found_at"] is not None), default=None)
    shown = f"{points:.2f}"
    return [words, f"{accuracy:.2%}", shown, allowed, f"{found}/{3 * seeds}", late, wronged, "yes" if good else "no"]


if __name__ == "__main__":
    sys.exit(main())
