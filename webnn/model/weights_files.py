"""Files of named weights: safetensors, NPZ, and a TF.js model on disk."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file


def read_weights(path: Path) -> dict[str, NDArray[Any]]:
    """Read a `.safetensors` or `.npz` file, or else a TF.js model, by name.

    Raises `OSError`, `KeyError`, `TypeError` or `ValueError` (a ZIP that is none and damaged safetensors too).
    """
    try:
        match path.suffix:
            case ".safetensors":
                return load_file(path)
            case ".npz":
                with np.load(path, allow_pickle=False) as arrays:
                    return {name: arrays[name] for name in arrays}
            case _:
                return read_tfjs_weights(path)
    except (SafetensorError, zipfile.BadZipFile) as error:
        raise ValueError(str(error)) from error


def read_tfjs_weights(path: Path) -> dict[str, NDArray[Any]]:
    """Read the weights that a TF.js `model.json` (or the folder of one) lists, by name and in its order.

    Raises `OSError`, `KeyError`, `TypeError` or `ValueError` for what is no such file, and for weights that are
    quantised or not float32.
    """
    file = path / "model.json" if path.is_dir() else path
    manifest = json.loads(file.read_text("utf-8"))["weightsManifest"]
    arrays: dict[str, NDArray[Any]] = {}
    for group in manifest:
        data = b"".join(_beside(file, name).read_bytes() for name in group["paths"])
        offset = 0
        for entry in group["weights"]:
            if entry["dtype"] != "float32" or "quantization" in entry:
                raise ValueError(f"{entry['name']} is not plain float32")
            count = int(np.prod(entry["shape"], dtype=np.int64))
            values = np.frombuffer(data, "<f4", count, offset)
            arrays[entry["name"]] = values.reshape(entry["shape"])
            offset += values.nbytes
    return arrays


def _beside(file: Path, name: str) -> Path:
    """Find a file that a model names. Raises `ValueError` for one that is not in the model's own folder."""
    folder = file.parent.resolve()
    found = (folder / name).resolve()
    if not found.is_relative_to(folder):
        raise ValueError(f"{name!r} is not in the folder of the model")
    return found
