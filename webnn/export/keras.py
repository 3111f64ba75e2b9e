"""A model as Keras saves it: the `.keras` archive of Keras 3, and the HDF5 file of Keras before it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webnn import __version__
from webnn.core.events import Vector
from webnn.export.keras_config import keras_config
from webnn.export.weights import NamedShape, named_views
from webnn.model.graph import layers_in_order
from webnn.model.hard_sigmoid import STEEPER, steepened
from webnn.model.hdf5 import hdf5
from webnn.model.slots import Place, weight_places

Array = NDArray[np.float32]
_KERAS_VERSION = "3.0.0"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MAX_ATTRIBUTE_BYTES = 64_000


def write_keras(path: Path, vector: Vector, topology: Mapping[str, Any], weights: Sequence[NamedShape]) -> None:
    """Write a `.keras` archive, which `keras.saving.load_model` of Keras 3 opens; it is not compiled.

    `topology` is TF.js layers-model JSON, `weights` what the flat `vector` holds. The same model gives the same bytes.
    Raises `WebNNError`: `settings` without h5py, `invalid_model` for what Keras 3 does not have.
    """
    config = keras_config(topology)
    metadata = {"keras_version": _KERAS_VERSION, "generated_by": f"WebNN {__version__}"}
    file = io.BytesIO()
    with hdf5().File(file, "w") as store:
        for place, array in _arrays(vector, topology, weights):
            store["/".join((*place.slot.path, "vars", str(place.slot.names.index(place.own))))] = array
    with zipfile.ZipFile(path, "w") as archive:
        _put(archive, "metadata.json", json.dumps(metadata).encode())
        _put(archive, "config.json", json.dumps(config).encode())
        _put(archive, "model.weights.h5", file.getvalue())


def write_keras_h5(path: Path, vector: Vector, topology: Mapping[str, Any], weights: Sequence[NamedShape]) -> None:
    """Write the older HDF5 file, which `keras.saving.load_model` of Keras 3 opens too. Raises as `write_keras`."""
    config = keras_config(topology)
    groups: dict[str, list[tuple[str, Array]]] = {
        str(layer["config"].get("name") or layer["name"]): [] for layer in layers_in_order(topology)
    }
    for place, array in _arrays(vector, topology, weights):
        groups[place.slot.top].append((place.name, array))
    with hdf5().File(path, "w") as store:
        store.attrs["keras_version"] = _KERAS_VERSION
        store.attrs["backend"] = "tensorflow"
        store.attrs["model_config"] = json.dumps(config)
        inside = store.create_group("model_weights")
        inside.attrs["keras_version"] = _KERAS_VERSION
        inside.attrs["backend"] = "tensorflow"
        _put_names(inside, "layer_names", list(groups))
        for layer, arrays in groups.items():
            group = inside.create_group(layer)
            _put_names(group, "weight_names", [name for name, _ in arrays])
            for name, array in arrays:
                group[name] = array
        _put_names(inside.create_group("top_level_model_weights"), "weight_names", [])


def _arrays(
    vector: Vector, topology: Mapping[str, Any], weights: Sequence[NamedShape]
) -> Iterator[tuple[Place, Array]]:
    """Yield the weights as Keras 3 wants them, trainable ones first."""
    views = named_views(vector, weights)
    for place in weight_places(topology):
        yield place, steepened(views[place.name], place.slot, place.own, STEEPER)


def _put(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)


def _put_names(group: Any, key: str, names: Sequence[str]) -> None:
    """Write a list of names as attributes, in several where one would be larger than HDF5 allows."""
    encoded = np.asarray([name.encode() for name in names], dtype="S" if names else "S1")
    pieces = 1 + encoded.nbytes // _MAX_ATTRIBUTE_BYTES
    if pieces == 1:
        group.attrs[key] = encoded
        return
    for number, piece in enumerate(np.array_split(encoded, pieces)):
        group.attrs[f"{key}{number}"] = piece
