"""`wnn rm RUN...`: remove runs."""

from __future__ import annotations

import json
from pathlib import Path

import click

from webnn.cli import options
from webnn.cli.words import size
from webnn.core.errors import WebNNError


@click.command("rm", short_help="Remove a run's folder.")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", shell_complete=options.complete_runs)
@click.option("--force", is_flag=True, help="Also one that another run starts from, which can then not be resumed.")
@options.yes_option
@options.runs_dir_option
@options.json_option
def command(runs: tuple[str, ...], force: bool, yes: bool, runs_dir: Path, json_lines: bool) -> None:
    """Remove the folder of each RUN, with its weights and metrics, after asking.

    RUN is a run's id or the beginning of it. A run that is live is left alone: `wnn stop` ends it.
    """
    from webnn.cli.removal import Removal, remove, size_of, started_from
    from webnn.cli.trained import find_one
    from webnn.server.resuming import find_runs

    removals = {}
    for text in runs:
        run = find_one(runs_dir, text, by_model=False)
        if run.live:
            raise WebNNError("run_in_use", f"The run {run.id} is being served. `wnn stop {run.id}` ends it.")
        users = [other.id for other in find_runs(runs_dir) if started_from(other) == run.folder.resolve()]
        if users and not force:
            message = f"The run {users[0]} starts from the weights of {run.id}. --force removes them all the same."
            raise WebNNError("settings", message)
        removals[run.id] = Removal(run.id, run.folder, "asked for", size_of(run.folder))
    total = sum(removal.num_bytes for removal in removals.values())
    options.confirm(f"Remove {', '.join(removals)} ({size(total)})?", yes)
    for removal in removals.values():
        remove(removal)
        click.echo(json.dumps(removal.as_dict()) if json_lines else f"Removed {removal.path}.")
