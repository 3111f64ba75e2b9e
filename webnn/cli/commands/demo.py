"""`wnn demo`: the shortest way to see a run."""

from __future__ import annotations

from typing import Any

import click

from webnn.cli import options
from webnn.cli.environment import option
from webnn.cli.settings import TrainSettings

MODEL = "digits-cnn"


@click.command("demo", short_help="Train a small model on handwritten digits, with one local worker.")
@options.address_options
@option("--port", type=options.port_type, default=0, help="Port to listen on [default: any free one].")
@options.one_worker_option
@options.share_option
@options.open_option
@options.runs_dir_option
@options.seed_option
@options.json_option
@options.logging_options
def command(**values: Any) -> int:
    """Train digits-cnn, which comes with WebNN and its data, on this machine.

    One worker trains in the background, and the page opens where there is a screen, so that you can lend a browser too.
    """
    from webnn.cli.training import train

    return train(TrainSettings(name=MODEL, open_join=True, **values))
