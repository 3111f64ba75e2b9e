"""`wnn retrain RUN`: train on from the weights that a run left."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from webnn.cli import options
from webnn.cli.target import Target


@click.command("retrain", short_help="Train on from a run's weights, as a new run.")
@options.trained_argument
@options.which_option
@options.elsewhere_options
@options.train_options
def command(run: str, which: str, *, elsewhere: Target | None, **values: Any) -> int:
    """Begin a new run of RUN's model and settings that starts from the weights RUN left.

    RUN is a run's id, the beginning of it, or a model's name: its newest run then. --set and --merge change settings;
    epochs, iterations and seconds are counted anew. RUN itself stays as it is, and must stay: the new run begins there.

    With --server it is a run of that server's, and the new one waits there for its turn; of the other options --set,
    --merge and --seed count.
    """
    if elsewhere is not None:
        return wait_there(elsewhere, run, values, weights=which)
    from webnn.cli.settings import TrainSettings
    from webnn.cli.trained import find_trained
    from webnn.cli.training import train
    from webnn.server.again import from_weights_of
    from webnn.server.trained import Which

    trained = find_trained(Path(values["runs_dir"]), run)
    definition = from_weights_of(trained, Which(which))
    return train(TrainSettings(trained.definition.name, definition=definition, **values))


def wait_there(elsewhere: Target, run: str, values: Mapping[str, Any], **more: Any) -> int:
    """Let the new run wait on a server: `retrain` with `weights` in `more`, else `reset`."""
    from webnn.cli.exits import ExitCode
    from webnn.cli.remote import connect_to_run, say_waiting

    client, found = connect_to_run(elsewhere, run, by_model=True)
    settings = [*values["overrides"], *([] if values["merge"] is None else [f"merge={values['merge']}"])]
    begin = client.retrain if more else client.reset
    say_waiting(begin(found, settings, seed=values["seed"], **more), json_lines=values["json_lines"])
    return ExitCode.OK
