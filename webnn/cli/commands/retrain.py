"""`wnn retrain RUN`: train on from the weights that a run left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from webnn.cli import options


@click.command("retrain", short_help="Train on from a run's weights, as a new run.")
@options.trained_argument
@options.which_option
@options.train_options
def command(run: str, which: str, **values: Any) -> int:
    """Begin a new run of RUN's model and settings that starts from the weights RUN left.

    RUN is a run's id, the beginning of it, or a model's name: its newest run then. --set and --merge change settings;
    epochs, iterations and seconds are counted anew. RUN itself stays as it is, and must stay: the new run begins there.
    """
    from webnn.cli.again import from_weights_of
    from webnn.cli.settings import TrainSettings
    from webnn.cli.trained import Which, find_trained
    from webnn.cli.training import train

    trained = find_trained(Path(values["runs_dir"]), run)
    definition = from_weights_of(trained, Which(which))
    return train(TrainSettings(trained.definition.name, definition=definition, **values))
