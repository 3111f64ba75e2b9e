"""`wnn check NAME`: what a model is, before anyone trains it."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from webnn.cli import options
from webnn.cli.target import Target
from webnn.cli.words import decimal, size
from webnn.core.words import count

BYTES_A_WEIGHT = 4


@click.command("check", short_help="Say what a model is, and whether it can be trained.")
@options.name_argument
@options.set_option
@options.data_dir_option
@options.seed_option
@options.elsewhere_options
@options.json_option
def command(
    *,
    name: str,
    overrides: tuple[str, ...],
    data_dir: Path | None,
    seed: int | None,
    elsewhere: Target | None,
    json_lines: bool,
) -> None:
    """Build the model NAME, train one step on a real batch of its dataset, and print what came out.

    What is wrong with the model or the data is said in a sentence, with exit code 2; nothing is left behind. With
    --server it is done there, with its data; NAME is then a model of the server's, or a model file here, which is sent.
    """
    report: Mapping[str, Any]
    if elsewhere is not None:
        from webnn.cli.remote import connect, model_to_send

        report = connect(elsewhere).check(model_to_send(name), overrides, seed=seed)
    else:
        from webnn.cli.places import dataset_search, model_search
        from webnn.data.directory import data_dir as find_data_dir
        from webnn.model.definition import load_model
        from webnn.model.settings import apply_settings
        from webnn.server.bench import check_model
        from webnn.server.config import Places

        definition = apply_settings(load_model(name, model_search()), overrides)
        places = Places(model_search(), dataset_search(), find_data_dir(data_dir))
        report = asyncio.run(check_model(definition, places, secrets.randbits(32) if seed is None else seed))
    click.echo(json.dumps(report) if json_lines else "\n".join(report_lines(report)))


def report_lines(report: Mapping[str, Any]) -> list[str]:
    """Lay the report out for a person."""
    lines = [f"{report['name']}: {report['description']}".rstrip(": "), ""]
    rows = [
        (layer["name"], layer["class"], shape_words(layer["output_shape"]), f"{layer['parameters']:,}")
        for layer in report["layers"]
    ]
    lines += table([("layer", "class", "output", "parameters"), *rows])
    lines += [
        "",
        f"{count(report['parameters'], 'parameter')}, {report['trainable']:,} trained; an update is "
        f"{size(BYTES_A_WEIGHT * report['parameters'])}",
        f"about {size(report['memory_bytes'])} of memory to train with batches of {report['batch_size']}",
        f"{1000 * report['seconds_per_step']:.1f} ms a step on one thread here; "
        f"loss {decimal(report['loss'])} before training",
        f"dataset {report['dataset']}: {count(report['training_examples'], 'training example')} in "
        f"{count(report['shards'], 'shard')}, {report['validation_examples']:,} held out",
        *sample_lines(report),
        *lease_lines(report["lease"]),
    ]
    return lines + [f"warning: {warning}" for warning in report["warnings"]]


def sample_lines(report: Mapping[str, Any]) -> list[str]:
    """What goes in, and an example of it."""
    lines = []
    for entry, values in zip(report["inputs"], report["sample"]["inputs"], strict=True):
        shape = " x ".join(map(str, entry["shape"])) or "1"
        seen = f"from {decimal(values['low'])} to {decimal(values['high'])}, mean {decimal(values['mean'])}"
        lines.append(f"input {shape}, stored as {entry['dtype']}; in a sample the network sees numbers {seen}")
    return [*lines, f"targets of the sample: {', '.join(report['sample']['labels'])}"]


def lease_lines(lease: Mapping[str, Any]) -> list[str]:
    """What a lease costs."""
    return [
        f"a lease on a device like this one: {count(lease['iterations'], 'step')} over "
        f"{count(lease['examples'], 'example')}; {size(lease['download_weights'])} of weights and, the first time, "
        f"{size(lease['download_data'])} of data down, {size(lease['upload'])} up as float32",
        f"all data are {size(lease['dataset'])}, which a device fetches at most once",
    ]


def shape_words(shape: list[int | None]) -> str:
    """[None, 8, 8, 1] -> "8 x 8 x 1"; the number of examples is left out."""
    return " x ".join(str(length) for length in shape[1:]) or "1"


def table(rows: list[tuple[str, str, str, str]]) -> list[str]:
    """Align columns: text to the left, the last, which has numbers, to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return [
        "  ".join(
            cell.rjust(width) if column == 3 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
