"""Models made elsewhere: what a file of Keras or TF.js holds, as a topology for TF.js and named weights."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from webnn.core.errors import WebNNError
from webnn.model.files import read_json
from webnn.model.hard_sigmoid import FLATTER, flattened, steepened
from webnn.model.hdf5 import FREELY, LARGER, hdf5, inside, read_array
from webnn.model.slots import Place, weight_places
from webnn.model.topology import convert_topology
from webnn.model.weights_files import read_tfjs_weights

Array = NDArray[Any]
Arrays = Mapping[str, Array]
Json = dict[str, Any]
_MAX_JSON_BYTES = 64 << 20
_DAMAGED = (
    *(OSError, KeyError, ValueError, TypeError, IndexError, AttributeError),
    *(NotImplementedError, RecursionError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error),
)
"""What reading a file raises that is none of its kind, or was made to do harm."""

ENDINGS = (".keras", ".h5", ".hdf5", ".json")


@dataclass(frozen=True, slots=True, eq=False)
class ImportedModel:
    """A model from elsewhere. `topology`: TF.js layers-model JSON; `weights`: by their names in the flat vector, None
    where the file has none; `loss`: what it was compiled with, as Keras names it.
    """

    topology: Json
    weights: dict[str, NDArray[np.float32]] | None
    loss: str | None = None


def read_model(path: Path) -> ImportedModel:
    """Read a `.keras` or `.h5` file, TF.js `model.json` (or its folder) or the JSON of `model.to_json()`.

    Raises `WebNNError`: `invalid_model`, with what is wrong and the layer, or `settings` without h5py.
    """
    file = path / "model.json" if path.is_dir() else path
    if not file.is_file():
        raise WebNNError("unknown_name", f"There is no file {file}.")
    try:
        match file.suffix.lower():
            case ".keras":
                return _read_keras(file)
            case ".h5" | ".hdf5":
                return _read_h5(file)
            case ".json":
                return _read_json(file)
    except _DAMAGED as error:
        _refuse(file, f"it cannot be read as {file.suffix} ({type(error).__name__}: {error}). Save the model again")
    _refuse(file, f"a file that ends in {file.suffix or 'nothing'} is none that is known: {', '.join(ENDINGS)}")


def _read_keras(path: Path) -> ImportedModel:
    with zipfile.ZipFile(path) as archive:
        names = ("config.json", "metadata.json")
        if any(archive.getinfo(name).file_size > _MAX_JSON_BYTES for name in names):
            _refuse(path, "its configuration is larger than any model's")
        config, metadata = (json.loads(archive.read(name)) for name in names)
        packed = archive.getinfo("model.weights.h5")
        if packed.file_size > max(FREELY, LARGER * packed.compress_size):
            _refuse(path, "its weights are packed far more tightly than weights can be")
        store = io.BytesIO(archive.read(packed))
    three = _is_keras_3(metadata.get("keras_version", "3"))
    topology = _topology(config, path, three)
    places = weight_places(topology)
    weights: dict[str, Array] = {}
    with hdf5().File(store, "r") as groups:
        for place in places:
            key = "/".join((*place.slot.path, "vars", str(place.slot.names.index(place.own))))
            found = inside(groups, key)
            if found is None:
                found = inside(groups, key.replace("layers/", "_layer_checkpoint_dependencies/"))
            if found is None:
                _refuse(path, f"it has no weight {place.name!r} (at {key})")
            weights[place.name] = np.asarray(read_array(found))
    loss = (config.get("compile_config") or {}).get("loss")
    return ImportedModel(topology, _settled(path, places, weights, three), loss if isinstance(loss, str) else None)


def _read_h5(path: Path) -> ImportedModel:
    with hdf5().File(path, "r") as store:
        if "model_config" not in store.attrs:
            _refuse(path, "it has weights without a model: save the whole model, by model.save()")
        three = _is_keras_3(_text(store.attrs.get("keras_version", "2")))
        topology = _topology(json.loads(_text(store.attrs["model_config"])), path, three)
        places = weight_places(topology)
        weights: dict[str, Array] = {}
        for layer in dict.fromkeys(place.slot.top for place in places):
            group = inside(store, f"model_weights/{layer}")
            if group is None:
                _refuse(path, f"it has no layer {layer!r}")
            names = _names(group.attrs, "weight_names")
            wanted = [place for place in places if place.slot.top == layer]
            if len(names) != len(wanted):
                _refuse(path, f"layer {layer!r} has {len(names)} weights in it, and {len(wanted)} in the model")
            for place, name in zip(wanted, names, strict=True):
                weights[place.name] = np.asarray(read_array(inside(group, name)))
        compiled = json.loads(_text(store.attrs.get("training_config", "{}")))
    loss = compiled.get("loss")
    return ImportedModel(topology, _settled(path, places, weights, three), loss if isinstance(loss, str) else None)


def _read_json(path: Path) -> ImportedModel:
    raw = read_json(path)
    if not isinstance(raw, dict):
        _refuse(path, "a model is one JSON object")
    inner = raw.get("modelTopology", raw)
    version = inner.get("keras_version") or (inner.get("model_config") or {}).get("keras_version")
    three = "module" in inner or _is_keras_3(version or "2")
    topology = _topology(raw, path, three)
    if "weightsManifest" not in raw:
        return ImportedModel(topology, None)
    places = weight_places(topology)
    weights = _by_names(path, places, read_tfjs_weights(path))
    return ImportedModel(topology, _settled(path, places, weights, three))


def _by_names(path: Path, places: tuple[Place, ...], arrays: Arrays) -> dict[str, Array]:
    """Find each weight by its name, or else as the next of that last name: converters put more before it."""
    if all(place.name in arrays for place in places):
        return {place.name: arrays[place.name] for place in places}
    waiting = list(arrays.items())
    found: dict[str, Array] = {}
    for place in sorted(places, key=lambda place: _layers_order(places, place)):
        at = next((i for i, (name, _) in enumerate(waiting) if name.rpartition("/")[2] == place.own), None)
        if at is None:
            _refuse(path, f"its weights have none for {place.name!r}")
        found[place.name] = waiting.pop(at)[1]
    if waiting:
        _refuse(path, f"it has weights that the model has no place for, such as {waiting[0][0]!r}")
    return found


def _layers_order(places: tuple[Place, ...], place: Place) -> int:
    slots = list(dict.fromkeys(id(each.slot) for each in places))
    return slots.index(id(place.slot))


def _topology(config: Json, path: Path, three: bool) -> Json:
    topology = convert_topology(config, str(path))
    return flattened(topology, str(path)) if three else topology


def _settled(
    path: Path, places: tuple[Place, ...], weights: Mapping[str, Array], three: bool
) -> dict[str, NDArray[np.float32]]:
    settled = {}
    for place in places:
        array = np.asarray(weights[place.name], np.float32)
        if not np.isfinite(array).all():
            _refuse(path, f"the weight {place.name!r} holds numbers that are not finite")
        settled[place.name] = steepened(array, place.slot, place.own, FLATTER) if three else array
    return settled


def _names(attributes: Mapping[str, Any], key: str) -> list[str]:
    """Read a list of names that may be cut into several attributes."""
    if key in attributes:
        return [_text(name) for name in attributes[key]]
    pieces: list[str] = []
    while f"{key}{len(pieces)}" in attributes:
        pieces.append(f"{key}{len(pieces)}")
    return [_text(name) for piece in pieces for name in attributes[piece]]


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _is_keras_3(version: str) -> bool:
    return version.partition(".")[0] == "3"


def _refuse(path: Path, problem: str) -> NoReturn:
    raise WebNNError("invalid_model", f"{path} cannot be imported: {problem}.")
