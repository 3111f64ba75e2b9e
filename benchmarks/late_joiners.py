"""Seven volunteers come to one who has trained alone for 15 seconds: how far `auto` lets the run fall back.

`digits-cnn` with Adam, whose first steps are as large as its rate in every weight; 40 ms a step. With the care that
`auto` takes of newcomers (`webnn/core/crowd.py`), and with newcomers counting in full from their first step.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from common import define, options, prepare_subject, progress, report, table

from webnn.core import crowd
from webnn.model.settings import apply_settings
from webnn.sim.population import parse_population
from webnn.sim.simulation import Point, Scenario, Simulation, Target

MODEL, VOLUNTEERS, ARRIVAL, AFTERWARDS = "digits-cnn", 8, 15.0, 5.0
SETTINGS = ("merge=auto", "validation.everySeconds=0.2")
POPULATION = {
    "secondsPerIteration": 0.04,
    "lateShare": (VOLUNTEERS - 1) / VOLUNTEERS,
    "lateSeconds": ARRIVAL,
}


async def simulate(seed: int, data: Path | None) -> tuple[Point, ...]:
    """One run, and all its validations."""
    laboratory = await prepare_subject(apply_settings(define(MODEL), SETTINGS), seed, data)
    scenario = Scenario(
        config=laboratory.config,
        population=parse_population(POPULATION),
        volunteers=VOLUNTEERS,
        target=Target(),
        seconds=ARRIVAL + AFTERWARDS,
        seed=seed,
        shard_bytes=laboratory.shard_bytes,
    )
    try:
        return (await Simulation(scenario, laboratory.trainer).run()).points
    finally:
        await laboratory.close()


def fall(points: Sequence[Point]) -> tuple[float, float]:
    """How far accuracy fell, and held-out loss rose, from the last validation before the arrival to the worst after."""
    before = [point for point in points if point.seconds <= ARRIVAL][-1]
    after = [point for point in points if point.seconds > ARRIVAL]
    return (
        max((before.accuracy or 0.0) - min(point.accuracy or 0.0 for point in after), 0.0),
        max(max(point.loss for point in after) - before.loss, 0.0),
    )


def main() -> None:
    given, started = options(__doc__, seeds=6, quick_seeds=2), time.time()
    care, rows = crowd.WARM_UP, []
    for name, warm_up in (("auto", care), ("all count in full at once", 0.0)):
        crowd.WARM_UP = warm_up
        falls = [fall(asyncio.run(simulate(seed, given.data_dir))) for seed in range(1, given.seeds + 1)]
        accuracy, loss = (float(np.mean(each)) for each in zip(*falls, strict=True))
        rows.append({"newcomers": name, "accuracy_points": 100 * accuracy, "loss": loss, "each": falls})
        progress(f"{name}: {100 * accuracy:.1f} points, loss {loss:.3f}")
    crowd.WARM_UP = care
    keys: tuple[str, ...] = ("newcomers", "accuracy_points", "loss")
    lines: list[list[Any]] = [[row[key] for key in keys] for row in rows]
    text = table(("newcomers", "accuracy falls, points", "loss rises"), lines)
    report("late_joiners", given, started, {"rows": rows}, text)


if __name__ == "__main__":
    main()
