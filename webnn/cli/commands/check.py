"""`wnn check NAME`: what a model is, before anyone trains it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from webnn.cli import options
from webnn.cli.settings import TrainSettings
from webnn.cli.words import decimal, size
from webnn.core.words import count

if TYPE_CHECKING:
    from webnn.server.prepare import PreparedRun


BYTES_A_WEIGHT = 4
MAX_LABELS = 8


@click.command("check", short_help="Say what a model is, and whether it can be trained.")
@options.name_argument
@options.set_option
@options.data_dir_option
@options.seed_option
@options.json_option
def command(name: str, overrides: tuple[str, ...], data_dir: Path | None, seed: int | None, json_lines: bool) -> None:
    """Build the model NAME, train one step on a real batch of its dataset, and print what came out.

    What is wrong with the model or the data is said in a sentence, with exit code 2; nothing is left behind.
    """
    with TemporaryDirectory(prefix="wnn-check-") as folder:
        settings = TrainSettings(name, overrides=overrides, data_dir=data_dir, seed=seed, runs_dir=Path(folder))
        report = asyncio.run(prepare(settings))
    click.echo(json.dumps(report) if json_lines else "\n".join(report_lines(report)))


async def prepare(settings: TrainSettings) -> dict[str, Any]:
    from webnn.cli.training import define, prepare_request
    from webnn.server.prepare import prepare_run

    prepared = await prepare_run(prepare_request(settings, define(settings)))
    try:
        return describe(prepared)
    finally:
        await prepared.close()


def describe(prepared: PreparedRun) -> dict[str, Any]:
    """Gather what `--json` prints."""
    check, config = prepared.check, prepared.config
    return {
        "name": prepared.definition.name,
        "description": prepared.definition.description,
        "dataset": prepared.dataset.name,
        "training_examples": config.num_examples,
        "validation_examples": config.validation_total,
        "shards": len(config.shards),
        "layers": [
            {
                "name": layer.name,
                "class": layer.class_name,
                "output_shape": list(layer.output_shape),
                "parameters": layer.parameters,
            }
            for layer in prepared.built.layers
        ],
        "parameters": check.parameters,
        "trainable": prepared.built.num_trainable,
        "inputs": list(prepared.dataset.description["inputs"]),  # type: ignore[call-overload]
        "sample": sample(prepared),
        "lease": lease_estimate(prepared),
        "memory_bytes": check.memory_bytes,
        "seconds_per_step": check.seconds_per_step,
        "batch_size": config.batch_size,
        "loss": check.loss,
        "warnings": list(check.warnings),
    }


def sample(prepared: PreparedRun) -> dict[str, Any]:
    """The first batch that validation would see: what the network is shown of it, and its labels or targets."""
    from webnn.server.gallery import Gallery

    dataset = prepared.dataset.dataset
    gallery = Gallery(dataset)
    number = min(prepared.config.batch_size, gallery.num_shown)
    shown = [gallery.example(place) for place in range(number)]
    inputs = []
    for place, entry in enumerate(prepared.dataset.description["inputs"]):  # type: ignore[var-annotated, arg-type]
        values = np.array([example["inputs"][place] for example in shown], np.float64).reshape(number, *entry["shape"])
        values = values * np.asarray(entry["scale"]) + np.asarray(entry["shift"])
        inputs.append({"low": float(values.min()), "high": float(values.max()), "mean": float(values.mean())})
    return {"examples": number, "inputs": inputs, "labels": [example["label"] for example in shown[:MAX_LABELS]]}


def lease_estimate(prepared: PreparedRun) -> dict[str, Any]:
    """What a lease costs a device as fast as this one: steps, examples, and bytes each way; data are fetched once."""
    config, check = prepared.config, prepared.check
    iterations = max(1, round(config.lease_seconds / max(check.seconds_per_step, 1e-6)))
    examples = min(iterations * config.batch_size, config.num_examples)
    data = sum(shard.num_bytes for shard in prepared.shards.shards)
    weights = BYTES_A_WEIGHT * config.num_weights
    return {
        "iterations": iterations,
        "examples": examples,
        "download_weights": weights,
        "download_data": round(data * examples / config.num_examples),
        "upload": weights,
        "dataset": data,
    }


def report_lines(report: dict[str, Any]) -> list[str]:
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


def sample_lines(report: dict[str, Any]) -> list[str]:
    """What goes in, and an example of it."""
    lines = []
    for entry, values in zip(report["inputs"], report["sample"]["inputs"], strict=True):
        shape = " x ".join(map(str, entry["shape"])) or "1"
        seen = f"from {decimal(values['low'])} to {decimal(values['high'])}, mean {decimal(values['mean'])}"
        lines.append(f"input {shape}, stored as {entry['dtype']}; in a sample the network sees numbers {seen}")
    return [*lines, f"targets of the sample: {', '.join(report['sample']['labels'])}"]


def lease_lines(lease: dict[str, Any]) -> list[str]:
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
