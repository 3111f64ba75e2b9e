"""`wnn evaluate RUN`: what a trained network gets right."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import click

from webnn.cli import options
from webnn.cli.target import Target
from webnn.cli.words import decimal, percent
from webnn.core.words import count

MAX_SHOWN = 30


@click.command("evaluate", short_help="Score a run's network: accuracy, precision, recall, F1, confusion.")
@options.trained_argument
@options.which_option
@click.option(
    "--split",
    type=click.Choice(["train", "validation", "test"]),
    help="Examples to score it on [default: test, where there is none validation].",
)
@options.data_dir_option
@options.target_options
@options.json_option
def command(
    run: str, *, which: str, split: str | None, data_dir: Path | None, target: Target, json_lines: bool
) -> None:
    """Predict a split of the dataset with the network that RUN left, and count what came out.

    RUN is a run's id, the beginning of it, or a model's name: its newest run then. For classes: accuracy, and for each
    class, and on average, precision, recall and F1, and the confusion matrix. For values: mse, mae and R2.

    With --server it is one of that server's runs, and is scored there: one that goes on, on its validation split (its
    final weights are the current ones), or one that is over.
    """
    from webnn.cli.places import dataset_search
    from webnn.cli.trained import find_trained
    from webnn.data.directory import data_dir as find_data_dir
    from webnn.server.scoring import evaluate
    from webnn.server.trained import Which

    if target.server is not None:
        from webnn.cli import live

        report = live.evaluate(target, run, Which(which), cast(Any, split))
    else:
        trained = find_trained(target.runs_dir, run)
        tell = (lambda _: None) if json_lines else (lambda words: click.echo(f"{words} ...", err=True))
        search, folder = dataset_search(), find_data_dir(data_dir)
        report = asyncio.run(evaluate(trained, Which(which), split, search=search, data_dir=folder, tell=tell))
    click.echo(json.dumps(report) if json_lines else "\n".join(report_lines(report)))


def report_lines(report: Mapping[str, Any]) -> list[str]:
    """Lay the report out for a person."""
    of = f"{report['run']}, {report['weights']} weights, {count(report['num_examples'], report['split'] + ' example')}"
    if report["kind"] == "values":
        return [of, *(f"{name.ljust(4)} {decimal(report[name])}" for name in ("mse", "mae", "r2"))]
    lines = [of, f"accuracy {percent(report['accuracy'])}"]
    if "exact" in report:
        lines.append(f"all labels of an example right {percent(report['exact'])}")
    rows = [*report["per_class"], {"label": "macro", **report["macro"], "examples": report["num_examples"]}]
    shown = rows if len(rows) <= MAX_SHOWN else [*rows[: MAX_SHOWN - 1], rows[-1]]
    cells = [
        (row["label"], *(f"{row[name]:.4f}" for name in ("precision", "recall", "f1")), f"{row['examples']:,}")
        for row in shown
    ]
    lines += ["", *options.columns([("class", "precision", "recall", "f1", "examples"), *cells])]
    confusion = report.get("confusion")
    if confusion is not None and len(confusion) <= MAX_SHOWN:
        labels = [row["label"] for row in report["per_class"]]
        lines += ["", "confusion: a row for each true class, a column for each predicted one"]
        lines += options.columns([("", *labels), *((labels[i], *map(str, row)) for i, row in enumerate(confusion))])
    return lines
