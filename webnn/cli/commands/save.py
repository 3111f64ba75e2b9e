"""`wnn save [RUN]`: write a live run's files now."""

from __future__ import annotations

import json

import click

from webnn.cli import options
from webnn.cli.target import Target


@click.command("save", short_help="Write a live run's files now.")
@options.run_options
def command(run: str | None, target: Target, json_lines: bool) -> None:
    """Write a checkpoint and the model's files of a live run, as at its end; the run goes on meanwhile.

    RUN is a run's id or its beginning; by default the run that is live.
    """
    from webnn.cli.remote import connect_to_run

    client, found = connect_to_run(target, run)
    status = client.save(found)
    click.echo(json.dumps(status) if json_lines else f"Saved version {status['version']} in {status['folder']}")
