"""A model from elsewhere as a model file of one's own, with its weights beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from webnn.core.errors import WebNNError
from webnn.core.words import did_you_mean
from webnn.model.definition import ModelDefinition, parse_model
from webnn.model.importing import ImportedModel, read_model
from webnn.model.keras import activation_name
from webnn.model.slots import MODELS, weight_places
from webnn.model.vocabulary import LOSSES
from webnn.model.weights_files import read_weights

Json = dict[str, Any]
WEIGHTS_ONLY = (".safetensors", ".npz")


@dataclass(frozen=True, slots=True, eq=False)
class Adopted:
    """A model file's JSON, and its weights by name, where there are some. `frozen`: how many numbers do not train."""

    raw: Json
    weights: Mapping[str, NDArray[np.float32]] | None
    num_weights: int
    frozen: int


def adopt(path: Path, name: str, dataset: str, freeze: Sequence[str] = ()) -> Adopted:
    """Make a model file of a Keras or TF.js model (`webnn.model.importing.read_model`).

    `freeze`: names of layers, or patterns such as `conv*`, whose weights stay as they are. The loss is the one that
    it was compiled with, or the one that its last layer asks for. Raises `WebNNError`.
    """
    imported = read_model(path)
    _freeze(imported.topology, freeze, path)
    weights = imported.weights or {}
    places = weight_places(imported.topology)
    frozen = sum(weights[place.name].size for place in places if place.name in weights and not place.slot.trainable)
    raw: Json = {
        "name": name,
        "description": f"Imported from {path.name}.",
        "dataset": dataset,
        "topology": imported.topology,
        "loss": loss_of(imported),
    }
    return Adopted(raw, imported.weights, sum(array.size for array in weights.values()), frozen)


def adopt_weights(path: Path, name: str, model: ModelDefinition) -> Adopted:
    """Make a model file that is `model` with the weights of a `.safetensors` or `.npz` file."""
    try:
        weights = {key: np.asarray(array, np.float32) for key, array in read_weights(path).items()}
    except (OSError, ValueError) as error:
        raise WebNNError("invalid_model", f"{path} cannot be imported: {error}.") from error
    raw = {**model.raw, "name": name}
    if model.topology is not None:
        raw["topology"] = model.topology
    return Adopted(raw, weights, sum(array.size for array in weights.values()), 0)


def write_adopted(adopted: Adopted, folder: Path, *, force: bool) -> Path:
    """Write `NAME.json` and `NAME.safetensors` into `folder`; returns the first.

    Raises `WebNNError("settings")` where one is there and `force` is not set.
    """
    name = adopted.raw["name"]
    file, weights = folder / f"{name}.json", folder / f"{name}.safetensors"
    taken = next((path for path in (file, weights) if path.exists()), None)
    if taken is not None and not force:
        raise WebNNError("settings", f"{taken} is there already: give another --name, or --force to write over it.")
    raw = dict(adopted.raw)
    if adopted.weights is not None:
        raw["initialWeights"] = weights.name
    parse_model(raw, str(file), file)
    folder.mkdir(parents=True, exist_ok=True)
    if adopted.weights is not None:
        save_file({key: np.ascontiguousarray(array) for key, array in adopted.weights.items()}, weights)
    file.write_text(json.dumps(raw, indent=1) + "\n", encoding="utf-8")
    return file


def loss_of(imported: ImportedModel) -> str:
    """Name the loss: what the model was compiled with where it is known here, else what its output asks for."""
    compiled = re.sub(r"_(\w)", lambda match: match[1].upper(), imported.loss or "")
    if compiled in LOSSES:
        return compiled
    layer = imported.topology
    while layer["class_name"] in MODELS:
        config = layer["config"]
        if layer["class_name"] == "Sequential":
            layer = config["layers"][-1]
        else:
            layer = next(each for each in config["layers"] if each["name"] == config["output_layers"][0][0])
    activation = "softmax" if layer["class_name"] == "Softmax" else activation_name(layer["config"].get("activation"))
    return {"softmax": "categoricalCrossentropy", "sigmoid": "binaryCrossentropy"}.get(activation, "meanSquaredError")


def _freeze(topology: Json, patterns: Sequence[str], path: Path) -> None:
    names: list[str] = []
    met = {pattern for pattern in patterns for name in _frozen(topology, pattern, names) if name}
    for pattern in patterns:
        if pattern not in met:
            raise WebNNError(
                "unknown_name",
                f'{path} has no layer "{pattern}" to freeze.{did_you_mean(pattern, dict.fromkeys(names))}',
            )


def _frozen(model: Json, pattern: str, names: list[str], inside: bool = False) -> list[str]:
    """Freeze what matches, and all that is in it; returns the names that matched, and adds all names to `names`."""
    matched = []
    for layer in model["config"]["layers"]:
        config = layer["config"]
        name = str(config.get("name") or layer.get("name"))
        names.append(name)
        meant = inside or fnmatchcase(name, pattern)
        if meant:
            matched.append(name)
        if layer["class_name"] in MODELS:
            matched += _frozen(layer, pattern, names, meant)
        elif meant:
            config["trainable"] = False
            if "layer" in config:
                config["layer"]["config"]["trainable"] = False
    return matched
