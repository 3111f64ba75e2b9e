"""The number formats that shards carry, and how arrays of other formats become one of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from webnn.core.errors import WebNNError

WIRE_DTYPES = ("uint8", "int8", "uint16", "int16", "int32", "float32")
"""Formats of a shard's arrays, in little-endian order; see `docs/protocol.md`."""

_CONVERTED = {
    "bool": "uint8",
    "float16": "float32",
    "float64": "float32",
    "uint32": "int32",
    "int64": "int32",
    "uint64": "int32",
}
_CHUNK_BYTES = 16 * 2**20


def wire_dtype(dtype: np.dtype[Any]) -> str:
    """Return the format in which numbers of `dtype` travel. Raises `WebNNError("invalid_dataset")` for text and
    objects.
    """
    name = dtype.newbyteorder("=").name
    if name in WIRE_DTYPES:
        return name
    if name in _CONVERTED:
        return _CONVERTED[name]
    raise WebNNError(
        "invalid_dataset",
        f"Arrays of {dtype} cannot be sent to volunteers: convert them to one of {', '.join(WIRE_DTYPES)}.",
    )


def to_wire(array: NDArray[Any]) -> NDArray[Any]:
    """`array` as contiguous little-endian numbers of its wire format; the array itself where it is that already."""
    name = wire_dtype(array.dtype)
    return np.ascontiguousarray(array, dtype=np.dtype(name).newbyteorder("<"))


def chunks(array: NDArray[Any], item_bytes: int | None = None) -> list[NDArray[Any]]:
    """Return views of some megabytes each along the first axis, so that a memory map is never read whole at once.

    `item_bytes`: how large each number becomes in what is done to them, where that is more than it is now.
    """
    row_bytes = max(1, array.size * (item_bytes or array.dtype.itemsize) // max(1, len(array)))
    step = max(1, _CHUNK_BYTES // row_bytes)
    return [array[first : first + step] for first in range(0, len(array), step)]


def check_numbers(array: NDArray[Any], what: str) -> None:
    """Raise `WebNNError("invalid_dataset")` where a number is NaN, infinite, or too large for its wire format."""
    name = wire_dtype(array.dtype)
    if array.dtype.kind == "f":
        limit = np.finfo(np.float32).max
        if not all(bool((np.abs(chunk) <= limit).all()) for chunk in chunks(array)):
            raise WebNNError(
                "invalid_dataset",
                f"{what} holds NaN, infinite or huge numbers: replace or leave out the examples that have them.",
            )
    elif name == "int32" and array.dtype.name != "int32":
        info = np.iinfo(np.int32)
        if not all(bool(((chunk >= info.min) & (chunk <= info.max)).all()) for chunk in chunks(array)):
            raise WebNNError("invalid_dataset", f"{what} holds integers beyond 32 bits: scale them or use float32.")
