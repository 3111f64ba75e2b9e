"""`wnn export RUN --format F`: a run's model as a file for another program."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import click

from webnn.cli import options
from webnn.cli.target import Target
from webnn.cli.words import size
from webnn.core.errors import WebNNError

FORMATS = {
    "keras": "one file, for Keras 3",
    "h5": "one file as older Keras wrote it, for Keras 3",
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
@options.target_options
@options.json_option
def command(
    *,
    run: str | None,
    form: str | None,
    which: str | None,
    version: int | None,
    output: Path | None,
    force: bool,
    target: Target,
    json_lines: bool,
) -> None:
    """Write the model of a run, live or over, as a file that other programs open.

    RUN is a run's id or its beginning; by default the one that is live, or the newest. The formats are keras and h5
    (both load with keras.saving.load_model; pip install 'webnn[keras]'), tfjs, safetensors and npz. With --server it is
    a run of that server's, which makes the file.
    """
    if version is not None and which is not None:
        raise click.UsageError("--version names one version, and --best and --final others: give one of them.")
    chosen = form or format_of(output)
    if target.server is None:
        written = from_folder(target.runs_dir, run, chosen, version or which, output, force=force)
    else:
        written = from_server(target, run, chosen, version or which, output, force=force)
    if json_lines:
        click.echo(json.dumps(written))
    else:
        told = "" if written["version"] is None or version else f" (version {written['version']})"
        click.echo(f"Wrote {written['path']}: {written['run']}, {written['which']}{told}, {size(written['bytes'])}")


def from_folder(
    runs_dir: Path, run: str | None, form: str, which: int | str | None, output: Path | None, *, force: bool
) -> dict[str, Any]:
    """Write the model of a run of a runs folder; what `--json` prints."""
    from webnn.cli.remote import find_run
    from webnn.export import Format, write_model
    from webnn.server.exporting import read_run_model

    chosen, folder = Format(form), find_run(runs_dir, run).folder
    model = asyncio.run(read_run_model(folder, which))
    path = output or Path(f"{model.name}{chosen.ending}")
    check_free(path, force)
    metadata = {"model": model.name, "run": folder.name, "which": model.which}
    write_model(chosen, path, model.vector, model.topology, model.weights, metadata)
    return told_of(path, form, folder.name, model.which, model.version)


def from_server(
    target: Target, run: str | None, form: str, which: int | str | None, output: Path | None, *, force: bool
) -> dict[str, Any]:
    """Write the model of a server's run, which the server makes; what `--json` prints."""
    from webnn.cli.remote import connect_to_run, patiently

    client, found = connect_to_run(target, run, by_model=True)
    status = client.run(found)
    if which is None:
        which = "final" if status["best_accuracy"] is None and status["loss"] is None else "best"
    path = output or Path(f"{status['name']}{'-tfjs' if form == 'tfjs' else f'.{form}'}")
    check_free(path, force)
    version = f"version-{which}" if isinstance(which, int) else {"final": "current"}.get(which, which)
    name = f"{version}{'-tfjs.zip' if form == 'tfjs' else f'.{form}'}"
    body = patiently(partial(client.download, found, name))
    if form == "tfjs":
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            archive.extractall(path)
    else:
        path.write_bytes(body)
    return told_of(path, form, found, str(which), which if isinstance(which, int) else None)


def told_of(path: Path, form: str, run: str, which: str, version: int | None) -> dict[str, Any]:
    return {"path": str(path), "format": form, "run": run, "which": which, "version": version, "bytes": size_of(path)}


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
