"""HDF5, in which Keras keeps weights: an optional package, imported when it is used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from webnn.core.errors import WebNNError


def hdf5() -> Any:
    """Return the module `h5py`. Raises `WebNNError("settings")`, which says how to get it, where there is none."""
    try:
        return import_module("h5py")
    except ImportError as error:
        raise WebNNError(
            "settings", "Keras files are HDF5 inside, and h5py is not installed: python -m pip install 'webnn[keras]'."
        ) from error


FREELY = 64 << 20
"""Bytes that an array may take in memory, however little of it is in the file."""

LARGER = 200
"""Times what it takes in the file that any other may."""


def inside(group: Any, path: str) -> Any:
    """Return what a group has at `path`, None for nothing.

    Raises `ValueError` where a link leads there: it could lead to any other file of this computer.
    """
    h5py = hdf5()
    for name in path.split("/"):
        if not isinstance(group, h5py.Group):
            return None
        link = group.get(name, getlink=True)
        if link is None:
            return None
        if not isinstance(link, h5py.HardLink):
            raise ValueError(f"{name!r} is a link, which could lead out of the file")
        group = group[name]
    return group


def read_array(found: Any) -> Any:
    """Read an array that the file itself holds.

    Raises `ValueError` for one whose numbers are in another file, or that is far larger than what there is of it.
    """
    if not isinstance(found, hdf5().Dataset):
        raise ValueError("a weight is no array")
    if found.external or found.is_virtual:
        raise ValueError(f"the numbers of {found.name!r} are in another file")
    if found.nbytes > max(FREELY, LARGER * found.id.get_storage_size()):
        raise ValueError(f"{found.name!r} would take {found.nbytes:,} bytes, and the file has hardly any of them")
    return found[()]
