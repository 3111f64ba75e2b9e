"""Arrays out of NumPy's files: `.npy` as memory maps, `.npz` as memory maps where it is not compressed."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from webnn.core.errors import WebNNError
from webnn.core.words import did_you_mean
from webnn.data.source import Source

_LOCAL_HEADER_BYTES = 30


def load_npy(inputs: Path, targets: Path, *, label_names: Sequence[str] | None = None) -> Source:
    """Read a pair of `.npy` files as memory maps: nothing is in memory until it is needed.

    Raises `WebNNError("invalid_dataset")` with the file.
    """
    arrays = (_npy(inputs), _npy(targets))
    if arrays[0].ndim == 0 or len(arrays[0]) != len(arrays[1]):
        raise WebNNError(
            "invalid_dataset",
            f"{inputs} has the shape {list(arrays[0].shape)} and {targets} {list(arrays[1].shape)}: the first "
            "axis, the "
            "examples, must be as long.",
        )
    return _source(arrays[0], arrays[1], inputs.name, label_names)


def load_npz(
    path: Path, *, inputs: str = "inputs", targets: str = "targets", label_names: Sequence[str] | None = None
) -> Source:
    """Read two arrays by name from a `.npz` file: as memory maps where it is not compressed.

    Raises `WebNNError("invalid_dataset")` with the file, and the nearest name there is.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist()]
            for name in (inputs, targets):
                if name not in names:
                    raise WebNNError("invalid_dataset", f'{path} has no array "{name}".{did_you_mean(name, names)}')
            arrays = [_member(path, archive, f"{name}.npy") for name in (inputs, targets)]
    except (OSError, zipfile.BadZipFile, ValueError, EOFError) as error:
        raise WebNNError("invalid_dataset", f"{path} cannot be read as a .npz file: {error}.") from error
    if len({len(np.atleast_1d(array)) for array in arrays}) > 1:
        raise WebNNError("invalid_dataset", f'{path}: "{inputs}" and "{targets}" have not as many rows.')
    return _source(arrays[0], arrays[1], path.name, label_names)


def _source(inputs: NDArray[Any], targets: NDArray[Any], origin: str, label_names: Sequence[str] | None) -> Source:
    names = None if label_names is None else tuple(label_names)
    if targets.ndim == 2 and targets.shape[1] == 1 and targets.dtype.kind in "iu":
        targets = targets[:, 0]  # a column of class ids
    return Source(inputs=inputs, targets=targets, origin=origin, label_names=names)


def _npy(path: Path) -> NDArray[Any]:
    with path.open("rb") as file:
        if file.read(len(npy.MAGIC_PREFIX)) != npy.MAGIC_PREFIX:
            raise WebNNError("invalid_dataset", f"{path} is not a .npy file, as numpy.save writes it.")
    try:
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise WebNNError("invalid_dataset", f"{path} cannot be read as a .npy file: {error}.") from error
    return array


def _member(path: Path, archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    """Map a stored member into memory; read a compressed one."""
    info = archive.getinfo(name)
    with archive.open(info) as file:
        if info.compress_type != zipfile.ZIP_STORED:
            return npy.read_array(file, allow_pickle=False)
        version = npy.read_magic(file)
        read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = read_header(file)
        header_bytes = file.tell()
    if dtype.hasobject:
        raise ValueError("it holds Python objects")
    with path.open("rb") as raw:  # the local header repeats the name, and may have more beside it than the directory's
        raw.seek(info.header_offset)
        local = raw.read(_LOCAL_HEADER_BYTES)
    start = info.header_offset + _LOCAL_HEADER_BYTES + int.from_bytes(local[26:28], "little")
    start += int.from_bytes(local[28:30], "little")
    order: Any = "F" if fortran else "C"
    return np.memmap(path, dtype=dtype, mode="r", offset=start + header_bytes, shape=shape, order=order)
