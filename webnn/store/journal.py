"""The journal of a run: what happened, in an SQLite file that outlives every crash.

It is written in batches by one process (which holds the run's lock) and may be read by others meanwhile. What it says
of leases is ahead of every checkpoint, never behind: a batch is on the disk before the checkpoint that knows of it.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from webnn.core.aftermath import Aftermath, LeaseRecord
from webnn.core.errors import WebNNError
from webnn.core.leases import Outcome
from webnn.store.disk import is_damage

NAME = "journal.sqlite"
FORMAT = 1
VERSIONS_AHEAD = 256
"""Versions are reserved in blocks of this many, so that a restart knows which may have been handed out."""

_SCHEMA = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE incarnations (
    number INTEGER PRIMARY KEY, started TEXT NOT NULL, version INTEGER NOT NULL, at REAL NOT NULL
);
CREATE TABLE leases (
    lease_id TEXT PRIMARY KEY, volunteer_id TEXT NOT NULL, version INTEGER NOT NULL, iterations INTEGER NOT NULL,
    num_examples INTEGER NOT NULL, granted_at REAL NOT NULL,
    outcome TEXT, ended_at REAL, merged_version INTEGER NOT NULL DEFAULT 0, detail TEXT
);
CREATE INDEX leases_by_end ON leases (ended_at);
CREATE TABLE validations (
    seconds REAL NOT NULL, version INTEGER NOT NULL, iterations INTEGER NOT NULL, loss REAL, accuracy REAL,
    num_examples INTEGER NOT NULL, whole INTEGER NOT NULL, rolled_back INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE training (
    seconds REAL NOT NULL, iterations INTEGER NOT NULL, loss REAL, accuracy REAL, staleness INTEGER NOT NULL,
    version INTEGER NOT NULL, rolled_back INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE events (at REAL NOT NULL, time TEXT NOT NULL, kind TEXT NOT NULL, words TEXT NOT NULL);
"""

CACHE_KIB = 512
"""Of the file's pages in memory: writing goes to its end, and reading it whole is rare."""

_LEASE = "lease_id, volunteer_id, outcome, merged_version, ended_at, detail"

LOG_ROWS = 5_000

_LOG_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS log (seconds REAL NOT NULL, kind TEXT NOT NULL, words TEXT NOT NULL);
CREATE TRIGGER IF NOT EXISTS log_stays_short AFTER INSERT ON log WHEN NEW.rowid % 500 = 0
BEGIN DELETE FROM log WHERE rowid <= NEW.rowid - {LOG_ROWS}; END;
"""
"""What the watch page lists, of which the newest rows are kept: strangers who come and go write it. Journals of before
it lack it.
"""

Entry = tuple[str, tuple[Any, ...]]
"""A statement and its values, made by one of the functions below."""


def granted(  # noqa: PLR0917 (the columns of a lease, in their order)
    lease_id: str, volunteer_id: str, version: int, iterations: int, num_examples: int, at: float
) -> Entry:
    """Note a lease."""
    columns = "lease_id, volunteer_id, version, iterations, num_examples, granted_at"
    values = (lease_id, volunteer_id, version, iterations, num_examples, at)
    return f"INSERT OR IGNORE INTO leases ({columns}) VALUES (?, ?, ?, ?, ?, ?)", values


def ended(lease_id: str, outcome: Outcome, at: float, merged_version: int, detail: str | None) -> Entry:
    """Note how a lease ended; the first outcome counts."""
    statement = (
        "UPDATE leases SET outcome = ?, ended_at = ?, merged_version = ?, detail = ?"
        " WHERE lease_id = ? AND outcome IS NULL"
    )
    return statement, (outcome.value, at, merged_version, detail, lease_id)


def forgotten(volunteer_id: str) -> Entry:
    """Take a volunteer's id off its leases."""
    return "UPDATE leases SET volunteer_id = '' WHERE volunteer_id = ?", (volunteer_id,)


def validated(point: Sequence[Any]) -> Entry:
    """Note a validation point of docs/protocol.md."""
    return (
        "INSERT INTO validations (seconds, version, iterations, loss, accuracy, num_examples, whole)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        tuple(point),
    )


def trained(point: Sequence[Any], version: int) -> Entry:
    """Note a training point of docs/protocol.md, and the version that has it."""
    return (
        "INSERT INTO training (seconds, iterations, loss, accuracy, staleness, version) VALUES (?, ?, ?, ?, ?, ?)",
        (*point, version),
    )


def happened(at: float, kind: str, words: str) -> Entry:
    """Note anything else, in words; `at` is seconds on the run's clock."""
    time = datetime.now(UTC).isoformat(timespec="milliseconds")
    return "INSERT INTO events (at, time, kind, words) VALUES (?, ?, ?, ?)", (at, time, kind, words)


def logged(row: Sequence[Any]) -> Entry:
    """Note a row of the log that people read: seconds of running time, kind, words."""
    return "INSERT INTO log (seconds, kind, words) VALUES (?, ?, ?)", tuple(row)


