"""Several simulations beside each other: merge rules against numbers of volunteers, over seeds."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import fmean, stdev
from typing import Any, Protocol

from webnn.core.config import RunConfig
from webnn.core.merging.base import MergeSpec
from webnn.sim.population import Population
from webnn.sim.simulation import Outcome, Point, Scenario, Simulation, Target
from webnn.sim.trainer import Trainer

T_975 = (math.nan, 12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
"""Student's t for a two-sided 95 % interval, by degrees of freedom."""


class Subject(Protocol):
    """A model with its data; `Laboratory` is one."""

    @property
    def config(self) -> RunConfig: ...

    @property
    def target(self) -> Target: ...

    @property
    def trainer(self) -> Trainer: ...

    @property
    def shard_bytes(self) -> Any: ...

    @property
    def weight_bytes(self) -> int | None: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What to compare. `seconds` is the virtual time that each simulation has; `target` None: the model's own."""

    merges: tuple[MergeSpec, ...]
    volunteers: tuple[int, ...]
    seeds: tuple[int, ...]
    population: Population
    seconds: float
    target: Target | None = None
    keep_going: bool = False

    @property
    def num_simulations(self) -> int:
        return len(self.merges) * len(self.volunteers) * len(self.seeds)


@dataclass(frozen=True, slots=True)
class Trial:
    """One simulation of a plan, and what came of it."""

    merge: str
    volunteers: int
    seed: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Row:
    """The trials of one rule with one number of volunteers. Means over the seeds; `seconds_to_target` None: some seed
    did not reach it. `interval`: half the width of its 95 % interval, None with one seed.

    `speedup` is over the best rule with a single volunteer, None without one; `efficiency` is that over the sum of the
    devices' speeds.
    """

    merge: str
    volunteers: int
    seconds_to_target: float | None
    interval: float | None
    speedup: float | None
    efficiency: float | None
    accuracy: float | None
    loss: float
    iterations: float
    merges: float
    bytes: float
    staleness: float
    busy: float
    reached: int
    seeds: int

    def as_dict(self) -> dict[str, Any]:
        return {name: _rounded(getattr(self, name)) for name in self.__slots__}


Tell = Callable[[int, float, Point], None]


async def run_plan(
    plan: Plan, make_subject: Callable[[int], Awaitable[Subject]], tell: Tell = lambda _done, _share, _point: None
) -> AsyncIterator[Trial]:
    """Run a plan, simulation by simulation. Each seed has data, initial weights and a population of its own."""
    done = 0
    for seed in plan.seeds:
        subject = await make_subject(seed)
        try:
            for merge in plan.merges:
                for volunteers in plan.volunteers:
                    scenario = Scenario(
                        config=replace(subject.config, merge=merge),
                        population=plan.population,
                        volunteers=volunteers,
                        target=plan.target or subject.target,
                        seconds=plan.seconds,
                        seed=seed,
                        keep_going=plan.keep_going,
                        shard_bytes=subject.shard_bytes,
                        weight_bytes=subject.weight_bytes,
                    )
                    simulation = Simulation(scenario, subject.trainer, partial(tell, done))
                    yield Trial(label(merge), volunteers, seed, await simulation.run())
                    done += 1
        finally:
            await subject.close()


def summarise(plan: Plan, trials: Sequence[Trial]) -> list[Row]:
    """Gather trials into rows, in the plan's order."""
    groups = [
        [trial for trial in trials if trial.merge == label(merge) and trial.volunteers == volunteers]
        for merge in plan.merges
        for volunteers in plan.volunteers
    ]
    means = [_mean_seconds(group) for group in groups]
    single = min(
        (mean for mean, group in zip(means, groups, strict=True) if mean and group[0].volunteers == 1), default=None
    )
    return [_row(group, mean, single) for group, mean in zip(groups, means, strict=True) if group]


def label(merge: MergeSpec) -> str:
    """Name a rule with its options, as a table shows it."""
    if not merge.options:
        return merge.name
    return f"{merge.name}({', '.join(f'{key}={value}' for key, value in merge.options.items())})"


def _mean_seconds(group: Sequence[Trial]) -> float | None:
    times = [trial.outcome.seconds_to_target for trial in group]
    known = [time for time in times if time is not None]
    return fmean(known) if known and len(known) == len(times) else None


def _row(group: Sequence[Trial], seconds: float | None, single: float | None) -> Row:
    outcomes = [trial.outcome for trial in group]
    times = [outcome.seconds_to_target for outcome in outcomes if outcome.seconds_to_target is not None]
    speedup = None if seconds is None or single is None else single / seconds
    accuracies = [outcome.accuracy for outcome in outcomes if outcome.accuracy is not None]
    return Row(
        merge=group[0].merge,
        volunteers=group[0].volunteers,
        seconds_to_target=seconds,
        interval=half_interval(times) if seconds is not None else None,
        speedup=speedup,
        efficiency=None if speedup is None else speedup / fmean(outcome.speed for outcome in outcomes),
        accuracy=fmean(accuracies) if accuracies else None,
        loss=fmean(outcome.loss for outcome in outcomes),
        iterations=fmean(outcome.iterations for outcome in outcomes),
        merges=fmean(outcome.merges for outcome in outcomes),
        bytes=fmean(outcome.bytes for outcome in outcomes),
        staleness=fmean(outcome.staleness for outcome in outcomes),
        busy=fmean(outcome.busy for outcome in outcomes),
        reached=len(times),
        seeds=len(group),
    )


def half_interval(values: Sequence[float]) -> float | None:
    """Half the width of the 95 % interval of the mean (Student); None for fewer than two values."""
    if len(values) < 2:
        return None
    t = T_975[min(len(values) - 1, len(T_975) - 1)]
    return t * stdev(values) / math.sqrt(len(values))


def _rounded(value: object) -> object:
    if not isinstance(value, float):
        return value
    if value.is_integer() and abs(value) < 1e15:
        return int(value)
    return float(f"{value:.6g}")
