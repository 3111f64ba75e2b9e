"""Secrets kept in files that only their owner can read."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

Stamp = tuple[int, int, int]
"""Changes when a file does: when it was written, its length, and which file it is."""


def keep_secret(path: Path) -> str:
    """The secret in the file `path`, made (256 random bits in hex, readable by its owner alone) if there is none yet.

    Programs that start at once over one folder end up with the same secret. On Windows the folder's own access list
    holds.
    """
    existing = _read(path)
    if existing is not None:
        return existing
    temporary = _write_aside(path, _fresh())
    try:
        try:
            os.link(temporary, path)  # unlike a rename, fails where another was first
        except OSError:
            if _read(path) is None:  # damaged, or a file system without links
                temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    secret = _read(path)
    assert secret is not None
    return secret


def replace_secret(path: Path) -> None:
    """Put a new secret in the place of the one in `path`."""
    write_privately(path, _fresh())


def write_privately(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all. Blocks."""
    temporary = _write_aside(path, text)
    try:
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def stamp_of(path: Path) -> Stamp | None:
    """What tells whether a file was written again; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _fresh() -> str:
    return secrets.token_hex(32) + "\n"


def _write_aside(path: Path, text: str) -> Path:
    """Write to a file beside `path` that nobody else knows, on the disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    return temporary


def _read(path: Path) -> str | None:
    try:
        text = path.read_text(encoding="ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        path.chmod(0o600)
    return text if len(text) >= 32 else None
