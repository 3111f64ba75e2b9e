"""Datasets laid out as MNIST's: four IDX files with 60,000 and 10,000 pictures of 28x28 pixels and their classes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webnn.core.errors import WebNNError
from webnn.data.dataset import Dataset, Split
from webnn.data.download import RemoteFile, fetch_all, missing_files
from webnn.data.idx import parse_idx, read_bytes
from webnn.data.options import read_options

SHAPES = {
    "train-images-idx3-ubyte": (60_000, 28, 28),
    "train-labels-idx1-ubyte": (60_000,),
    "t10k-images-idx3-ubyte": (10_000, 28, 28),
    "t10k-labels-idx1-ubyte": (10_000,),
}
DEFAULTS = {"download": True, "verify": False, "holdOut": 0}


@dataclass(frozen=True, slots=True)
class MnistLike:
    """Where such a dataset is had, and what it is. `sha256` are those of the plain files; `installed` folders where a
    system's package puts them.
    """

    mirrors: Sequence[str]
    sha256: Mapping[str, str]
    label_names: tuple[str, ...]
    licence: str
    source: str
    installed: Sequence[Path] = ()

    def load(self, options: Mapping[str, object], data_dir: Path) -> Dataset:
        """Images uint8 [28, 28, 1], scaled to 0..1: 60,000 train, and the 10,000 "t10k" images as validation.

        Files are read from `data_dir`, from where they are installed, or downloaded once. Options: `download` (true:
        fetch what is missing), `verify` (false: check the SHA-256 of files that were on disk already; downloads are
        always checked) and `holdOut` (0: so many of the last training images are for validation, and the 10,000 are
        kept as `test`).
        """
        settings = read_options(options, DEFAULTS)
        paths = self._on_disk(data_dir)
        missing = [name for name in SHAPES if name not in paths]
        if missing and settings["download"]:
            fetch_all([self._remote(name) for name in missing], data_dir)
            paths = self._on_disk(data_dir)
        elif missing:
            raise missing_files(missing, data_dir, 'the option "download" is false')
        images, labels, test_images, test_labels = (
            self._array(name, paths[name], verify=bool(settings["verify"])) for name in SHAPES
        )
        pixels, test = images[..., np.newaxis], Split(test_images[..., np.newaxis], test_labels)
        held_out = _checked_count(settings["holdOut"])
        kept = len(labels) - held_out
        return Dataset(
            train=Split(pixels[:kept], labels[:kept]),
            validation=Split(pixels[kept:], labels[kept:]) if held_out else test,
            test=test if held_out else None,
            scale=1 / 255,
            label_names=self.label_names,
            licence=self.licence,
            source=self.source,
        )

    def _remote(self, name: str) -> RemoteFile:
        num_bytes = 4 + 4 * len(SHAPES[name]) + int(np.prod(SHAPES[name]))
        return RemoteFile(name, tuple(f"{mirror}{name}.gz" for mirror in self.mirrors), self.sha256[name], num_bytes)

    def _on_disk(self, folder: Path) -> dict[str, Path]:
        """Return the files there are; some sites spell the name with a dot before `idx`."""
        found = {}
        for name in SHAPES:
            spellings = (name, name.replace("-idx", ".idx"))
            places = (
                place / f"{spelling}{ending}"
                for place in (folder, *self.installed)
                for spelling in spellings
                for ending in ("", ".gz")
            )
            path = next((place for place in places if place.is_file()), None)
            if path is not None:
                found[name] = path
        return found

    def _array(self, name: str, path: Path, *, verify: bool) -> NDArray[Any]:
        data = read_bytes(path)
        if verify and hashlib.sha256(data).hexdigest() != self.sha256[name]:
            raise WebNNError("invalid_dataset", f"{path} is not the original file (its SHA-256 differs): get it again.")
        array = parse_idx(data, str(path))
        if array.shape != SHAPES[name]:
            raise WebNNError(
                "invalid_dataset",
                f"{path} holds an array of shape {list(array.shape)}, not {list(SHAPES[name])}: get the file again.",
            )
        return array


def _checked_count(held_out: object) -> int:
    assert isinstance(held_out, int)
    if not 0 <= held_out < 60_000:
        raise WebNNError("invalid_dataset", f'The option "holdOut" must be from 0 to 59,999, not {held_out}.')
    return held_out
