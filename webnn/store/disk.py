"""What a disk refuses, in words for the owner of a run."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from webnn.core.errors import WebNNError

DISK_ERRORS = (OSError, sqlite3.Error)

LEAST_BYTES = 1 << 18
"""With less than this free, what SQLite calls an I/O error is a full disk: it could not lengthen a file."""

_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def in_words(error: Exception, folder: Path) -> str:
    """Say what is wrong with the disk of `folder`; of a full one, how much is free and where."""
    words = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
    return f"{words}, {_size(_free(folder))} free in {folder}" if _is_full(error, folder) else words


@contextmanager
def told_in_words(folder: Path) -> Iterator[None]:
    """Within it, what the disk of the run in `folder` refuses is a `WebNNError("disk")`, and a journal that is none any
    more an `invalid_checkpoint`.
    """
    try:
        yield
    except sqlite3.Error as error:
        if is_damage(error):
            raise WebNNError("invalid_checkpoint", f"The journal of {folder} is damaged ({error}).") from error
        raise _refused(error, folder) from error
    except OSError as error:
        raise _refused(error, folder) from error


def is_damage(error: sqlite3.Error) -> bool:
    """Whether a journal's file is damaged, rather than out of reach."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED


def _refused(error: Exception, folder: Path) -> WebNNError:
    hint = " Make room, and give the same command again." if _is_full(error, folder) else ""
    return WebNNError("disk", f"The run's folder {folder} cannot be written to: {in_words(error, folder)}.{hint}")


def _is_full(error: Exception, folder: Path) -> bool:
    if isinstance(error, OSError):
        return error.errno in _FULL
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _free(folder) < LEAST_BYTES)


def _free(folder: Path) -> int:
    with suppress(OSError):
        return shutil.disk_usage(folder).free
    return 0


def _size(num_bytes: int) -> str:
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if num_bytes >= size:
            return f"{num_bytes / size:.1f} {unit}"
    return f"{num_bytes} bytes"
