"""The MNIST database of handwritten digits (LeCun, Cortes, Burges): 70,000 images of 28x28 pixels, as IDX files.

The four files are read from the data folder, plain or gzipped, or downloaded there once. Options: `download` (true:
fetch what is missing), `verify` (false: check the SHA-256 of files that were on disk already; downloads are always
checked) and `holdOut` (0: see `load`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webnn.core.errors import WebNNError
from webnn.data import Dataset, RemoteFile, Split, fetch_all, read_options
from webnn.data.download import missing_files
from webnn.data.idx import parse_idx, read_bytes

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
SHAPES = {
    "train-images-idx3-ubyte": (60_000, 28, 28),
    "train-labels-idx1-ubyte": (60_000,),
    "t10k-images-idx3-ubyte": (10_000, 28, 28),
    "t10k-labels-idx1-ubyte": (10_000,),
}
SHA256 = {  # of the plain files
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
DEFAULTS = {"download": True, "verify": False, "holdOut": 0}


def load(options: Mapping[str, object], data_dir: Path) -> Dataset:
    """Images uint8 [28, 28, 1], scaled to 0..1: 60,000 train, and the 10,000 "t10k" images as validation.

    There is no `test` split by default, because published figures, the 2018 report's too, are measured on those 10,000
    while training. `{"holdOut": N}` takes the last N training images for validation and keeps the 10,000 as `test`.
    """
    settings = read_options(options, DEFAULTS)
    names = list(SHAPES)
    paths = _on_disk(data_dir)
    missing = [name for name in names if name not in paths]
    if missing and settings["download"]:
        fetch_all([_remote(name) for name in missing], data_dir)
        paths = _on_disk(data_dir)
    elif missing:
        raise missing_files(missing, data_dir, 'the option "download" is false')
    images, labels, test_images, test_labels = (
        _array(name, paths[name], verify=bool(settings["verify"])) for name in names
    )
    train, test = Split(images[..., np.newaxis], labels), Split(test_images[..., np.newaxis], test_labels)
    held_out = _checked_count(settings["holdOut"])
    return Dataset(
        train=Split(train.arrays[0][: 60_000 - held_out], labels[: 60_000 - held_out]),
        validation=Split(train.arrays[0][60_000 - held_out :], labels[60_000 - held_out :]) if held_out else test,
        test=test if held_out else None,
        scale=1 / 255,
        label_names=tuple("0123456789"),
        licence="CC BY-SA 3.0",
        source="Y. LeCun, C. Cortes and C. J. C. Burges, The MNIST database of handwritten digits",
    )


def _remote(name: str) -> RemoteFile:
    num_bytes = 4 + 4 * len(SHAPES[name]) + int(np.prod(SHAPES[name]))
    return RemoteFile(name, tuple(f"{mirror}{name}.gz" for mirror in MIRRORS), SHA256[name], num_bytes)


def _on_disk(folder: Path) -> dict[str, Path]:
    """Return the files there are; some sites spell the name with a dot before `idx`."""
    spellings = {name: (name, name.replace("-idx", ".idx")) for name in SHAPES}
    candidates = {
        name: [folder / f"{spelling}{ending}" for spelling in both for ending in ("", ".gz")]
        for name, both in spellings.items()
    }
    return {
        name: next(p for p in paths if p.is_file())
        for name, paths in candidates.items()
        if any(p.is_file() for p in paths)
    }


def _array(name: str, path: Path, *, verify: bool) -> NDArray[Any]:
    data = read_bytes(path)
    if verify and hashlib.sha256(data).hexdigest() != SHA256[name]:
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
