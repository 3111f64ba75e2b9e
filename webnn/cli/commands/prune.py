"""`wnn prune`: remove what is old."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from webnn.cli import options
from webnn.cli.words import size


@click.command("prune", short_help="Remove old runs, and checkpoints of those that are finished.")
@click.option("--keep", type=click.IntRange(0), metavar="N", help="Keep the newest N runs of each model.")
@click.option("--older-than", metavar="AGE", help="Only runs older than this: 12h, 30d, 2w.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and remove nothing.")
@options.yes_option
@options.runs_dir_option
@options.json_option
def command(
    *, keep: int | None, older_than: str | None, dry_run: bool, yes: bool, runs_dir: Path, json_lines: bool
) -> None:
    """Remove runs beyond the newest N of their model, or older than AGE (both, where both are given), after asking.

    Of finished runs that stay, their checkpoints go, which nothing needs any more. Without --keep and --older-than that
    is all that goes. Live runs stay, and those whose weights another run starts from.
    """
    from webnn.cli.removal import plan_pruning, remove
    from webnn.cli.spans import read_age
    from webnn.server.resuming import find_runs

    age = None if older_than is None else read_age(older_than)
    removals = plan_pruning(find_runs(runs_dir), datetime.now(UTC), keep, age)
    total = sum(removal.num_bytes for removal in removals)
    for removal in removals:
        words = f"{removal.path}  {size(removal.num_bytes)}  ({removal.reason})"
        click.echo(json.dumps(removal.as_dict()) if json_lines else words)
    if not removals and not json_lines:
        click.echo("There is nothing to remove.")
    if dry_run or not removals:
        return
    options.confirm(f"Remove these, {size(total)}?", yes)
    for removal in removals:
        remove(removal)
