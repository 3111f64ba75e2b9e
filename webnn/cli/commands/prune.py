"""`wnn prune`: remove what is old."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from webnn.cli import options
from webnn.cli.target import Target
from webnn.cli.words import size

if TYPE_CHECKING:
    from webnn.server.removal import Removal


@click.command("prune", short_help="Remove old runs, and checkpoints of those that are finished.")
@click.option("--keep", type=click.IntRange(0), metavar="N", help="Keep the newest N runs of each model.")
@click.option("--older-than", metavar="AGE", help="Only runs older than this: 12h, 30d, 2w.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and remove nothing.")
@options.yes_option
@options.target_options
@options.json_option
def command(
    *, keep: int | None, older_than: str | None, dry_run: bool, yes: bool, target: Target, json_lines: bool
) -> None:
    """Remove runs beyond the newest N of their model, or older than AGE (both, where both are given), after asking.

    Of finished runs that stay, their checkpoints go, which nothing needs any more. Without --keep and --older-than that
    is all that goes. Live runs stay, and those whose weights another run starts from.
    """
    from webnn.cli.remote import connect, is_served
    from webnn.cli.spans import read_age
    from webnn.core.shapes import Removed

    age = None if older_than is None else read_age(older_than)
    client = connect(target) if is_served(target) else None
    planned = plan(target.runs_dir, keep, age) if client is None else []
    seconds = None if age is None else age.total_seconds()
    told: list[Removed] = [
        Removed(run=one.run, path=str(one.path), reason=one.reason, bytes=one.num_bytes) for one in planned
    ]
    if client is not None:
        told = client.prune(keep, seconds, dry_run=True)
    total = sum(one["bytes"] for one in told)
    for one in told:
        words = f"{one['path']}  {size(one['bytes'])}  ({one['reason']})"
        click.echo(json.dumps(one) if json_lines else words)
    if not told and not json_lines:
        click.echo("There is nothing to remove.")
    if dry_run or not told:
        return
    options.confirm(f"Remove these, {size(total)}?", yes)
    if client is not None:
        client.prune(keep, seconds)
    else:
        carry_out(planned)


def plan(runs_dir: Path, keep: int | None, age: timedelta | None) -> list[Removal]:
    from webnn.server.removal import plan_pruning, waited_for
    from webnn.server.resuming import find_runs

    return plan_pruning(find_runs(runs_dir), datetime.now(UTC), keep, age, waited_for(runs_dir))


def carry_out(planned: Sequence[Removal]) -> None:
    from webnn.server.removal import remove

    for removal in planned:
        remove(removal)
