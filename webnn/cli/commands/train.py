"""`wnn train NAME`: serve a run until it is over."""

from __future__ import annotations

from typing import Any

import click

from webnn.cli import options
from webnn.cli.settings import TrainSettings


@click.command(
    "train",
    short_help="Train a model with whoever opens its page.",
    epilog="Exit codes: 0 a stop condition was met, 1 the run failed, 2 bad input, 3 stopped before a stop condition "
    "was met, 130 Ctrl-C (the run is saved).",
)
@options.name_argument
@click.option("--folds", type=click.IntRange(2, 1000), help="Cross-validate: train so many runs, one after the other.")
@options.resume_option
@options.train_options
def command(**values: Any) -> int:
    """Train the model NAME with the devices of whoever opens its page.

    NAME is a model of ./models or one that comes with WebNN (`wnn list` names them), or the path of a model file. The
    run ends when one of the model's stop conditions is met; its files are then in the runs folder. A run that was
    interrupted goes on where its last checkpoint left it with --resume. `wnn train digits-mlp --folds 5 --workers 2`
    trains five runs, each measured on another fifth of the data, and prints their mean.
    """
    from webnn.cli.training import train

    return train(TrainSettings(**values))
