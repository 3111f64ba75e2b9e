"""`wnn queue [RUN --to PLACE]`: the order in which runs start."""

from __future__ import annotations

import json

import click

from webnn.cli import options
from webnn.cli.target import Target


@click.command(
    "queue",
    short_help="Show or change the order in which runs start.",
)
@options.run_argument
@click.option("--to", type=click.IntRange(1), help="The place that RUN gets; 1: the next to start.")
@click.option("--limit", type=click.IntRange(1, 1000), help="Let so many runs go on at once.")
@options.target_options
@options.json_option
def command(run: str | None, to: int | None, limit: int | None, target: Target, json_lines: bool) -> None:
    """Show which runs of a server go on and which wait; give RUN (an id or its beginning) another place."""
    from webnn.cli.remote import connect, one_of

    if (run is None) != (to is None):
        raise click.UsageError("A run gets a place: give both, as in `wnn queue RUN --to 1`.")
    client = connect(target)
    if run is not None and to is not None:
        client.move(one_of(client.queue()["waiting"], run, "the queue"), to - 1)
    queue = client.queue() if limit is None else client.change_queue(at_most=limit)
    if json_lines:
        click.echo(json.dumps(queue))
        return
    for name in queue["running"]:
        click.echo(f"goes on  {name}")
    for place, name in enumerate(queue["waiting"], 1):
        click.echo(f"{str(place).rjust(7)}  {name}")
    click.echo(f"At most {queue['at_most']} at once.")
