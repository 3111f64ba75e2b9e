"""Simulations that are kept on disk, several at a time: an interrupted benchmark goes on where it was.

What a simulation came to is kept in `build/benchmarks/`, by a name made of everything that decides it: model, rule,
population, seed, and the code that computes. `--fresh` simulates again.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from webnn.core.errors import WebNNError
from webnn.data.directory import data_dir as find
from webnn.model.definition import ModelDefinition, load_model
from webnn.model.settings import apply_settings
from webnn.paths import bundled_datasets_dir, bundled_models_dir
from webnn.sim.population import parse_population
from webnn.sim.prepare import Laboratory, prepare
from webnn.sim.simulation import Outcome, Scenario, Simulation, Target

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "benchmarks"
CODE = ("webnn/core", "webnn/engine", "webnn/sim", "webnn/data", "webnn/model", "datasets", "static/src/trainer")


@dataclass(frozen=True)
class Job:
    """One simulation: a bundled model with settings, and what decides its course."""

    model: str
    settings: tuple[str, ...]
    merge: tuple[str, str]  # the rule, and its options as JSON
    volunteers: int
    population: str  # as JSON
    seconds: float
    target: float | None
    keep_going: bool
    shards: int | None
    seed: int
    honest_epochs: float | None = None

    @property
    def definition(self) -> ModelDefinition:
        merge = json.dumps({self.merge[0]: json.loads(self.merge[1])})
        return apply_settings(load_model(self.model, [bundled_models_dir()]), (*self.settings, f"merge={merge}"))

    @property
    def file(self) -> Path:
        """Where its outcome is kept."""
        words = json.dumps([self.definition.raw, {**asdict(self), "settings": None, "model": None}, code()])
        return FOLDER / f"{hashlib.sha256(words.encode()).hexdigest()[:32]}.json"

    def kept(self) -> Outcome | None:
        """Its outcome, if it was simulated before."""
        try:
            return Outcome(**json.loads(self.file.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def keep(self, outcome: Outcome) -> None:
        FOLDER.mkdir(parents=True, exist_ok=True)
        fresh = self.file.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps(asdict(replace(outcome, points=()))), "utf-8")
        fresh.replace(self.file)


@cache
def code() -> str:
    """Name the code that decides what a simulation comes to."""
    digest = hashlib.sha256()
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".ts"):
                digest.update(path.read_bytes())
    return digest.hexdigest()


class Bench:
    """Performs jobs, `processes` at a time, and says on standard error how far it is."""

    def __init__(self, data_dir: Path | None, processes: int, *, fresh: bool = False) -> None:
        self._data_dir = data_dir
        self._fresh = fresh
        self._done: set[Job] = set()
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None

    def run(self, jobs: Sequence[Job]) -> dict[Job, Outcome]:
        """Perform `jobs`; what is kept is not simulated again."""
        outcomes = dict(self._found(jobs))
        missing = [job for job in dict.fromkeys(jobs) if job not in outcomes]
        if not missing:
            return outcomes
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self._processes)
        since = time.monotonic()
        waiting: dict[Future[Outcome], Job] = {
            self._pool.submit(perform, job, self._data_dir, self._processes): job for job in missing
        }
        while waiting:
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                job = waiting.pop(future)
                outcomes[job] = future.result()
                job.keep(outcomes[job])
                self._done.add(job)
                left = (time.monotonic() - since) / (len(missing) - len(waiting)) * len(waiting) / 60
                _say(job, outcomes[job], f"{len(missing) - len(waiting)}/{len(missing)}, {left:.0f} min left")
        return outcomes

    def kept(self, jobs: Sequence[Job]) -> dict[Job, Outcome]:
        """What is kept of `jobs`."""
        return dict(self._found(jobs))

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _found(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, Outcome]]:
        for job in jobs:
            outcome = None if self._fresh and job not in self._done else job.kept()
            if outcome is not None:
                yield job, outcome


def perform(job: Job, data_dir: Path | None, of: int) -> Outcome:
    """Simulate, with one trainer process where `of` jobs are performed side by side."""
    try:
        return asyncio.run(_perform(job, data_dir, 1 if of > 1 else None))
    except WebNNError as error:
        raise RuntimeError(str(error)) from None  # ours does not travel between processes


async def _perform(job: Job, data_dir: Path | None, processes: int | None) -> Outcome:
    definition = job.definition
    laboratory = await prepare(definition, [bundled_datasets_dir()], find(data_dir), job.seed, processes=processes)
    try:
        return await Simulation(_scenario(job, laboratory), laboratory.trainer).run()
    finally:
        await laboratory.close()


def _scenario(job: Job, laboratory: Laboratory) -> Scenario:
    config = laboratory.config
    if job.shards is not None:
        config = replace(config, shards=config.shards[: job.shards])
    return Scenario(
        config=config,
        population=parse_population(json.loads(job.population)),
        volunteers=job.volunteers,
        target=laboratory.target if job.target is None else Target(accuracy=job.target),
        seconds=job.seconds,
        seed=job.seed,
        keep_going=job.keep_going,
        shard_bytes=laboratory.shard_bytes,
        honest_epochs=job.honest_epochs,
    )


def _say(job: Job, outcome: Outcome, how_far: str) -> None:
    reached = "not reached" if outcome.seconds_to_target is None else f"{outcome.seconds_to_target:.1f} s"
    settings = " ".join(each for each in job.settings if each.startswith("optimizer"))
    print(
        f"[{how_far}] {job.volunteers} x {job.merge[0]} {job.merge[1]} {settings} seed {job.seed}: {reached}",
        file=sys.stderr,
        flush=True,
    )


def make_job(model: str, cell: Any, seed: int) -> Job:
    """The job of a `Cell` with one seed."""
    return Job(
        model=model,
        settings=tuple(cell.settings),
        merge=(cell.merge.name, json.dumps(dict(cell.merge.options), sort_keys=True)),
        volunteers=cell.volunteers,
        population=json.dumps(dict(cell.population), sort_keys=True),
        seconds=cell.seconds,
        target=cell.target,
        keep_going=cell.keep_going,
        shards=cell.shards,
        seed=seed,
        honest_epochs=cell.honest_epochs,
    )
