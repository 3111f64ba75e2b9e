"""What the benchmarks share: options, simulations of a bundled model, tables, and the record of a run."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from webnn.core.merging.base import MergeSpec  # noqa: E402 (the checkout's own package)
from webnn.data.directory import data_dir as find  # noqa: E402
from webnn.model.definition import ModelDefinition, load_model  # noqa: E402
from webnn.model.settings import apply_settings  # noqa: E402
from webnn.paths import bundled_datasets_dir, bundled_models_dir  # noqa: E402
from webnn.sim.experiment import Plan, Row, Trial, run_plan, summarise  # noqa: E402
from webnn.sim.population import Population, parse_population  # noqa: E402
from webnn.sim.prepare import Laboratory, prepare  # noqa: E402
from webnn.sim.simulation import Target  # noqa: E402


def options(description: str | None, *, seeds: int, quick_seeds: int = 1) -> argparse.Namespace:
    """Read the command line that every benchmark has; `seeds` is set, and smaller with `--quick`."""
    parser = argparse.ArgumentParser(description=(description or "").split("\n")[0])
    parser.add_argument("--data-dir", type=Path, help="folder of the datasets' files, as for wnn")
    parser.add_argument("--quick", action="store_true", help="fewer seeds and settings: some minutes")
    parser.add_argument("--seeds", type=int, help=f"seeds to average over [{seeds}, quick: {quick_seeds}]")
    parser.add_argument("--json", action="store_true", help="print the result as JSON, nothing else")
    parser.add_argument("--no-save", action="store_true", help="leave benchmarks/results/ alone")
    given = parser.parse_args()
    given.seeds = given.seeds or (quick_seeds if given.quick else seeds)
    return given


@dataclass(frozen=True)
class Cell:
    """One or more simulations to average: a model with settings, a rule, volunteers, and who they are."""

    volunteers: int
    merge: MergeSpec
    settings: tuple[str, ...] = ()
    population: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 200.0
    target: float | None = None
    keep_going: bool = False
    shards: int | None = None

    @property
    def plan(self) -> Plan:
        target = None if self.target is None else Target(accuracy=self.target)
        population: Population = parse_population(self.population)
        return Plan((self.merge,), (self.volunteers,), (), population, self.seconds, target, self.keep_going)


def simulate(model: str, cell: Cell, seeds: Sequence[int], data_dir: Path | None) -> tuple[Row, list[Trial]]:
    """Simulate a cell with each seed. With `shards`, the training set is only that many of its shards."""
    definition = apply_settings(define(model), cell.settings)
    plan = replace(cell.plan, seeds=tuple(seeds))

    async def subject(seed: int) -> Laboratory:
        laboratory = await prepare_subject(definition, seed, data_dir)
        if cell.shards is None:
            return laboratory
        return replace(laboratory, config=replace(laboratory.config, shards=laboratory.config.shards[: cell.shards]))

    async def gather() -> list[Trial]:
        return [trial async for trial in run_plan(plan, subject)]

    trials = asyncio.run(gather())
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
        "commit": commit(),
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


def commit() -> str:
    """The commit that is checked out, with a + where files differ from it."""

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=HERE, capture_output=True, text=True, check=False).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", "..", ":!results")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + ("+" if changed else "")


def row_dict(row: Row, trials: Sequence[Trial]) -> dict[str, Any]:
    """Write a row with what each seed came to."""
    return {**row.as_dict(), "each": [trial.outcome.seconds_to_target for trial in trials]}


def progress(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
