"""`wnn token`: the owner's token."""

from __future__ import annotations

import json
from pathlib import Path

import click

from webnn.cli import options


@click.command("token", short_help="Show the owner's token, or make another.", epilog="Example: wnn token")
@click.option("--rotate", is_flag=True, help="Make another token; the one before is worth nothing any more.")
@options.runs_dir_option
@options.json_option
def command(rotate: bool, runs_dir: Path, json_lines: bool) -> None:
    """Print the owner's token of a runs folder, which is made where there is none. Whoever has it can do everything.

    A server reads the token when it starts, so one that is live has to be ended before another token is made.
    """
    from webnn.cli.remote import own_token, rotate_token
    from webnn.server.run_folder import check_runs_dir
    from webnn.server.secrets import keep_secret

    check_runs_dir(runs_dir)
    if rotate:
        rotate_token(runs_dir)
    token = own_token(runs_dir) or keep_secret(runs_dir / "owner-token")
    click.echo(json.dumps({"token": token}) if json_lines else token)
