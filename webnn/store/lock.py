"""One process at a time has a run."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from webnn.core.errors import WebNNError

_NAME = ".lock"


class RunLock:
    """Held from `take` to `release`, or to the end of the process, however it ends; on every operating system.

    It is SQLite's own lock on a file that holds nothing: those of operating systems differ, and SQLite knows them all.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def take(cls, folder: Path) -> RunLock:
        """Take the run in `folder`; raises `WebNNError("run_in_use")` where another process has it."""
        connection = sqlite3.connect(folder / _NAME, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            connection.close()
            if "locked" in str(error):
                raise WebNNError("run_in_use", f"The run {folder.name} is being served by another process.") from error
            raise
        return cls(connection)

    def release(self) -> None:
        """Let go of it. May be called twice."""
        self._connection.close()


def is_live(folder: Path) -> bool:
    """Whether a process has the run in `folder`."""
    if not (folder / _NAME).exists():
        return False
    try:
        RunLock.take(folder).release()
    except WebNNError:
        return True
    except sqlite3.Error:  # a folder that may not be written to
        return False
    return False
