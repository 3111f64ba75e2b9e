"""`wnn simulate NAME`: how fast a model would train with how many volunteers, before anyone is invited."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from webnn.cli import options
from webnn.core.errors import WebNNError

if TYPE_CHECKING:
    from webnn.core.merging.base import MergeSpec
    from webnn.sim.experiment import Plan, Row, Trial

OUT = "simulations"


@click.command("simulate", short_help="Try merge rules with virtual volunteers.")
@options.name_argument
@click.option(
    "--volunteers", "-n", default="1,2,4,8", show_default=True, metavar="N,N,...", help="How many volunteers."
)
@click.option(
    "--merge",
    "-m",
    "merges",
    multiple=True,
    metavar="RULE,...",
    help='Rules to compare [default: the model\'s]; with options as JSON: {"diloco": {"iterations": 8}}.',
)
@options.seed_option
@click.option("--seeds", type=click.IntRange(1, 1000), default=1, show_default=True, help="Seeds to average over.")
@click.option("--target", type=float, help="Accuracy to reach [default: the model's stop accuracy].")
@click.option("--seconds", type=float, default=600.0, show_default=True, help="Virtual seconds at most.")
@click.option("--population", type=options.FILE, help="JSON file that describes the volunteers.")
@click.option("--device", multiple=True, metavar="KEY=VALUE", help="Lay this over the population; may be repeated.")
@click.option("--keep-going", is_flag=True, help="Go on after the target is reached, until --seconds.")
@click.option("--stub", is_flag=True, help="Train nothing: who waits, and what travels, with tens of thousands.")
@click.option("--out", type=options.DIRECTORY, help=f"Folder for JSON, CSV and figures [default: {OUT}/NAME].")
@options.set_option
@options.data_dir_option
@options.json_option
def command(**values: Any) -> None:
    """Train the model NAME with virtual volunteers, in virtual time and with real gradients.

    Prints for each rule and number of volunteers when the target accuracy was reached on the held-out examples. The
    same seed gives the same result. `docs/simulating.md` says what a population file holds.
    """
    asyncio.run(simulate(**values))


async def simulate(
    *,
    name: str,
    volunteers: str,
    merges: tuple[str, ...],
    seed: int | None,
    seeds: int,
    target: float | None,
    seconds: float,
    population: Path | None,
    device: tuple[str, ...],
    keep_going: bool,
    stub: bool,
    out: Path | None,
    overrides: tuple[str, ...],
    data_dir: Path | None,
    json_lines: bool,
) -> None:
    """Run the simulations that the options describe, and print and write what came of them."""
    from webnn.cli.places import dataset_search, model_search
    from webnn.data.directory import data_dir as find_data_dir
    from webnn.model.definition import load_model
    from webnn.model.settings import apply_settings
    from webnn.sim.experiment import Plan, run_plan, summarise
    from webnn.sim.population import read_population
    from webnn.sim.prepare import Laboratory, Mock, prepare, prepare_mock
    from webnn.sim.report import result_dict, write_report
    from webnn.sim.simulation import Target

    definition = apply_settings(load_model(name, model_search()), overrides)
    first = 1 if seed is None else seed
    plan = Plan(
        merges=read_merges(merges) or (definition.merge,),
        volunteers=read_counts(volunteers),
        seeds=tuple((first + number) % 2**32 for number in range(seeds)),
        population=read_population(population, device),
        seconds=seconds,
        target=Target() if stub else None if target is None else Target(accuracy=target),
        keep_going=keep_going,
    )
    check_merges(plan.merges)
    stop = definition.training.stop
    aim = plan.target or Target(stop.accuracy, None if stop.accuracy is not None else stop.loss)
    trials: list[Trial] = []
    with Progress(plan, quiet=json_lines) as progress:

        async def make_subject(number: int) -> Laboratory | Mock:
            make = prepare_mock if stub else prepare
            return await make(definition, dataset_search(), find_data_dir(data_dir), number, progress.say)

        async for trial in run_plan(plan, make_subject, progress.tell):
            trials.append(trial)
            if json_lines:
                click.echo(json.dumps(trial_dict(trial)))
    rows = summarise(plan, trials)
    result = result_dict(definition.name, plan, aim.accuracy if aim.accuracy is not None else aim.loss, rows)
    paths = write_report(out or Path(OUT) / definition.name, result, plan, rows, trials)
    if json_lines:
        click.echo(json.dumps(result))
    else:
        print_table(definition.name, result["target"], rows, paths)


def read_counts(text: str) -> tuple[int, ...]:
    """Read `1,2,4`. Raises `WebNNError("settings")`."""
    try:
        counts = tuple(int(part) for part in text.split(","))
    except ValueError:
        counts = ()
    if not counts or not all(0 < count <= 100_000 for count in counts):
        raise WebNNError("settings", f'--volunteers takes numbers with commas between, as in 1,2,4,8, not "{text}".')
    return counts


def read_merges(texts: Sequence[str]) -> tuple[MergeSpec, ...]:
    """Read names with commas between, and JSON objects. Raises `WebNNError("settings")`."""
    from webnn.core.merging.base import MergeSpec

    specs = []
    for text in texts:
        if not text.lstrip().startswith("{"):
            specs += [MergeSpec(name.strip()) for name in text.split(",") if name.strip()]
            continue
        try:
            value = json.loads(text)
        except ValueError as error:
            raise WebNNError("settings", f"--merge {text} is not JSON: {error}.") from error
        specs += [MergeSpec(name, given if isinstance(given, dict) else {}) for name, given in value.items()]
    return tuple(specs)


def check_merges(merges: Sequence[MergeSpec]) -> None:
    """Refuse a rule that there is none of, before anything is loaded."""
    from webnn.core.merging import make_strategy

    for merge in merges:
        make_strategy(merge)


def trial_dict(trial: Trial) -> dict[str, Any]:
    outcome = trial.outcome
    return {
        "event": "simulated",
        "merge": trial.merge,
        "volunteers": trial.volunteers,
        "seed": trial.seed,
        "seconds_to_target": outcome.seconds_to_target,
        "accuracy": outcome.accuracy,
        "iterations": outcome.iterations,
        "merges": outcome.merges,
        "outcomes": dict(outcome.outcomes),
    }


class Progress:
    """A progress bar over all simulations, on stderr; nothing where output is for a program."""

    def __init__(self, plan: Plan, *, quiet: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        self._bar = Bar(*columns, console=Console(stderr=True), transient=True, disable=quiet)
        self._task = self._bar.add_task("Preparing", total=plan.num_simulations)
        self._plan = plan

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def say(self, words: str) -> None:
        self._bar.update(self._task, description=words)

    def tell(self, done: int, share: float, point: Any) -> None:
        from webnn.sim.experiment import label

        plan = self._plan
        volunteers = plan.volunteers[done % len(plan.volunteers)]
        merge = plan.merges[done // len(plan.volunteers) % len(plan.merges)]
        reached = "" if point.accuracy is None else f", {100 * point.accuracy:.1f} %"
        words = f"{label(merge)} x {volunteers}: {point.seconds:.0f} virtual s{reached}"
        self._bar.update(self._task, completed=done + share, description=words)


def print_table(name: str, target: float | None, rows: Sequence[Row], paths: Sequence[Path]) -> None:
    """Print the rows for a person."""
    from rich.console import Console
    from rich.table import Table

    aim = "" if target is None else f", to {target:g}"
    table = Table(title=f"{name}{aim}", title_justify="left")
    for column in ("rule", "volunteers", "virtual s", "speed-up", "accuracy", "merges", "staleness", "busy", "MB"):
        table.add_column(column, justify="left" if column == "rule" else "right", no_wrap=column == "rule")
    for row in rows:
        table.add_row(
            row.merge,
            str(row.volunteers),
            time_words(row),
            "-" if row.speedup is None else f"{row.speedup:.2f}",
            "-" if row.accuracy is None else f"{100 * row.accuracy:.2f} %",
            f"{row.merges:.0f}",
            f"{row.staleness:.1f}",
            f"{100 * row.busy:.0f} %",
            f"{row.bytes / 1e6:.1f}",
        )
    console = Console(highlight=False)
    console.print(table)
    console.print(f"Written to {paths[0].parent}: {', '.join(path.name for path in paths)}")


def time_words(row: Row) -> str:
    if row.seconds_to_target is None:
        return "not reached" if row.seeds == 1 else f"{row.reached} of {row.seeds} reached it"
    interval = "" if row.interval is None else f" ± {row.interval:.1f}"
    return f"{row.seconds_to_target:.1f}{interval}"
