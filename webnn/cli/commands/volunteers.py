"""`wnn volunteers [RUN]`: who takes part."""

from __future__ import annotations

import json

import click

from webnn.cli import options
from webnn.cli.target import Target


@click.command("volunteers", short_help="List the volunteers of a run.")
@options.run_options
def command(run: str | None, target: Target, json_lines: bool) -> None:
    """List the volunteers that a run remembers: those here first, then by what they gave. `wnn kick` takes the numbers.

    RUN is a run's id or its beginning; by default the run that is live.
    """
    from webnn.cli.remote import connect_to_run
    from webnn.cli.words import volunteer_words

    client, found = connect_to_run(target, run)
    volunteers = client.volunteers(found)
    for volunteer in volunteers:
        click.echo(json.dumps(volunteer) if json_lines else volunteer_words(volunteer))
    if not volunteers and not json_lines:
        click.echo(f"Nobody has joined the run {found} yet.")
