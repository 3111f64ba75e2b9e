"""`wnn runs`: the runs of a runs folder, from their journals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from webnn.cli import options
from webnn.cli.words import percent

if TYPE_CHECKING:
    from webnn.server.resuming import FoundRun


@click.command("runs", short_help="List runs, live and past.")
@options.runs_dir_option
@options.json_option
def command(runs_dir: Path, json_lines: bool) -> None:
    """List the runs of the runs folder, oldest first: how each one stands, and which can be taken up again."""
    from webnn.server.resuming import find_runs

    found = find_runs(runs_dir)
    if json_lines:
        for run in found:
            click.echo(json.dumps(run.as_dict()))
        return
    if not found:
        click.echo(f"There are no runs in {runs_dir}.")
    width = max((len(run.id) for run in found), default=0)
    for run in found:
        accuracy = "" if run.accuracy is None else f", accuracy {percent(run.accuracy)}"
        click.echo(f"{run.id.ljust(width)}  {words_of(run)}, {run.iterations:,} iterations{accuracy}")


def words_of(run: FoundRun) -> str:
    """Say how a run stands."""
    if run.live:
        return f"live, {run.state}"
    return "interrupted" if run.interrupted else run.state
