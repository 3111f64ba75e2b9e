"""`wnn rm RUN...`: remove runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from webnn.cli import options
from webnn.cli.target import Target
from webnn.cli.words import size
from webnn.core.errors import WebNNError


@click.command("rm", short_help="Remove a run's folder.")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", shell_complete=options.complete_runs)
@click.option("--force", is_flag=True, help="Also one that another run starts from, which can then not be resumed.")
@options.yes_option
@options.target_options
@options.json_option
def command(runs: tuple[str, ...], force: bool, yes: bool, target: Target, json_lines: bool) -> None:
    """Remove the folder of each RUN, with its weights and metrics, after asking.

    RUN is a run's id or the beginning of it. A run that is live is left alone: `wnn stop` ends it.
    """
    from webnn.cli.remote import is_served

    if is_served(target):
        remove_there(target, runs, force=force, yes=yes, json_lines=json_lines)
    else:
        remove_here(target.runs_dir, runs, force=force, yes=yes, json_lines=json_lines)


def remove_here(runs_dir: Path, runs: Sequence[str], *, force: bool, yes: bool, json_lines: bool) -> None:
    from webnn.cli.trained import find_one
    from webnn.server.removal import Removal, check_unneeded, remove, size_of

    removals = {}
    for text in runs:
        run = find_one(runs_dir, text, by_model=False)
        if run.live:
            raise WebNNError("run_in_use", f"The run {run.id} is being served. `wnn stop {run.id}` ends it.")
        if not force:
            check_unneeded(run.folder)
        removals[run.id] = Removal(run.id, run.folder, "asked for", size_of(run.folder))
    total = sum(removal.num_bytes for removal in removals.values())
    options.confirm(f"Remove {', '.join(removals)} ({size(total)})?", yes)
    for removal in removals.values():
        remove(removal)
        click.echo(json.dumps(removal.as_dict()) if json_lines else f"Removed {removal.path}.")


def remove_there(target: Target, runs: Sequence[str], *, force: bool, yes: bool, json_lines: bool) -> None:
    """A server that has the runs forgets them too."""
    from webnn.cli.remote import connect, one_of

    client = connect(target)
    ids = [run["id"] for run in client.runs()]
    chosen = list(dict.fromkeys(one_of(ids, text, client.url) for text in runs))
    options.confirm(f"Remove {', '.join(chosen)} at {client.url}?", yes)
    for run in chosen:
        client.delete_run(run, force=force)
        told = {"run": run, "server": client.url, "reason": "asked for"}
        click.echo(json.dumps(told) if json_lines else f"Removed {run}.")
