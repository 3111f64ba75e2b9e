"""`wnn rollback [RUN] --to VERSION|best`: take a live run back to an earlier version."""

from __future__ import annotations

import json
from pathlib import Path

import click

from webnn.cli import options


def version_or_best(context: click.Context, parameter: click.Parameter, value: str) -> int | str:
    if value == "best":
        return value
    if not value.isdecimal():
        raise click.BadParameter('a version\'s number, or "best"')
    return int(value)


@click.command("rollback", short_help="Take a live run back to an earlier version.")
@options.run_argument
@click.option("--to", required=True, metavar="VERSION|best", callback=version_or_best, help="Where to go on from.")
@options.runs_dir_option
@options.json_option
def command(run: str | None, to: int | str, runs_dir: Path, json_lines: bool) -> None:
    """Go on from a version that a checkpoint has: one of the last few, or the best that was validated.

    Work merged since is not counted any more and its examples are trained again. Volunteers stay and go on. RUN is a
    run's id or its beginning; by default the run that is live.
    """
    from webnn.cli.control import command_run

    status = command_run(runs_dir, run, "rollback", {"to": to})
    words = f"The run {status['id']} goes on from version {status['returned_to']}, as version {status['version']}."
    click.echo(json.dumps(status) if json_lines else words)
