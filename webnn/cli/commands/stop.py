"""`wnn stop [RUN]`: end a live run and save it."""

from __future__ import annotations

import click

from webnn.cli import options
from webnn.cli.target import Target


@click.command("stop", short_help="End a live run and save it.")
@options.run_options
def command(run: str | None, target: Target, json_lines: bool) -> None:
    """End a run for good: it is validated once more and saved. One that waits in a queue is taken out of it.

    RUN is a run's id or its beginning; by default the run that is live.
    """
    from webnn.cli.remote import connect_to_run, say_state
    from webnn.core.states import RunState

    client, found = connect_to_run(target, run)
    status = client.stop(found)
    if json_lines or RunState(status["state"]).over:
        say_state(status, json_lines=json_lines)
    else:
        click.echo(f"The run {status['id']} is ending: it is validated once more, and saved.")
