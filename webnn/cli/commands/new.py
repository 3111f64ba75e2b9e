"""`wnn new NAME`: a model file to begin with."""

from __future__ import annotations

import json
from pathlib import Path

import click

from webnn.cli import options


@click.command("new", short_help="Write a model file to begin with.")
@click.argument("name")
@click.option(
    "--dataset",
    metavar="DATASET",
    shell_complete=options.complete_datasets,
    help="What it learns from [default: digits, or what --from has].",
)
@click.option("--from", "source", metavar="MODEL", shell_complete=options.complete_models, help="Begin with this one.")
@options.data_dir_option
@options.json_option
def command(name: str, dataset: str | None, source: str | None, data_dir: Path | None, json_lines: bool) -> None:
    """Write models/NAME.json: a network that fits DATASET, or the one of MODEL, merged by `auto`.

    The dataset is loaded, to know its shapes and classes. A file that is there already is left alone.
    """
    from webnn.cli.places import dataset_search, model_search
    from webnn.cli.projects import new_model_path, renamed, template, write_model
    from webnn.data.directory import data_dir as find_data_dir
    from webnn.data.loading import load_dataset
    from webnn.model.definition import load_model, parse_model

    path = new_model_path(name)
    if source is not None:
        model = load_model(source, model_search())
        raw = renamed(model.raw, name, model.path, path)
        raw |= {"merge": "auto"} if dataset is None else {"merge": "auto", "dataset": dataset}
        chosen = dataset or model.dataset
    else:
        chosen = dataset or "digits"
        raw = {}
    if source is None or dataset is not None:
        loaded = load_dataset(chosen, dataset_search(), {}, find_data_dir(data_dir))
        if source is None:
            raw = template(name, chosen, loaded.dataset)
    if raw.get("topology") is None:
        parse_model(raw, str(path), path)
    write_model(path, raw)
    if json_lines:
        click.echo(json.dumps({"name": name, "path": str(path), "dataset": chosen}))
    else:
        click.echo(f"Wrote {path}. Next: wnn check {name}")
