"""`wnn resume [RUN]`: let a paused run go on."""

from __future__ import annotations

import json
from pathlib import Path

import click

from webnn.cli import options


@click.command("resume", short_help="Let a paused run go on.")
@options.run_argument
@options.runs_dir_option
@options.json_option
def command(run: str | None, runs_dir: Path, json_lines: bool) -> None:
    """Give out work again.

    RUN is a run's id or its beginning; by default the run that is live.
    """
    from webnn.cli.control import command_run

    status = command_run(runs_dir, run, "resume")
    click.echo(json.dumps(status) if json_lines else f"The run {status['id']} is {status['state']}.")
