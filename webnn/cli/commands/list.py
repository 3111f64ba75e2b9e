"""`wnn list`: what can be trained here."""

from __future__ import annotations

import json
from typing import Any

import click

from webnn.cli import options
from webnn.cli.target import Target


@click.command("list", short_help="Name the models and datasets that can be trained here.")
@options.elsewhere_options
@options.json_option
def command(elsewhere: Target | None, json_lines: bool) -> None:
    """Name the models and datasets of this folder (./models, ./datasets) and those that come with WebNN; with --server
    those that it has.
    """
    told = those_here() if elsewhere is None else those_of(elsewhere)
    if json_lines:
        for entry in told:
            click.echo(json.dumps(entry))
        return
    for kind, title in (("model", "Models"), ("dataset", "Datasets")):
        entries = [entry for entry in told if entry["kind"] == kind]
        click.echo(f"{title}:")
        width = max((len(entry["name"]) for entry in entries), default=0)
        for entry in entries:
            click.echo(f"  {entry['name'].ljust(width)}  {entry['description']}".rstrip())


def those_here() -> list[dict[str, Any]]:
    from webnn.cli.places import dataset_search, model_search
    from webnn.server.catalogue import dataset_entries, model_entries

    kinds = (("model", model_entries(model_search())), ("dataset", dataset_entries(dataset_search())))
    return [
        {"kind": kind, "name": entry.name, "description": entry.description, "path": entry.path}
        for kind, entries in kinds
        for entry in entries
    ]


def those_of(elsewhere: Target) -> list[dict[str, Any]]:
    from webnn.cli.remote import connect

    client = connect(elsewhere)
    kinds = (("model", client.models()), ("dataset", client.datasets()))
    return [
        {"kind": kind, "name": entry["name"], "description": entry["description"], "path": None}
        for kind, entries in kinds
        for entry in entries
    ]
