"""`wnn serve [NAME...]`: serve any number of runs, in a queue."""

from __future__ import annotations

from typing import Any

import click

from webnn.cli import options
from webnn.cli.environment import option
from webnn.cli.settings import ServeSettings


@click.command(
    "serve",
    short_help="Serve any number of runs, in a queue.",
)
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=options.complete_models)
@option(
    "--at-most",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="How many runs go on at once.",
)
@option("--memory", type=click.FloatRange(0.1), metavar="GIB", help="What one run may need [default: what is free].")
@options.address_options
@option("--port", type=options.port_type, default=8888, show_default=True, help="Port to listen on; 0: any free one.")
@options.workers_option
@options.share_option
@options.data_dir_option
@options.runs_dir_option
@options.webhook_options
@options.json_option
@options.logging_options
def command(**values: Any) -> int:
    """Serve runs one after the other, or several at once, until Ctrl-C.

    Models NAME... wait in this order, unless a run of theirs waits or was interrupted already. Others come from `wnn
    submit`, from the page /new and from the REST API. Runs that were going on when the server ended are taken up again
    by the next one of the same runs folder, in the same order. Volunteers who open /join help wherever help is needed.
    """
    from webnn.cli.serving import serve

    return serve(ServeSettings(**values))
