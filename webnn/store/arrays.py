"""Named arrays as one safetensors file, written and hashed piece by piece.

The library's own writer holds up every other thread of Python while it copies an array and writes the whole file; this
one lets go for each piece, so that merging goes on beside it.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]

PIECE_BYTES = 1 << 20
_DTYPES = {
    "<f8": "F64",
    "<f4": "F32",
    "<f2": "F16",
    "<i8": "I64",
    "<i4": "I32",
    "<i2": "I16",
    "|i1": "I8",
    "<u8": "U64",
    "<u4": "U32",
    "<u2": "U16",
    "|u1": "U8",
    "|b1": "BOOL",
}
_ALIGNMENT = 8


def write_arrays(path: Path, arrays: Arrays) -> str:
    """Write `arrays` to `path`; the SHA-256 of the file, in lower-case hex.

    Raises `OSError` when the disk refuses, `ValueError` for a dtype that the format has no name for.
    """
    ordered = sorted(arrays.items(), key=lambda item: -item[1].dtype.itemsize)  # each one aligned
    header: dict[str, Any] = {}
    end = 0
    for name, array in ordered:
        start, end = end, end + array.nbytes
        header[name] = {"dtype": _name_of(array.dtype), "shape": list(array.shape), "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    digest = hashlib.sha256()
    with path.open("wb", buffering=0) as file:
        start_of_file = memoryview(struct.pack("<Q", len(text)) + text)
        for view in (start_of_file, *(_bytes_of(array) for _, array in ordered)):
            for first in range(0, len(view), PIECE_BYTES):
                piece = view[first : first + PIECE_BYTES]
                digest.update(piece)
                while piece:
                    piece = piece[file.write(piece) :]
    return digest.hexdigest()


def _bytes_of(array: NDArray[Any]) -> memoryview:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def _name_of(dtype: np.dtype[Any]) -> str:
    try:
        return _DTYPES[dtype.str]
    except KeyError:
        raise ValueError(f"safetensors has no name for the dtype {dtype}") from None
