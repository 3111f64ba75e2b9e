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
