"""Secrets kept in files that only their owner can read."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path


def keep_secret(path: Path) -> str:
    """The secret in the file `path`, made (256 random bits in hex, readable by its owner alone) if there is none yet.

    Programs that start at once over one folder end up with the same secret. On Windows the folder's own access list
    holds.
    """
    existing = _read(path)
    if existing is not None:
        return existing
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
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


def _read(path: Path) -> str | None:
    try:
        text = path.read_text(encoding="ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        path.chmod(0o600)
    return text if len(text) >= 32 else None
