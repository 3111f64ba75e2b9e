"""`wnn reset RUN`: do a run again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from webnn.cli import options
from webnn.cli.commands.retrain import wait_there
from webnn.cli.target import Target


@click.command("reset", short_help="Do a run again from its beginning, as a new run.")
@options.trained_argument
@options.elsewhere_options
@options.train_options
def command(run: str, *, elsewhere: Target | None, **values: Any) -> int:
    """Begin a new run of RUN's model, settings and seed, from the weights that RUN began with.

    RUN is a run's id, the beginning of it, or a model's name: its newest run then. --set and --merge change settings,
    --seed draws other weights and batches. RUN itself stays as it is: `wnn rm` removes it.

    With --server it is a run of that server's, and the new one waits there for its turn; of the other options --set,
    --merge and --seed count.
    """
    if elsewhere is not None:
        return wait_there(elsewhere, run, values)
    from webnn.cli.settings import TrainSettings
    from webnn.cli.trained import find_trained
    from webnn.cli.training import train
    from webnn.server.again import from_the_beginning_of

    trained = find_trained(Path(values["runs_dir"]), run)
    if values["seed"] is None:
        values["seed"] = trained.seed
    definition = from_the_beginning_of(trained)
    return train(TrainSettings(trained.definition.name, definition=definition, **values))
