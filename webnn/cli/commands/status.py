"""`wnn status [RUN]`: how a run stands."""

from __future__ import annotations

import json

import click

from webnn.cli import options
from webnn.cli.target import Target


@click.command("status", short_help="Show how a run stands.")
@options.run_options
def command(run: str | None, target: Target, json_lines: bool) -> None:
    """Show how a run stands: its state, what it has reached, who helps, how fast it goes, and how long it may take.

    RUN is a run's id or its beginning; by default the run that is live.
    """
    from webnn.cli.remote import connect_to_run
    from webnn.cli.words import status_rows

    client, found = connect_to_run(target, run)
    status = client.run(found)
    if json_lines:
        click.echo(json.dumps(status))
        return
    for name, words in status_rows(status):
        click.echo(f"{name.ljust(12)}  {words}")
