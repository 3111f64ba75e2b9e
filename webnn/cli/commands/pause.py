"""`wnn pause [RUN]`: pause a live run; volunteers wait."""

from __future__ import annotations

import json
from pathlib import Path

import click

from webnn.cli import options


@click.command("pause", short_help="Pause a live run; volunteers wait.")
@options.run_argument
@options.runs_dir_option
@options.json_option
def command(run: str | None, runs_dir: Path, json_lines: bool) -> None:
    """Give out no more work. What is out still comes in and counts; volunteers stay connected.

    RUN is a run's id or its beginning; by default the run that is live.
    """
    from webnn.cli.control import command_run

    status = command_run(runs_dir, run, "pause")
    click.echo(json.dumps(status) if json_lines else f"The run {status['id']} is {status['state']}.")
