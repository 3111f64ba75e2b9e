"""The IDX format of the MNIST files: two zero bytes, a type, the number of axes, big-endian sizes, then the numbers.

Format: the description at the end of the MNIST database's original page (LeCun, Cortes, Burges).
"""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webnn.core.errors import WebNNError

_CODES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def parse_idx(data: bytes, origin: str) -> NDArray[Any]:
    """Return the array in `data`, as it was written (big-endian where that matters).

    Raises `WebNNError("invalid_dataset")`, naming `origin`, unless `data` is exactly one IDX array.
    """
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in _CODES:
        raise WebNNError("invalid_dataset", f"{origin} is not an IDX file: delete it and get it again.")
    dtype, axes = np.dtype(_CODES[data[2]]), data[3]
    header_bytes = 4 + 4 * axes
    if len(data) < header_bytes:
        raise WebNNError("invalid_dataset", f"{origin} ends in its header: delete it and get it again.")
    shape = tuple(int(size) for size in np.frombuffer(data, ">u4", axes, 4))
    wanted = header_bytes + math.prod(shape) * dtype.itemsize
    if len(data) != wanted:
        raise WebNNError(
            "invalid_dataset",
            f"{origin} holds {len(data)} bytes and its header promises {wanted}: delete it and get it again.",
        )
    return np.frombuffer(data, dtype, offset=header_bytes).reshape(shape)


def read_bytes(path: Path) -> bytes:
    """Return a file's contents, unpacked where it is gzipped (told by its first bytes, not its name).

    Raises `WebNNError("invalid_dataset")` for a damaged gzip file.
    """
    data = path.read_bytes()
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise WebNNError(
            "invalid_dataset", f"{path} is a damaged gzip file ({error}): delete it and get it again."
        ) from error


def read_idx(path: Path, shape: Sequence[int] | None = None) -> NDArray[Any]:
    """Return the array in an IDX file, plain or gzipped. Raises `WebNNError("invalid_dataset")` where the file is not
    IDX, is cut short, or, with `shape` given, holds another shape.
    """
    array = parse_idx(read_bytes(path), str(path))
    if shape is not None and array.shape != tuple(shape):
        raise WebNNError(
            "invalid_dataset",
            f"{path} holds an array of shape {list(array.shape)}, not {list(shape)}: it is not the file wanted here.",
        )
    return array


def write_idx(path: Path, array: NDArray[Any]) -> None:
    """Write `array` as IDX, gzipped where the name ends in `.gz`."""
    dtype = array.dtype.newbyteorder(">")
    codes = {np.dtype(name): code for code, name in _CODES.items()}
    header = bytes([0, 0, codes[dtype], array.ndim]) + np.array(array.shape, ">u4").tobytes()
    data = header + array.astype(dtype).tobytes()
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
