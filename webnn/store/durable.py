"""Files that are either whole or not there, whatever happens while they are written."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

TEMPORARY_SUFFIX = ".part"


def write_durably(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary file beside `path`, force it to the disk, and only then give it its name.

    On return the file and its name outlive a power cut. If this is interrupted, `path` holds what it held before.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}{TEMPORARY_SUFFIX}")
    try:
        write(temporary)
        _sync_file(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def write_text_durably(path: Path, text: str) -> None:
    """Write `text` as UTF-8, likewise."""
    write_durably(path, lambda temporary: _write_text(temporary, text))


def sync_folder(folder: Path) -> None:
    """Force the names in `folder` to the disk.

    Windows opens no folders, and needs none of this: NTFS journals a rename, and `os.replace` asks it to.
    """
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, whose names outlive a power cut."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in reversed(missing):
        sync_folder(each.parent)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _sync_file(path: Path) -> None:
    with path.open("rb+") as file:  # Windows syncs only what is open for writing
        os.fsync(file.fileno())
