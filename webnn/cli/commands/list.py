"""`wnn list`: what can be trained here."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from webnn.cli import options
from webnn.cli.places import dataset_search, model_search
from webnn.core.errors import WebNNError


@dataclass(frozen=True, slots=True)
class Entry:
    """A model or a dataset: its name, a line on it, and the file that it is in."""

    name: str
    description: str
    path: str


@click.command("list", short_help="Name the models and datasets that can be trained here.")
@options.json_option
def command(json_lines: bool) -> None:
    """Name the models and datasets of this folder (./models, ./datasets) and those that come with WebNN."""
    models, datasets = list(model_entries()), list(dataset_entries())
    if json_lines:
        for kind, entries in (("model", models), ("dataset", datasets)):
            for entry in entries:
                click.echo(json.dumps({"kind": kind, **asdict(entry)}))
        return
    for title, entries in (("Models", models), ("Datasets", datasets)):
        click.echo(f"{title}:")
        width = max((len(entry.name) for entry in entries), default=0)
        for entry in entries:
            click.echo(f"  {entry.name.ljust(width)}  {entry.description}")


def model_entries() -> Iterable[Entry]:
    """Yield every model; one that cannot be read says why in the place of its description."""
    from webnn.model.definition import load_model
    from webnn.model.files import list_models

    for name, path in sorted(list_models(model_search()).items()):
        try:
            model = load_model(str(path), model_search())
            description = f"{model.description} (dataset {model.dataset})"
        except WebNNError as error:
            description = f"cannot be used: {error}"
        yield Entry(name, description, str(path))


def dataset_entries() -> Iterable[Entry]:
    """Yield every dataset with the first line of its module's docstring; the modules are read, not run."""
    from webnn.data.loading import list_datasets

    for name, path in sorted(list_datasets(dataset_search()).items()):
        yield Entry(name, first_line_of(path), str(path))


def first_line_of(module: Path) -> str:
    try:
        docstring = ast.get_docstring(ast.parse(module.read_text("utf-8")))
    except (SyntaxError, UnicodeDecodeError) as error:
        return f"cannot be used: {error}"
    return (docstring or "").partition("\n")[0]
