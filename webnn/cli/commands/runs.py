"""`wnn runs`: the runs of a runs folder, from their journals."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from webnn.cli import options
from webnn.cli.target import Target
from webnn.cli.words import percent

if TYPE_CHECKING:
    from webnn.core.shapes import RunView
    from webnn.server.resuming import FoundRun


@click.command("runs", short_help="List runs, live and past.")
@options.target_options
@options.json_option
def command(target: Target, json_lines: bool) -> None:
    """List the runs of a server, or of the runs folder: how each one stands, and which can be taken up again."""
    from webnn.cli.remote import connect
    from webnn.server.resuming import find_runs
    from webnn.server.tickets import read_place

    if target.server is not None or read_place(target.runs_dir) is not None:
        show_served(connect(target).runs(), json_lines)
        return
    runs_dir = target.runs_dir
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


def show_served(runs: Sequence[RunView], json_lines: bool) -> None:
    """Show what a server lists."""
    if not runs and not json_lines:
        click.echo("The server has no runs yet: `wnn submit NAME` lets one wait.")
    width = max((len(run["id"]) for run in runs), default=0)
    for run in runs:
        place = "" if run["order"] is None else f", {run['order']} before it"
        accuracy = "" if run["accuracy"] is None else f", accuracy {percent(run['accuracy'])}"
        words = f"{run['id'].ljust(width)}  {run['state']}{place}, {run['iterations']:,} iterations{accuracy}"
        click.echo(json.dumps(run) if json_lines else words)


def words_of(run: FoundRun) -> str:
    """Say how a run stands."""
    if run.live:
        return f"live, {run.state}"
    return "interrupted" if run.interrupted else run.state
