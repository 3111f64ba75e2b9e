"""`wnn submit NAME`: let a new run wait on a server."""

from __future__ import annotations

import click

from webnn.cli import options
from webnn.cli.target import Target


@click.command(
    "submit",
    short_help="Let a new run wait on a server.",
)
@options.name_argument
@options.set_option
@click.option("--to", type=click.IntRange(1), help="Its place in the queue; 1: the next to start [default: the last].")
@click.option("--bound", is_flag=True, help="Take only volunteers who choose this run.")
@options.seed_option
@options.target_options
@options.json_option
def command(
    *,
    name: str,
    overrides: tuple[str, ...],
    to: int | None,
    bound: bool,
    seed: int | None,
    target: Target,
    json_lines: bool,
) -> None:
    """Let a run of the model NAME wait for its turn on a server of many runs.

    NAME is one of the server's models, or the path of a model file here, which is sent.
    """
    from webnn.cli.remote import connect, model_to_send, say_waiting

    order = None if to is None else to - 1
    status = connect(target).create_run(model_to_send(name), overrides, order=order, bound=bound, seed=seed)
    say_waiting(status, json_lines=json_lines)
