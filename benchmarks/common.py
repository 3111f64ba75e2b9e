"""What the benchmarks share: options, simulations of a bundled model, tables, and the record of a run."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from kept import Bench, make_job, perform  # noqa: E402
from machine import commit  # noqa: E402

from webnn.core.merging.base import MergeSpec  # noqa: E402 (the checkout's own package)
from webnn.data.directory import data_dir as find  # noqa: E402
from webnn.model.definition import ModelDefinition, load_model  # noqa: E402
from webnn.paths import bundled_datasets_dir, bundled_models_dir  # noqa: E402
from webnn.sim.experiment import Plan, Row, Trial, label, summarise  # noqa: E402
from webnn.sim.population import Population  # noqa: E402
from webnn.sim.prepare import Laboratory, prepare  # noqa: E402
from webnn.sim.simulation import Outcome  # noqa: E402


def options(
    description: str | None,
    *,
    seeds: int,
    quick_seeds: int = 1,
    more: Callable[[argparse.ArgumentParser], object] = lambda _: None,
) -> argparse.Namespace:
    """Read the command line that every benchmark has, and `more`; `seeds` is set, and smaller with `--quick`."""
    parser = argparse.ArgumentParser(description=(description or "").split("\n")[0])
    parser.add_argument("--data-dir", type=Path, help="folder of the datasets' files, as for wnn")
    parser.add_argument("--quick", action="store_true", help="fewer seeds and settings: some minutes")
    parser.add_argument("--seeds", type=int, help=f"seeds to average over [{seeds}, quick: {quick_seeds}]")
    parser.add_argument("--processes", type=int, default=min(os.cpu_count() or 1, 2), help="simulations at a time")
    parser.add_argument("--fresh", action="store_true", help="simulate again what build/benchmarks/ has kept")
    parser.add_argument("--json", action="store_true", help="print the result as JSON, nothing else")
    parser.add_argument("--no-save", action="store_true", help="leave benchmarks/results/ alone")
    more(parser)
    given = parser.parse_args()
    given.seeds = given.seeds or (quick_seeds if given.quick else seeds)
    given.commit = commit()
    return given


@dataclass(frozen=True, eq=False)
class Cell:
    """One or more simulations to average: a model with settings, a rule, volunteers, and who they are. With `shards`,
    the training set is only that many of its shards.
    """

    volunteers: int
    merge: MergeSpec
    settings: tuple[str, ...] = ()
    population: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 200.0
    target: float | None = None
    keep_going: bool = False
    shards: int | None = None
    honest_epochs: float | None = None


SGD_2018 = ('optimizer={"sgd":{"learningRate":0.2}}', "training.batchSize=64", "training.leaseSeconds=3")
"""How the WebNN report trained its network."""

Result = tuple[Row, list[Trial]]


class Lab:
    """Simulates cells, several simulations at a time, and keeps what they come to (see `kept`)."""

    def __init__(self, given: argparse.Namespace) -> None:
        self._bench = Bench(given.data_dir, given.processes, fresh=given.fresh)

    def simulate(self, model: str, cells: Sequence[Cell], seeds: Sequence[int]) -> list[Result]:
        """Simulate each cell with each seed."""
        jobs = {cell: [make_job(model, cell, seed) for seed in seeds] for cell in cells}
        outcomes = self._bench.run([job for each in jobs.values() for job in each])
        return [_summary(cell, [(job.seed, outcomes[job]) for job in jobs[cell]]) for cell in cells]


def simulate(model: str, cell: Cell, seeds: Sequence[int], data_dir: Path | None) -> Result:
    """Simulate one cell with each seed, all cores on one after another, and keep nothing."""
    jobs = [make_job(model, cell, seed) for seed in seeds]
    return _summary(cell, [(job.seed, perform(job, data_dir, 1)) for job in jobs])


def _summary(cell: Cell, outcomes: Sequence[tuple[int, Outcome]]) -> Result:
    trials = [Trial(label(cell.merge), cell.volunteers, seed, outcome) for seed, outcome in outcomes]
    plan = Plan((cell.merge,), (cell.volunteers,), tuple(seed for seed, _ in outcomes), Population(), cell.seconds)
    return summarise(plan, trials)[0], trials


async def prepare_subject(definition: ModelDefinition, seed: int, data_dir: Path | None) -> Laboratory:
    """Start what trains a model; close it."""
    return await prepare(definition, [bundled_datasets_dir()], find(data_dir), seed)


def define(model: str) -> ModelDefinition:
    return load_model(model, [bundled_models_dir()])


def rule(name: str, **given: object) -> MergeSpec:
    return MergeSpec(name, given)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Lay rows out as a Markdown table."""
    cells = [[show(value) for value in row] for row in rows]
    widths = [max(len(row[i]) for row in [list(columns), *cells]) for i in range(len(columns))]
    lines = [list(columns), ["-" * width for width in widths], *cells]
    return "\n".join(f"| {' | '.join(cell.rjust(w) for cell, w in zip(line, widths, strict=True))} |" for line in lines)


def show(value: object) -> str:
    if value is None:
        return "-"
    return (
        f"{value:.3g}"
        if isinstance(value, float) and abs(value) < 10
        else (f"{value:.1f}" if isinstance(value, float) else str(value))
    )


def report(name: str, given: argparse.Namespace, started: float, result: dict[str, Any], text: str) -> None:
    """Print a benchmark's result and keep it, with the machine and the commit, in `benchmarks/results/NAME.json`."""
    record = {
        "benchmark": name,
        "quick": given.quick,
        "seeds": given.seeds,
        "minutes": round((time.time() - started) / 60, 1),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "machine": machine(),
        "commit": given.commit,
        **result,
    }
    print(json.dumps(record) if given.json else f"{text}\n\n{record['minutes']} minutes on {record['machine']}")
    if not given.no_save:
        folder = HERE / "results"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}{'-quick' if given.quick else ''}.json").write_text(
            json.dumps(record, indent=1) + "\n", "utf-8"
        )


def machine() -> str:
    """Name the processor, its cores and the operating system."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return f"{model}, {os.cpu_count()} cores, {platform.system()}"


def row_dict(row: Row, trials: Sequence[Trial]) -> dict[str, Any]:
    """Write a row with what each seed came to."""
    return {**row.as_dict(), "each": [trial.outcome.seconds_to_target for trial in trials]}


def progress(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
