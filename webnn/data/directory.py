"""Where data that was downloaded, or that the owner put there, is kept."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import platformdirs

ENVIRONMENT_VARIABLE = "WNN_DATA_DIR"


def data_dir(option: Path | str | None = None, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the data folder: `option` (`--data-dir`), else `WNN_DATA_DIR`, else `webnn/data` in the user's cache
    folder.

    Each dataset has a folder of its own name in it. Nothing is created here.
    """
    chosen = option or environment.get(ENVIRONMENT_VARIABLE)
    if chosen:
        return Path(chosen).expanduser().absolute()
    return Path(platformdirs.user_cache_dir("webnn", appauthor=False)) / "data"
