"""`wnn rollback [RUN] --to VERSION|best`: take a live run back to an earlier version."""

from __future__ import annotations

import json
from typing import Literal

import click

from webnn.cli import options
from webnn.cli.target import Target


def version_or_best(context: click.Context, parameter: click.Parameter, value: str) -> int | Literal["best"]:
    if value == "best":
        return "best"
    if not value.isdecimal():
        raise click.BadParameter('a version\'s number, or "best"')
    return int(value)


@click.command("rollback", short_help="Take a live run back to an earlier version.")
@options.run_argument
@click.option("--to", required=True, metavar="VERSION|best", callback=version_or_best, help="Where to go on from.")
@options.target_options
@options.json_option
def command(run: str | None, to: int | Literal["best"], target: Target, json_lines: bool) -> None:
    """Go on from a version that a checkpoint has: one of the last few, or the best that was validated.

    Work merged since is not counted any more and its examples are trained again. Volunteers stay and go on. RUN is a
    run's id or its beginning; by default the run that is live.
    """
    from webnn.cli.remote import connect_to_run

    client, found = connect_to_run(target, run)
    status = client.roll_back(found, to)
    words = f"The run {status['id']} goes on from version {status['returned_to']}, as version {status['version']}."
    click.echo(json.dumps(status) if json_lines else words)
