"""What a disk refuses is told in words, with what is free where."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

import pytest

from webnn.core.errors import WebNNError
from webnn.store import disk
from webnn.store.disk import in_words, told_in_words
from webnn.store.durable import make_folder


def sqlite_error(code: int, words: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(words)
    error.sqlite_errorcode = code
    return error


FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
READ_ONLY = OSError(errno.EROFS, os.strerror(errno.EROFS))
FULL_JOURNAL = sqlite_error(sqlite3.SQLITE_FULL, "database or disk is full")
SHORT_FILE = sqlite_error(sqlite3.SQLITE_IOERR | (19 << 8), "disk I/O error")


@pytest.mark.parametrize("error", [FULL, FULL_JOURNAL])
def test_full_disk_is_told_with_its_room_and_what_to_do(tmp_path: Path, error: Exception) -> None:
    assert f"free in {tmp_path}" in in_words(error, tmp_path)
    with pytest.raises(WebNNError, match=r"cannot be written to: .* Make room") as caught, told_in_words(tmp_path):
        raise error
    assert caught.value.code == "disk"


def test_disk_that_is_read_only_is_not_called_full(tmp_path: Path) -> None:
    with pytest.raises(WebNNError, match=r"Read-only file system\.$"), told_in_words(tmp_path):
        raise READ_ONLY


@pytest.mark.parametrize("free", [0, 1 << 30])
def test_io_error_of_sqlite_is_a_full_disk_where_nothing_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int
) -> None:
    monkeypatch.setattr(disk, "_free", lambda _: free)
    assert ("free in" in in_words(SHORT_FILE, tmp_path)) is (free == 0)


def test_file_that_is_no_journal_is_damage_and_not_the_disk(tmp_path: Path) -> None:
    (tmp_path / "journal").write_bytes(b"no database" * 1000)
    connection = sqlite3.connect(tmp_path / "journal")
    with pytest.raises(WebNNError, match="is damaged") as caught, told_in_words(tmp_path):
        connection.execute("PRAGMA user_version")
    connection.close()
    assert caught.value.code == "invalid_checkpoint"


def test_names_of_new_folders_are_forced_to_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[Path] = []
    monkeypatch.setattr("webnn.store.durable.sync_folder", synced.append)
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    assert synced == [tmp_path, tmp_path / "a"]
