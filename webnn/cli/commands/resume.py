"""`wnn resume [RUN]`: let a run go on that was paused or stopped."""

from __future__ import annotations

import click

from webnn.cli import options
from webnn.cli.target import Target


@click.command("resume", short_help="Let a run go on that was paused or stopped.")
@options.run_options
def command(run: str | None, target: Target, json_lines: bool) -> None:
    """Let a paused run go on. On a server of many runs one that was stopped or failed waits for its turn again.

    RUN is a run's id or its beginning; by default the run that is live.
    """
    from webnn.cli.remote import connect_to_run, say_state
    from webnn.core.states import RunState

    client, found = connect_to_run(target, run)
    over = RunState(client.run(found)["state"]).over
    status = client.start(found) if over else client.resume(found)
    say_state(status, json_lines=json_lines)
