"""`wnn replay [RUN]`: a recorded run once more, bit for bit."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from webnn.cli import options
from webnn.cli.exits import ExitCode


@click.command(
    "replay",
    short_help="Play a recorded run again and compare.",
    epilog="Exit codes: 0 identical, 1 it differs, 2 there is no recording.",
)
@options.run_argument
@options.runs_dir_option
@options.json_option
def command(run: str | None, runs_dir: Path, json_lines: bool) -> int:
    """Give a run that was recorded (`wnn train --record`) the same events again, and compare the weights of each merge.

    Nothing is trained: what volunteers sent is in the recording. RUN is a run's id or its beginning; by default the
    newest.
    """
    from webnn.cli.remote import find_run
    from webnn.server.replaying import replay_run

    found = find_run(runs_dir, run)
    replay = replay_run(found.folder)
    if json_lines:
        click.echo(json.dumps({"run": found.id, "identical": replay.identical, **asdict(replay)}))
    else:
        lives = "" if replay.lives == 1 else f" over {replay.lives} lives"
        click.echo(f"{found.id}: {replay.events:,} events, {replay.merges:,} merges{lives}")
        click.echo(f"version {replay.version}: {replay.hash}")
        click.echo("identical" if replay.identical else f"first difference: {replay.difference}")
    return ExitCode.OK if replay.identical else ExitCode.FAILED
