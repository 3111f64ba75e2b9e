"""`wnn stop [RUN]`: end a live run and save it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from webnn.cli import options


@click.command("stop", short_help="End a live run and save it.")
@options.run_argument
@options.runs_dir_option
@options.json_option
def command(run: str | None, runs_dir: Path, json_lines: bool) -> None:
    """End the run: a last validation, then its files are written, and its `wnn train` ends.

    RUN is a run's id or its beginning; by default the run that is live.
    """
    from webnn.cli.control import command_run

    status = command_run(runs_dir, run, "stop")
    click.echo(json.dumps(status) if json_lines else f"The run {status['id']} ends and is saved.")
