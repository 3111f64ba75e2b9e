"""Whether the files that a run left give the accuracy that it reported.

    python benchmarks/check_export.py RUN_FOLDER [--data-dir D] [--json]

For the final weights and the best: the accuracy that the run reported on the whole validation split, that of the
TensorFlow.js layers model, loaded by `tf.loadLayersModel` in stock TensorFlow.js on Node, and that of the safetensors
file, put into a fresh model by WebNN's evaluator. They agree to the example, or the exit code is 1. For classifiers.
Needs a checkout whose front end's packages are installed (`python static/build.py --dev`).
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from webnn.cli.places import dataset_search
from webnn.data.dataset import Dataset, Split
from webnn.data.directory import data_dir
from webnn.data.loading import LoadedDataset, load_data
from webnn.data.shards import encode_split
from webnn.evaluator.evaluator import Evaluator
from webnn.evaluator.node import node_executable
from webnn.model.definition import load_model

HERE = Path(__file__).parent
SAME = 1e-9  # accuracies are counts over one number of examples


def reported_accuracy(folder: Path) -> float | None:
    """The last accuracy in `metrics.csv`, on the whole split; None where that is a sample's."""
    with (folder / "metrics.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "validation"]
    return float(rows[-1]["accuracy"]) if rows and rows[-1]["whole"] == "True" else None


def model_inputs(split: Split, dataset: Dataset) -> list[NDArray[np.float32]]:
    """Return a split as a model takes it: each array times the dataset's scale, plus its shift, in float32."""
    assert isinstance(dataset.scale, tuple)
    assert isinstance(dataset.shift, tuple)
    return [
        array.astype(np.float32) * np.asarray(scale, np.float32) + np.asarray(shift, np.float32)
        for array, scale, shift in zip(split.arrays, dataset.scale, dataset.shift, strict=True)
    ]


def tfjs_predictions(folder: Path, inputs: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return what the layers model in `folder` gives by stock TensorFlow.js: [examples, numbers of one output]."""
    numbers = b"".join(array.astype("<f4").tobytes() for array in inputs)
    shapes = json.dumps([array.shape for array in inputs])
    command = [str(node_executable()), str(HERE / "check_export.mjs"), str(folder), shapes]
    result = subprocess.run(command, input=numbers, stdout=subprocess.PIPE, check=True)
    return np.frombuffer(result.stdout, "<f4").reshape(len(inputs[0]), -1)


def tfjs_accuracy(folder: Path, dataset: Dataset) -> float:
    """Return the accuracy of the layers model in `folder`: one output tells two classes apart, several the largest."""
    outputs = tfjs_predictions(folder, model_inputs(dataset.validation, dataset))
    chosen = outputs[:, 0] > 0.5 if outputs.shape[1] == 1 else outputs.argmax(1)
    return float(np.mean(chosen == np.asarray(dataset.validation.targets)))


async def safetensors_accuracy(folder: Path, which: str, loaded: LoadedDataset, seed: int) -> float | None:
    """The accuracy of `which`.safetensors, validated by the evaluator in a model that it builds anew."""
    definition = load_model(str(folder / "model-definition.json"), [])
    arrays = load_file(folder / f"{which}.safetensors")
    async with await Evaluator.start() as evaluator:
        built = await evaluator.build(definition, loaded.description, seed)
        await evaluator.load_validation(lambda: encode_split(loaded.dataset.validation))
        vector = np.concatenate([arrays[spec.name].ravel() for spec in built.weights])
        return (await evaluator.validate(vector)).accuracy


def compare(folder: Path, data: Path | None) -> dict[str, dict[str, float | None]]:
    """The accuracies of the final and the best weights, by their source."""
    config: Mapping[str, Any] = json.loads((folder / "config.json").read_text("utf-8"))
    definition = load_model(str(folder / "model-definition.json"), [])
    if config["model_file"] is not None:  # its data may lie beside it
        definition = replace(definition, path=Path(config["model_file"]))
    loaded = load_data(definition, dataset_search(), data_dir(data))
    report: dict[str, dict[str, float | None]] = {}
    for which in ("final", "best"):
        if not (folder / f"{which}.safetensors").exists():
            continue
        report[which] = {
            "reported": reported_accuracy(folder) if which == "final" else None,
            "tfjs": tfjs_accuracy(folder / which, loaded.dataset),
            "safetensors": asyncio.run(safetensors_accuracy(folder, which, loaded, config["seed"])),
        }
    return report


def agrees(accuracies: Mapping[str, float | None]) -> bool:
    known = [value for value in accuracies.values() if value is not None]
    return max(known) - min(known) < SAME


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the run's folder, as `wnn train` names it when it ends")
    parser.add_argument("--data-dir", type=Path, help="folder of the datasets' files")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    report = compare(options.folder, options.data_dir)
    if options.json:
        print(json.dumps(report))
    else:
        print(f"{'weights':8} {'reported':>10} {'TF.js':>10} {'safetensors':>12}")
        for which, accuracies in report.items():
            cells = ["-" if value is None else f"{value:.4f}" for value in accuracies.values()]
            print(f"{which:8} {cells[0]:>10} {cells[1]:>10} {cells[2]:>12}{'' if agrees(accuracies) else '  DIFFER'}")
    return 0 if all(agrees(accuracies) for accuracies in report.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
