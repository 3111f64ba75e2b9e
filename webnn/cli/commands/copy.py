"""`wnn copy SOURCE NAME`: another model file, from a model or a run."""

from __future__ import annotations

import json
from pathlib import Path

import click

from webnn.cli import options
from webnn.core.errors import WebNNError


@click.command("copy", short_help="Write another model file, from a model or a run.")
@click.argument("source", shell_complete=options.complete_models_and_runs)
@click.argument("name")
@options.set_option
@options.runs_dir_option
@options.json_option
def command(source: str, name: str, overrides: tuple[str, ...], runs_dir: Path, json_lines: bool) -> None:
    """Write the definition of SOURCE as models/NAME.json, changed by --set where that is given.

    SOURCE is a model, or a run's id: then the definition that it trained, with the settings that it had.
    """
    from webnn.cli.places import model_search
    from webnn.cli.projects import new_model_path, renamed, write_model
    from webnn.cli.trained import find_trained
    from webnn.model.definition import load_model
    from webnn.model.settings import apply_settings

    path = new_model_path(name)
    try:
        model = load_model(source, model_search())
    except WebNNError as error:
        if error.code != "unknown_name":
            raise
        try:
            model = find_trained(runs_dir, source).definition
        except WebNNError as other:
            if other.code != "unknown_name":
                raise
            raise error from other
    model = apply_settings(model, overrides)
    write_model(path, renamed(model.raw, name, model.path, path))
    click.echo(json.dumps({"name": name, "path": str(path)}) if json_lines else f"Wrote {path}.")
