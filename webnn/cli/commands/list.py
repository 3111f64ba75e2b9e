"""`wnn list`: what can be trained here."""

from __future__ import annotations

import json

import click

from webnn.cli import options
from webnn.cli.places import dataset_search, model_search


@click.command("list", short_help="Name the models and datasets that can be trained here.", epilog="Example: wnn list")
@options.json_option
def command(json_lines: bool) -> None:
    """Name the models and datasets of this folder (./models, ./datasets) and those that come with WebNN."""
    from webnn.server.catalogue import dataset_entries, model_entries

    models, datasets = list(model_entries(model_search())), list(dataset_entries(dataset_search()))
    if json_lines:
        for kind, entries in (("model", models), ("dataset", datasets)):
            for entry in entries:
                told = {"kind": kind, "name": entry.name, "description": entry.description, "path": entry.path}
                click.echo(json.dumps(told))
        return
    for title, entries in (("Models", models), ("Datasets", datasets)):
        click.echo(f"{title}:")
        width = max((len(entry.name) for entry in entries), default=0)
        for entry in entries:
            click.echo(f"  {entry.name.ljust(width)}  {entry.description}")
