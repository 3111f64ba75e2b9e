"""`wnn save [RUN]`: write a live run's files now."""

from __future__ import annotations

import json
from pathlib import Path

import click

from webnn.cli import options


@click.command("save", short_help="Write a live run's files now.")
@options.run_argument
@options.runs_dir_option
@options.json_option
def command(run: str | None, runs_dir: Path, json_lines: bool) -> None:
    """Write a checkpoint and the model's files of a live run, as at its end; the run goes on meanwhile.

    RUN is a run's id or its beginning; by default the run that is live.
    """
    from webnn.cli.control import command_run

    status = command_run(runs_dir, run, "save")
    click.echo(json.dumps(status) if json_lines else f"Saved version {status['version']} in {status['folder']}")
