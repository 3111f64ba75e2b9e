"""What liars cost: `mnist-cnn`, 10 volunteers of whom 3 lie, 5 epochs of honest work, against an all-honest run.

    python benchmarks/attacks.py --data-dir DIR             the table: 30 runs of some 4 minutes of one core
    python benchmarks/attacks.py --only base --only stale   these rows alone, and the honest runs they are compared with
    python benchmarks/attacks.py --kept                     the table of what is kept so far; nothing is simulated
    python benchmarks/attacks.py --honest 1000              how many of so many honest volunteers are accused

Every run is in virtual time with real gradients, the model's own merge rule, and the checks that every run has by
default; an attack that did not happen fails the benchmark. Runs that are done are kept in `build/benchmarks/`, by all
that decides them, the code included, so that an interrupted benchmark goes on.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import math
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from common import Cell, define, options, progress, report, rule, table
from kept import FOLDER, Bench, Job, code, make_job

from webnn.data.dataset import Dataset
from webnn.data.directory import data_dir
from webnn.data.shards import ShardStore
from webnn.model.settings import apply_settings
from webnn.paths import bundled_datasets_dir
from webnn.sim.population import parse_population
from webnn.sim.prepare import Laboratory, prepare
from webnn.sim.simulation import Outcome, Scenario, Simulation, Target

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
MUST_FIND = ("base", "stale")
VOLUNTEERS, LIARS = 10, 0.3
COMMON = ("validation.everySeconds=5", "validation.examples=1000")
FULL = {"model": "mnist-cnn", "epochs": 5.0, "seconds": 600.0}
QUICK = {"model": "digits-cnn", "epochs": 40.0, "seconds": 200.0}
ALLOWED_ACCUSED = 0.01

OPTIMIZERS = (  # of the honest runs, each with the merge rule that it goes with
    ({"adam": {"learningRate": 0.003}}, "auto"),
    ({"muon": {"learningRate": 0.03}}, "auto"),
    ({"sgd": {"learningRate": 0.1}}, "weighted"),
    ({"momentum": {"learningRate": 0.02}}, "fedavg"),
    ({"rmsprop": {"learningRate": 0.001}}, "fedbuff"),
)
HONEST = {"secondsPerIteration": "0.05:0.5", "jitter": 0.2, "dropOutsPerHour": 0.9}
HONEST_SECONDS = 25.0
SHARDS = 20


def job(lie: str | None, seed: int, size: Mapping[str, Any]) -> Job:
    """The run with liars (None: without)."""
    cell = Cell(
        VOLUNTEERS,
        define(size["model"]).merge,
        settings=COMMON,
        population={} if lie is None else {"liarShare": LIARS, "lie": lie},
        seconds=size["seconds"],
        keep_going=True,
        honest_epochs=size["epochs"],
    )
    return make_job(size["model"], cell, seed)


def check(lie: str | None, outcome: Outcome) -> None:
    """See that the attack happened, and that the honest work was done."""
    if lie is not None:
        assert outcome.lies > 0, f"nobody lied: {lie}"
        assert len(outcome.liars) == round(LIARS * VOLUNTEERS)


COLUMNS = (
    *("attack", "seeds", "accuracy", "loss, points", "allowed", "liars found", "last found, s", "honest accused"),
    *("epochs", "harms", "good"),
)


def row(lie: str | None, outcomes: Sequence[Outcome], honest: float) -> list[Any]:
    """Average one attack over its seeds, against `honest` accuracy."""
    accuracy = fmean(outcome.accuracy or 0.0 for outcome in outcomes)
    found, wronged, late = 0, 0, list[float]()
    for outcome in outcomes:
        check(lie, outcome)
        first: dict[str, float] = {}
        for at, name in outcome.accused:
            first.setdefault(name, at)
        found += len(first.keys() & set(outcome.liars))
        wronged += len(first.keys() - set(outcome.liars))
        late.extend(first[name] for name in outcome.liars if name in first)
    epochs, harms = fmean(outcome.epochs for outcome in outcomes), sum(outcome.harms for outcome in outcomes)
    if lie is None:
        good = "yes" if not wronged else "no"
        return ["none", len(outcomes), f"{accuracy:.2%}", None, None, None, None, wronged, epochs, harms, good]
    words, allowed = ATTACKS[lie]
    points, liars = 100 * (honest - accuracy), sum(len(outcome.liars) for outcome in outcomes)
    good = "yes" if points <= allowed and (lie not in MUST_FIND or found == liars) and not wronged else "no"
    return [
        *(words, len(outcomes), f"{accuracy:.2%}", f"{points:.2f}", allowed, f"{found}/{liars}"),
        *(max(late, default=None), wronged, epochs, harms, good),
    ]


def attacks(given: argparse.Namespace) -> tuple[list[list[Any]], float]:
    """Run what is not kept yet; the rows, and the share of the evaluator's time that went into replays."""
    size, bench = (QUICK if given.quick else FULL), Bench(given.data_dir, given.processes, fresh=given.fresh)
    lies = (None, *(given.only or ATTACKS))
    jobs = {(lie, seed): job(lie, seed, size) for seed in range(given.seeds) for lie in lies}
    outcomes = bench.kept(list(jobs.values())) if given.kept else bench.run(list(jobs.values()))
    bench.close()
    rows = []
    for lie in lies:
        seeds = [seed for seed in range(given.seeds) if {jobs[lie, seed], jobs[None, seed]} <= outcomes.keys()]
        if seeds:
            honest = fmean(outcomes[jobs[None, seed]].accuracy or 0.0 for seed in seeds)
            rows.append(row(lie, [outcomes[jobs[lie, seed]] for seed in seeds], honest))
    busy = [outcome.replay_seconds / outcome.seconds for outcome in outcomes.values()]
    return rows, fmean(busy) if busy else 0.0


