"""A run's folder on disk: `RUNS_DIR/RUN/`, with the config as run from its first moment on."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any


def make_run_folder(runs_dir: Path, name: str, now: datetime) -> Path:
    """Create a folder for a new run; its name, the run's id, has the model, the time and four random digits."""
    readable = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "run"
    folder = runs_dir / f"{readable}-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    folder.mkdir(parents=True)
    return folder


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON file that people may read."""
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8")
