"""`wnn pause [RUN]`: pause a live run; volunteers wait."""

from __future__ import annotations

import click

from webnn.cli import options
from webnn.cli.target import Target


@click.command("pause", short_help="Pause a live run; volunteers wait.")
@options.run_options
def command(run: str | None, target: Target, json_lines: bool) -> None:
    """Give out no more work. What is out still comes in and counts; volunteers stay connected.

    RUN is a run's id or its beginning; by default the run that is live.
    """
    from webnn.cli.remote import connect_to_run, say_state

    client, found = connect_to_run(target, run)
    say_state(client.pause(found), json_lines=json_lines)