def skewed(dataset: Dataset, seed: int) -> ShardStore:
    """Shards of a class or two each, with a tenth of other examples among them."""
    rng = np.random.default_rng(seed)
    labels = np.asarray(dataset.train.targets).astype(float)
    order = np.argsort(np.where(rng.random(len(labels)) < 0.1, rng.uniform(0, 10, len(labels)), labels), kind="stable")
    return ShardStore(dataset.train, list(np.array_split(order, SHARDS)))


async def honest_runs(given: argparse.Namespace, runs: int) -> dict[str, Any]:
    """Count honest volunteers that are accused, in `runs` runs of ten, with all the optimisers in turn."""
    counts: dict[str, dict[str, int]] = {}
    for place, (optimizer, merge) in enumerate(OPTIMIZERS):
        (name,) = optimizer
        counts[name] = {"volunteer_runs": 0, "accused": 0, "replays": 0, "harms": 0}
        seeds = range(place, runs, len(OPTIMIZERS))
        files = {seed: honest_file(name, merge, seed) for seed in seeds}
        missing = [seed for seed in seeds if given.fresh or not files[seed].exists()]
        if missing and not given.kept:
            await simulate_honest(given, optimizer, merge, {seed: files[seed] for seed in missing})
        for file in files.values():
            if file.exists():
                for key, value in json.loads(file.read_text("utf-8")).items():
                    counts[name][key] += value
    return counts


def honest_file(name: str, merge: str, seed: int) -> Path:
    """Where what an honest run came to is kept."""
    words = json.dumps([name, merge, seed, HONEST, HONEST_SECONDS, SHARDS, VOLUNTEERS, COMMON, OPTIMIZERS, code()])
    return FOLDER / f"honest-{hashlib.sha256(words.encode()).hexdigest()[:32]}.json"


async def simulate_honest(
    given: argparse.Namespace, optimizer: dict[str, dict[str, float]], merge: str, files: Mapping[int, Path]
) -> None:
    """Simulate runs of one optimiser, by seed, and keep what they come to."""
    (name,) = optimizer
    definition = apply_settings(define("digits-mlp"), (*COMMON, "validation.replayShare=0.2"))
    definition = replace(definition, optimizer_name=name, optimizer_options={**optimizer[name]})
    data = data_dir(given.data_dir)
    laboratory = await prepare(definition, [bundled_datasets_dir()], data, 0, processes=1, cut=skewed)
    try:
        for seed, file in files.items():
            outcome = await honest_run(laboratory, merge, seed)
            accused = sorted({who for _, who in outcome.accused})
            kept = {"volunteer_runs": VOLUNTEERS, "accused": len(accused)}
            kept |= {"replays": outcome.replays, "harms": outcome.harms}
            FOLDER.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(kept), "utf-8")
            progress(f"{name}, seed {seed}: {outcome.accuracy:.2%}, {', '.join(accused) or 'nobody'} accused")
    finally:
        await laboratory.close()


async def honest_run(laboratory: Laboratory, merge: str, seed: int) -> Outcome:
    scenario = Scenario(
        config=replace(laboratory.config, seed=seed, merge=rule(merge)),
        population=parse_population(HONEST),
        volunteers=VOLUNTEERS,
        target=Target(),
        seconds=HONEST_SECONDS,
        seed=seed,
        keep_going=True,
        shard_bytes=laboratory.shard_bytes,
    )
    return await Simulation(scenario, laboratory.trainer).run()


def interval(hits: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    z, share = 1.96, hits / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def accusations(given: argparse.Namespace, started: float) -> int:
    """Print how many honest volunteers are accused."""
    counts = asyncio.run(honest_runs(given, math.ceil(given.honest / VOLUNTEERS)))
    columns = ("optimiser", "volunteer-runs", "accused", "replays", "harms")
    rows = [[name, *each.values()] for name, each in counts.items()]
    total, accused = max(sum(each[1] for each in rows), 1), sum(each[2] for each in rows)
    low, high = interval(accused, total)
    words = f"Honest volunteers accused: {accused} of {total}, {accused / total:.2%} (95 %: {low:.2%} to {high:.2%})"
    report("accusations", given, started, {"counts": counts}, f"{table(columns, rows)}\n\n{words}")
    return 0 if accused / total < ALLOWED_ACCUSED else 1


def main() -> int:
    def more(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--only", action="append", choices=ATTACKS, help="this attack alone; may be repeated")
        parser.add_argument("--kept", action="store_true", help="print what is kept; simulate nothing")
        parser.add_argument("--honest", type=int, metavar="N", help="count accusations of N honest volunteers instead")

    given, started = options(__doc__, seeds=3, more=more), time.time()
    if given.honest:
        return accusations(given, started)
    rows, evaluator = attacks(given)
    words = f"The evaluator's time spent on replays: {evaluator:.1%}"
    result = {"rows": [dict(zip(COLUMNS, each, strict=True)) for each in rows], "evaluator": evaluator}
    report("attacks", given, started, result, f"{table(COLUMNS, rows)}\n\n{words}")
    return 0 if all(each[-1] == "yes" for each in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
