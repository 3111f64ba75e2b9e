"""An owner's project on disk: the folders and files that `wnn init`, `new` and `copy` write."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from webnn.core.errors import WebNNError

if TYPE_CHECKING:
    from webnn.data.dataset import Dataset

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_PATHS_INSIDE = ("topology", "initialWeights")
SCAFFOLD = {
    "README.md": "readme.md",
    ".gitignore": "gitignore",
    "models/spirals.json": "spirals.json",
    "datasets/spirals.py": "spirals.py.txt",
}
"""Files of a new project, and those of `webnn/cli/scaffold` that they are made of."""


def make_project(folder: Path) -> list[Path]:
    """Write a project into `folder`, made if it is not there.

    Raises `WebNNError("settings")`, writing nothing, where one of its files is there already or the disk refuses.
    """
    if folder.exists() and not folder.is_dir():
        raise WebNNError("settings", f"{folder} is a file. Name another folder.")
    paths = {folder / name: source for name, source in SCAFFOLD.items()}
    taken = [path for path in paths if path.exists()]
    if taken:
        raise WebNNError("settings", f"{taken[0]} is there already; nothing was written. Name another folder.")
    for path, source in paths.items():
        text = files("webnn.cli").joinpath("scaffold", source).read_text("utf-8")
        write_new(path, text.replace("PROJECT", folder.resolve().name))
    return list(paths)


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet, and the folders that it is in. Raises `WebNNError("settings")`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise WebNNError("settings", f"{path} is there already. Choose another name, or remove it.") from error
    except OSError as error:
        raise WebNNError("settings", f"{path} cannot be written: {error.strerror or error}.") from error


def new_model_path(name: str) -> Path:
    """Where a new model of this name goes. Raises `WebNNError("settings")` for a name that is none, or is taken."""
    if not _NAME.fullmatch(name):
        message = f'"{name[:80]}" cannot be a model\'s name: use letters, digits, - and _, as in my-model.'
        raise WebNNError("settings", message)
    path = Path("models") / f"{name}.json"
    if path.exists():
        raise WebNNError("settings", f"{path} is there already. Choose another name, or remove it.")
    return path


def write_model(path: Path, raw: Mapping[str, Any]) -> None:
    """Write a model file as a person would: a line for each key and each layer. Raises `WebNNError("settings")`."""
    lines = [f"  {json.dumps(key)}: {_laid_out(key, value)}" for key, value in raw.items()]
    write_new(path, "{\n" + ",\n".join(lines) + "\n}\n")


def _laid_out(key: str, value: Any) -> str:
    if key == "layers" and isinstance(value, list) and value:
        layers = ",\n".join(f"    {json.dumps(layer, ensure_ascii=False)}" for layer in value)
        return f"[\n{layers}\n  ]"
    if key == "topology":
        return json.dumps(value, indent=2, ensure_ascii=False).replace("\n", "\n  ")
    return json.dumps(value, ensure_ascii=False)


def renamed(raw: Mapping[str, Any], name: str, old: Path | None, new: Path) -> dict[str, Any]:
    """A model's JSON under another name; files that it names beside the file `old` are named as seen from `new`."""
    model = {"name": name, **raw}
    model["name"] = name
    for key in _PATHS_INSIDE:
        inside = model.get(key)
        if isinstance(inside, str) and old is not None:
            model[key] = _seen_from(new.parent, old.parent / inside)
    return model


def template(name: str, dataset_name: str, dataset: Dataset) -> dict[str, Any]:
    """A model that fits a dataset: convolutions for images, an LSTM for sequences, dense layers for anything else; and
    at its end what its targets want: classes, several labels at once, or values.

    Raises `WebNNError("settings")` for a dataset with several inputs, which no stack of layers takes.
    """
    if len(dataset.train.arrays) > 1:
        how = "Write a topology for it: docs/models.md says how."
        raise WebNNError("settings", f"{dataset_name} has several inputs, and a stack of layers takes one. {how}")
    last, loss = _ending(dataset)
    stop: dict[str, Any] = {"epochs": 20}
    accuracy = {"accuracy": 0.95} if dataset.num_classes else {}
    table = dataset.train.arrays[0].ndim == 2 and dataset.train.arrays[0].dtype.kind == "f"
    return {
        "name": name,
        "description": "",
        "dataset": dataset_name,
        **({"preprocessing": ["standardise"]} if table else {}),
        "layers": [*_beginning(dataset), {"dense": {"units": 64, "activation": "relu"}}, *last],
        "loss": loss,
        "optimizer": {"adam": {"learningRate": 0.002}},
        "training": {"batchSize": 32, "stop": {**stop, **accuracy}},
        "merge": "auto",
    }


def _beginning(dataset: Dataset) -> list[dict[str, Any]]:
    """The layers that make one row of numbers of an example."""
    inputs = dataset.train.arrays[0]
    shape = inputs.shape[1:]
    if len(shape) == 3 and min(shape[:2]) >= 8:
        convolution = {"filters": 16, "kernelSize": 3, "padding": "same", "activation": "relu"}
        return [{"conv2d": convolution}, {"maxPooling2d": {"poolSize": 2}}, {"flatten": {}}]
    if len(shape) == 2 and inputs.dtype.kind == "f":
        return [{"lstm": {"units": 32}}]
    return [{"flatten": {}}] if len(shape) > 1 else []


def _ending(dataset: Dataset) -> tuple[list[dict[str, Any]], str]:
    """The layers that make the outputs that the targets want, and the loss that compares them."""
    targets = dataset.train.targets
    if dataset.num_classes:
        return [{"dense": {"units": dataset.num_classes, "activation": "softmax"}}], "categoricalCrossentropy"
    shape = targets.shape[1:]
    units = math.prod(shape)
    if targets.ndim == 2 and units > 1 and bool(np.isin(targets, (0, 1)).all()):
        return [{"dense": {"units": units, "activation": "sigmoid"}}], "binaryCrossentropy"
    reshaped = [{"reshape": {"targetShape": list(shape)}}] if len(shape) > 1 else []
    return [{"dense": {"units": units}}, *reshaped], "meanSquaredError"


def _seen_from(folder: Path, path: Path) -> str:
    """A path relative to `folder`, or as it is where there is none (another drive on Windows)."""
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:
        return str(path.resolve())