def fact(name: str, value: Any) -> Entry:
    """Note what is so now; `value` is anything that JSON takes."""
    return "INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)", (name, json.dumps(value))


@dataclass(frozen=True, slots=True)
class Incarnation:
    """One life of a run, from a start to a crash or an end. Versions up to `highest_version` may have been used."""

    number: int
    highest_version: int
    at: float


class Journal:
    """One run's journal, open. Its methods block, and raise `sqlite3.Error` where the disk refuses."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._writing = threading.Lock()

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the journal in `folder` for writing, made there if there is none.

        Raises `WebNNError("invalid_checkpoint")` for one of another format.
        """
        connection = sqlite3.connect(folder / NAME, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA cache_size = {-CACHE_KIB}")
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        if found == 0:
            connection.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {FORMAT}; COMMIT;")
        elif found != FORMAT:
            connection.close()
            message = f"{folder / NAME} has the format {found}; this version of WebNN reads {FORMAT}."
            raise WebNNError("invalid_checkpoint", message)
        connection.executescript(_LOG_SCHEMA)
        return cls(connection)

    @classmethod
    def look(cls, folder: Path) -> Self | None:
        """Open a journal to read in it, without changing anything; None where there is none to read."""
        try:
            connection, found = _open_to_read(folder)
        except sqlite3.Error:
            return None
        if found == FORMAT:
            return cls(connection)
        connection.close()
        return None

    @staticmethod
    def damage(folder: Path) -> str | None:
        """Say why nobody will read the journal in `folder` any more; None where it can be, or is not there yet."""
        try:
            connection, found = _open_to_read(folder)
        except sqlite3.Error as error:
            return str(error) if is_damage(error) else None
        connection.close()
        return None if found in (0, FORMAT) else f"its format is {found}, and this version of WebNN reads {FORMAT}"

    def close(self) -> None:
        """Close the file, after a batch that is being written. May be called twice."""
        with self._writing:
            self._connection.close()

    def write(self, entries: Iterable[Entry]) -> None:
        """Write entries, all of them or none; on return they outlive a power cut."""
        with self._writing:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                for statement, values in entries:
                    self._connection.execute(statement, values)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    # a new life

    def begin(self, version: int, at: float) -> Incarnation:
        """Begin another life of the run, from `version`, at `at` seconds on its clock or later than all that was noted.

        Its number was never used, and a block of versions is reserved for it.
        """
        (number,) = self._one("SELECT COALESCE(MAX(number) + 1, 0) FROM incarnations")
        at = max(at, self.latest())
        highest = max(int(self.fact("reserved_version") or 0), version)
        self.write(
            [
                ("INSERT INTO incarnations VALUES (?, ?, ?, ?)", (number, _now(), version, at)),
                fact("reserved_version", highest + VERSIONS_AHEAD),
                happened(at, "begin", f"Life {number} begins, from version {version}."),
            ]
        )
        return Incarnation(number, highest, at)

    def latest(self) -> float:
        """Find the latest time on the run's clock that anything was noted at."""
        tables = (("leases", "ended_at"), ("leases", "granted_at"), ("events", "at"), ("incarnations", "at"))
        found = [self._one(f"SELECT COALESCE(MAX({column}), 0.0) FROM {table}")[0] for table, column in tables]
        return float(max(found))

    def known_leases(self, version: int = 0, since: float = 0.0) -> list[LeaseRecord]:
        """List what a run needs to know that goes on from `version`, of which a checkpoint was taken at `since`.

        That is the leases that ended since then or were merged into later versions, in the order of their ends, then
        those that have no outcome.
        """
        query = (
            f"SELECT {_LEASE} FROM leases WHERE outcome IS NULL OR ended_at >= ? OR merged_version > ?"
            " ORDER BY ended_at IS NULL, ended_at"
        )
        return [_lease_record(row) for row in self._connection.execute(query, (since, version))]

    def lease(self, lease_id: str) -> LeaseRecord | None:
        """Look up one lease, of whatever age; None for one that was never granted."""
        row = self._connection.execute(f"SELECT {_LEASE} FROM leases WHERE lease_id = ?", (lease_id,)).fetchone()
        return None if row is None else _lease_record(row)

    def go_back(self, version: int, changes: Iterable[Aftermath], at: float) -> int:
        """Note that the run went back to `version`, and what became of its leases; how many were rolled back."""
        lost = 0
        entries: list[Entry] = []
        for gone in changes:
            if gone.outcome is Outcome.ROLLED_BACK:
                statement = "UPDATE leases SET outcome = ?, detail = ? WHERE lease_id = ? AND outcome = 'merged'"
                entries.append((statement, (gone.outcome.value, gone.detail, gone.lease_id)))
                lost += 1
            elif gone.untold:
                entries.append(ended(gone.lease_id, gone.outcome, at, 0, gone.detail))
        for table in ("validations", "training"):
            entries.append((f"UPDATE {table} SET rolled_back = 1 WHERE version > ?", (version,)))
        words = f"The run went back to version {version}: {lost} merged updates are rolled back."
        self.write([*entries, happened(at, "go_back", words)])
        return lost

    # reading

    def fact(self, name: str) -> Any:
        """Read a fact; None where it was never noted."""
        row = self._connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else json.loads(row[0])

    def has_gone_back_over(self, life: int, version: int) -> bool:
        """Whether a later life than `life` began from before `version`, so that its work counts no more."""
        query = "SELECT COUNT(*) FROM incarnations WHERE number > ? AND version < ?"
        (count,) = self._connection.execute(query, (life, version)).fetchone()
        return bool(count)

    def outcomes(self) -> dict[str, int]:
        """Count the leases by outcome; those that have none yet are not counted."""
        query = "SELECT outcome, COUNT(*) FROM leases WHERE outcome IS NOT NULL GROUP BY outcome"
        return dict(self._connection.execute(query).fetchall())

    def merged(self) -> tuple[int, int, int]:
        """Count what is merged: leases, iterations, examples."""
        query = "SELECT COUNT(*), COALESCE(SUM(iterations), 0), COALESCE(SUM(num_examples), 0) FROM leases"
        leases, iterations, examples = self._one(f"{query} WHERE outcome = 'merged'")
        return leases, iterations, examples

    def contribution(self) -> dict[str, float]:
        """Sum up the work that counts: how many `volunteers` it is of, and `device_seconds`, in which one of them had
        such a lease (or several: time counts once for each volunteer).
        """
        query = (
            "SELECT volunteer_id, granted_at, ended_at FROM leases WHERE outcome = 'merged' AND ended_at IS NOT NULL"
            " ORDER BY volunteer_id, granted_at"
        )
        volunteers, seconds = 0, 0.0
        volunteer, until = None, 0.0
        with closing(self._connection.execute(query)) as rows:
            for volunteer_id, granted_at, ended_at in rows:
                if volunteer_id != volunteer:
                    volunteers, volunteer, until = volunteers + 1, volunteer_id, granted_at
                seconds += max(0.0, ended_at - max(until, granted_at))
                until = max(until, ended_at)
        return {"volunteers": volunteers, "device_seconds": round(seconds, 1)}

    def validations(self, max_points: int = 2000) -> list[list[Any]]:
        """Read validation points as docs/protocol.md has them; every so many-th beyond `max_points`."""
        columns = "seconds, version, iterations, loss, accuracy, num_examples, whole"
        return [[*row[:-1], bool(row[-1])] for row in self._points("validations", columns, max_points)]

    def training(self, max_points: int = 2000) -> list[list[Any]]:
        """Read training points likewise."""
        columns = "seconds, iterations, loss, accuracy, staleness"
        return [list(row) for row in self._points("training", columns, max_points)]

    def events(self, max_events: int = 100) -> list[tuple[float, str, str, str]]:
        """Read the newest events, oldest first: seconds on the run's clock, time of day (UTC), kind, words."""
        query = "SELECT at, time, kind, words FROM events ORDER BY rowid DESC LIMIT ?"
        return self._connection.execute(query, (max_events,)).fetchall()[::-1]

    def log(self, max_rows: int = 500) -> tuple[int, list[list[Any]]]:
        """Count the rows that the log ever had, and read the newest of them, oldest first."""
        (count,) = self._one("SELECT COALESCE(MAX(rowid), 0) FROM log")
        query = "SELECT seconds, kind, words FROM log ORDER BY rowid DESC LIMIT ?"
        return count, [list(row) for row in self._connection.execute(query, (max_rows,)).fetchall()[::-1]]

    def _points(self, table: str, columns: str, max_points: int) -> list[tuple[Any, ...]]:
        (count,) = self._one(f"SELECT COUNT(*) FROM {table} WHERE NOT rolled_back")
        every = max(1, -(-count // max_points))
        query = (
            f"SELECT {columns} FROM (SELECT {columns}, ROW_NUMBER() OVER (ORDER BY rowid) AS place FROM {table}"
            " WHERE NOT rolled_back) WHERE (place - 1) % ? = 0 ORDER BY place"
        )
        return self._connection.execute(query, (every,)).fetchall()

    def _one(self, query: str) -> Any:
        with closing(self._connection.execute(query)) as cursor:
            return cursor.fetchone()


def _open_to_read(folder: Path) -> tuple[sqlite3.Connection, int]:
    """Open the journal in `folder`, and say its format: 0 where it is being made."""
    uri = f"{(folder / NAME).resolve().as_uri()}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    try:
        return connection, int(connection.execute("PRAGMA user_version").fetchone()[0])
    except BaseException:
        connection.close()
        raise


def _lease_record(row: tuple[Any, ...]) -> LeaseRecord:
    return LeaseRecord(row[0], row[1], Outcome(row[2]) if row[2] else None, *row[3:])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
