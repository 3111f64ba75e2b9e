"""`wnn export RUN --format F`: a run's model as a file for another program."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import click

from webnn.cli import options
from webnn.cli.words import size
from webnn.core.errors import WebNNError

FORMATS = {
    "keras": "one file, for Keras 3",
    "h5": "one file, for Keras 2 and 3",
    "tfjs": "a folder, for TensorFlow.js",
    "safetensors": "the weights, one tensor each",
    "npz": "the weights, for NumPy",
}


@click.command("export", short_help="Write a run's model for Keras, TensorFlow.js, NumPy.")
@options.run_argument
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), help="What to write [default: told by -o, else keras]."
)
@click.option(
    "--best", "which", flag_value="best", help="The version that validated best [default, where there is one]."
)
@click.option("--final", "which", flag_value="final", help="The newest version.")
@click.option("--version", type=click.IntRange(1), help="A version that a checkpoint has.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="File, or folder for tfjs [default: NAME.FORMAT]."
)
@click.option("--force", is_flag=True, help="Write over what is there.")
@options.runs_dir_option
@options.json_option
def command(  # noqa: PLR0917 - one argument an option
    run: str | None,
    form: str | None,
    which: str | None,
    version: int | None,
    output: Path | None,
    force: bool,
    runs_dir: Path,
    json_lines: bool,
) -> None:
    """Write the model of a run, live or over, as a file that other programs open.

    RUN is a run's id or its beginning; by default the one that is live, or the newest. The formats are keras and h5
    (both load with keras.saving.load_model; pip install 'webnn[keras]'), tfjs, safetensors and npz.

    Example: wnn export --format keras -o digits.keras
    """
    from webnn.cli.remote import find_run
    from webnn.export import Format, write_model
    from webnn.server.exporting import read_run_model

    if version is not None and which is not None:
        raise click.UsageError("--version names one version, and --best and --final others: give one of them.")
    chosen = Format(form or format_of(output))
    folder = find_run(runs_dir, run).folder
    model = asyncio.run(read_run_model(folder, version or which))
    path = output or Path(f"{model.name}{chosen.ending}")
    check_free(path, force)
    metadata = {"model": model.name, "run": folder.name, "which": model.which}
    write_model(chosen, path, model.vector, model.topology, model.weights, metadata)
    written = {"path": str(path), "format": chosen.value, "run": folder.name, "which": model.which}
    if json_lines:
        click.echo(json.dumps({**written, "version": model.version, "bytes": size_of(path)}))
    else:
        told = "" if model.version is None or version else f" (version {model.version})"
        click.echo(f"Wrote {path}: {model.name}, {model.which}{told}, {size(size_of(path))}")


def format_of(output: Path | None) -> str:
    """Tell the format by a file's ending; Keras's where there is none."""
    ending = "" if output is None else output.suffix.removeprefix(".")
    return ending if ending in FORMATS else "keras"


def check_free(path: Path, force: bool) -> None:
    """Refuse to write over a file, or into a folder that holds something, unless forced."""
    taken = any(path.iterdir()) if path.is_dir() else path.exists()
    if taken and not force:
        raise WebNNError(
            "settings", f"{path} is there already: give another name with -o, or --force to write over it."
        )
    if not path.parent.is_dir():
        raise WebNNError("settings", f"There is no folder {path.parent} to write {path.name} in: make it first.")


def size_of(path: Path) -> int:
    """Return the bytes of a file, or of all in a folder."""
    return sum(file.stat().st_size for file in path.rglob("*")) if path.is_dir() else path.stat().st_size
