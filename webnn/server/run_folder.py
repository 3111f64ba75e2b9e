"""A run's folder on disk: `RUNS_DIR/RUN/`, with the config as run from its first moment on."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from webnn.core.errors import WebNNError
from webnn.store.durable import make_folder, sync_folder, write_text_durably


def check_runs_dir(runs_dir: Path) -> None:
    """Raise `WebNNError("settings")` where runs cannot be written to `runs_dir`; makes nothing."""
    place = next((path for path in (runs_dir, *runs_dir.absolute().parents) if path.exists()), runs_dir)
    if not place.is_dir():
        raise _unwritable(runs_dir, f"{place} is a file")
    if not os.access(place, os.W_OK | os.X_OK):
        raise _unwritable(runs_dir, f"this user may not write to {place}")


def _unwritable(runs_dir: Path, reason: str) -> WebNNError:
    return WebNNError("settings", f"Runs cannot be written to {runs_dir}: {reason}. Name another folder: --runs-dir.")


def make_run_folder(runs_dir: Path, name: str, now: datetime) -> Path:
    """Create a folder for a new run; its name, the run's id, has the model, the time and four random digits.

    Raises `WebNNError("settings")` where that is not possible.
    """
    readable = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "run"
    folder = runs_dir / f"{readable}-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    try:
        make_folder(folder.parent)
        folder.mkdir()
        sync_folder(folder.parent)
    except OSError as error:
        raise _unwritable(runs_dir, error.strerror or str(error)) from error
    return folder


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON file that people may read; whatever happens meanwhile, it is whole, as it was or as it is now."""
    write_text_durably(path, json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")
