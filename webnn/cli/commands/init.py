"""`wnn init DIR`: a folder to work in."""

from __future__ import annotations

import json
from pathlib import Path

import click

from webnn.cli import options


@click.command("init", short_help="Make a folder to work in, with an example that trains.")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@options.json_option
def command(folder: Path, json_lines: bool) -> None:
    """Write a project into DIR: models/, datasets/, an example with comments that trains at once, a README.

    Nothing is written over: if one of its files is there already, nothing is written at all.
    """
    from webnn.cli.projects import make_project

    paths = make_project(folder)
    if json_lines:
        click.echo(json.dumps({"folder": str(folder), "files": [str(path) for path in paths]}))
        return
    for path in paths:
        click.echo(f"wrote {path}")
    click.echo(f"Next: cd {folder} && wnn train spirals --workers 2")
