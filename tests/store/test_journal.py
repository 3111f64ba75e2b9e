"""What is in the journal is there after every crash, and says of each lease one thing."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from webnn.core.aftermath import aftermath
from webnn.core.errors import WebNNError
from webnn.core.leases import Outcome
from webnn.store import journal as jn
from webnn.store.journal import VERSIONS_AHEAD, Journal
from webnn.store.lock import RunLock, is_live


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path)


def reopened(tmp_path: Path, journal: Journal) -> Journal:
    journal.close()
    return Journal.open(tmp_path)


def test_first_outcome_of_a_lease_counts(tmp_path: Path, journal: Journal) -> None:
    journal.write([jn.granted("0-0", "a", 1, 10, 100, 0.5), jn.ended("0-0", Outcome.MERGED, 1.0, 2, None)])
    journal.write([jn.ended("0-0", Outcome.EXPIRED, 2.0, 0, "late"), jn.granted("0-0", "b", 1, 10, 100, 3.0)])
    journal = reopened(tmp_path, journal)
    (lease,) = journal.known_leases()
    assert (lease.volunteer_id, lease.outcome, lease.merged_version, lease.ended_at) == ("a", Outcome.MERGED, 2, 1.0)
    assert journal.merged() == (1, 10, 100)
    assert journal.outcomes() == {"merged": 1}
    journal.close()


def test_batch_that_fails_leaves_nothing(journal: Journal) -> None:
    with pytest.raises(sqlite3.Error):
        journal.write([jn.granted("0-0", "a", 1, 10, 100, 0.5), ("INSERT INTO nowhere VALUES (1)", ())])
    assert journal.known_leases() == []
    journal.write([jn.fact("x", 1)])
    assert journal.fact("x") == 1
    journal.close()


def test_each_life_has_a_number_and_versions_of_its_own(tmp_path: Path, journal: Journal) -> None:
    first = journal.begin(0, 0.0)
    journal.write([jn.happened(7.5, "state", "running")])
    journal = reopened(tmp_path, journal)
    second = journal.begin(3, 2.0)
    assert (first.number, second.number) == (0, 1)
    assert second.highest_version == VERSIONS_AHEAD
    assert second.at == 7.5
    journal.close()


def test_what_was_merged_above_a_version_is_rolled_back(journal: Journal) -> None:
    journal.write(
        [
            *(jn.granted(f"0-{n}", "a", 1, 10, 100, 0.0) for n in range(4)),
            jn.ended("0-0", Outcome.MERGED, 1.0, 2, None),
            jn.ended("0-1", Outcome.MERGED, 2.0, 3, None),
            jn.ended("0-2", Outcome.INVALID, 2.0, 0, "no"),
            *(jn.validated([1.0, version, 0, 0.5, 0.9, 10, False]) for version in (2, 3)),
            *(jn.trained([1.0, 10, 0.5, 0.9, 0], version) for version in (2, 3)),
        ]
    )
    changes = aftermath(journal.known_leases(), version=2, taken_at=1.0, settled={"0-0"})
    assert journal.go_back(2, changes, at=5.0) == 1
    assert journal.outcomes() == {"merged": 1, "rolled_back": 1, "invalid": 1, "not_needed": 1}
    assert [point[1] for point in journal.validations()] == [2]
    assert len(journal.training()) == 1
    again = aftermath(journal.known_leases(), version=2, taken_at=1.0, settled={"0-0"})
    assert [gone.outcome for gone in again] == [Outcome.ROLLED_BACK, Outcome.INVALID, Outcome.NOT_NEEDED]
    assert journal.go_back(2, again, at=6.0) == 1
    assert journal.outcomes()["rolled_back"] == 1
    journal.close()


def test_only_what_a_checkpoint_does_not_know_is_listed_and_the_rest_found(journal: Journal) -> None:
    journal.write(
        [
            *(jn.granted(f"0-{n}", "a", 1, 10, 100, 0.0) for n in range(4)),
            jn.ended("0-0", Outcome.MERGED, 1.0, 2, None),
            jn.ended("0-1", Outcome.INVALID, 3.0, 0, "no"),
            jn.ended("0-2", Outcome.MERGED, 2.0, 5, None),
        ]
    )
    assert [record.lease_id for record in journal.known_leases()] == ["0-0", "0-2", "0-1", "0-3"]
    assert [record.lease_id for record in journal.known_leases(version=2, since=2.5)] == ["0-2", "0-1", "0-3"]
    found = journal.lease("0-0")
    assert found is not None
    assert (found.volunteer_id, found.outcome, found.merged_version) == ("a", Outcome.MERGED, 2)
    assert journal.lease("0-9") is None
    journal.close()


def test_long_histories_are_thinned(journal: Journal) -> None:
    journal.write(jn.trained([float(n), n, None, None, 0], n) for n in range(100))
    assert len(journal.training(max_points=30)) == 25
    assert journal.training()[-1] == [99.0, 99, None, None, 0]
    journal.close()


def test_journal_can_be_read_while_it_is_written(tmp_path: Path, journal: Journal) -> None:
    journal.write([jn.fact("state", "running")])
    reader = Journal.look(tmp_path)
    assert reader is not None
    journal.write([jn.fact("state", "paused")])
    assert reader.fact("state") == "paused"
    with pytest.raises(sqlite3.Error):
        reader.write([jn.fact("state", "mine")])
    reader.close()
    journal.close()
    assert Journal.look(tmp_path / "elsewhere") is None


def test_journal_of_another_format_is_refused(tmp_path: Path, journal: Journal) -> None:
    journal.write([("PRAGMA user_version = 99", ())])
    journal.close()
    with pytest.raises(WebNNError, match="format 99"):
        Journal.open(tmp_path)
    assert Journal.look(tmp_path) is None


def test_one_process_at_a_time_has_a_run(tmp_path: Path) -> None:
    assert not is_live(tmp_path)
    lock = RunLock.take(tmp_path)
    assert is_live(tmp_path)
    with pytest.raises(WebNNError) as refused:
        RunLock.take(tmp_path)
    assert refused.value.code == "run_in_use"
    lock.release()
    assert not is_live(tmp_path)
    RunLock.take(tmp_path).release()


def test_contribution_counts_merged_work_and_a_volunteer_s_time_once(journal: Journal) -> None:
    leases = [("1", "a", 0.0, 4.0), ("2", "a", 2.0, 6.0), ("3", "a", 10.0, 11.0), ("4", "b", 1.0, 2.0)]
    for name, volunteer, granted, ended in leases:
        journal.write([jn.granted(name, volunteer, 1, 1, 1, granted), jn.ended(name, Outcome.MERGED, ended, 2, None)])
    journal.write([jn.granted("5", "c", 1, 1, 1, 0.0), jn.ended("5", Outcome.EXPIRED, 99.0, 0, None)])
    assert journal.contribution() == {"volunteers": 2, "device_seconds": 8.0}
    journal.close()
