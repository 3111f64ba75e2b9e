"""`wnn watch [RUN]`: follow a run in the terminal."""

from __future__ import annotations

import click

from webnn.cli import options
from webnn.cli.target import Target


@click.command("watch", short_help="Follow a run in the terminal.")
@options.run_argument
@click.option("--every", type=click.FloatRange(0.1), default=1.0, show_default=True, help="Seconds between looks.")
@options.target_options
@options.json_option
def command(run: str | None, every: float, target: Target, json_lines: bool) -> None:
    """Show a run's curve, volunteers and log until it is over, anew each second; plain lines where the output is no
    terminal. Ctrl-C ends the watching, not the run.

    RUN is a run's id or its beginning; by default the run that is live.
    """
    from webnn.cli.remote import connect_to_run
    from webnn.cli.watching import watch

    client, found = connect_to_run(target, run)
    watch(client, found, every, json_lines=json_lines)
