"""`wnn import FILE`: a model from Keras or TensorFlow.js as a model file, with its weights."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click

from webnn.cli import options
from webnn.core.errors import WebNNError


@click.command("import", short_help="Make a model file of a model from Keras or TensorFlow.js.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", metavar="NAME", help="The model's name here [default: the file's].")
@click.option(
    "--dataset",
    metavar="NAME",
    shell_complete=options.complete_datasets,
    help="What to train it on [default: a dataset of the model's name].",
)
@click.option(
    "--model",
    metavar="NAME",
    shell_complete=options.complete_models,
    help="The model whose weights FILE holds, where it is .safetensors or .npz.",
)
@click.option(
    "--freeze",
    multiple=True,
    metavar="LAYER",
    help="Leave a layer as it is while training; a pattern such as 'conv*' names several. Repeatable.",
)
@click.option("--force", is_flag=True, help="Write over a model of that name.")
@options.json_option
def command(  # noqa: PLR0917 - one argument an option
    file: Path,
    name: str | None,
    dataset: str | None,
    model: str | None,
    freeze: tuple[str, ...],
    force: bool,
    json_lines: bool,
) -> None:
    """Write models/NAME.json for FILE, and its weights beside it, from which training goes on.

    FILE is a .keras or .h5 file, a TensorFlow.js model.json, the JSON of Keras' model.to_json(), or, with --model,
    weights as .safetensors or .npz.
    """
    from webnn.cli.places import model_search
    from webnn.model.adopting import WEIGHTS_ONLY, adopt, adopt_weights, write_adopted
    from webnn.model.definition import load_model

    if not file.exists():
        raise WebNNError("unknown_name", f"There is no file {file}.")
    chosen = name or readable(file)
    if not re.fullmatch(r"[\w.-]{1,80}", chosen):
        raise WebNNError("settings", f"A name has letters, digits, points and dashes, not {chosen!r}: give --name.")
    if file.suffix in WEIGHTS_ONLY:
        if model is None:
            raise WebNNError("settings", f"{file} holds weights alone: name the model that they are of, by --model.")
        adopted = adopt_weights(file, chosen, load_model(model, model_search()))
    else:
        adopted = adopt(file, chosen, dataset or chosen, freeze)
    path = write_adopted(adopted, Path("models"), force=force)
    told = {"path": str(path), "weights": adopted.num_weights, "frozen": adopted.frozen, **adopted.raw}
    if json_lines:
        click.echo(json.dumps({key: told[key] for key in ("path", "name", "dataset", "loss", "weights", "frozen")}))
        return
    click.echo(f"Wrote {path}: {adopted.num_weights:,} weights, {adopted.frozen:,} frozen; loss {told.get('loss')}")
    click.echo(f"Next: wnn check {chosen}")


def readable(file: Path) -> str:
    """Name a model after its file, or after the folder of a `model.json`."""
    stem = file.stem if file.is_dir() or file.name != "model.json" else file.absolute().parent.name
    return re.sub(r"[^\w.-]+", "-", stem).strip("-")[:80] or "model"
