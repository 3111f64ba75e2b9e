"""Every fault that the project is tested against, and the check that each one really happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import TypeVar

Test = TypeVar("Test", bound=Callable[..., object])


class Fault(StrEnum):
    """What goes wrong. Each has a test that provokes it, asserts that it happened, and then what the run did."""

    KILLED_BEFORE_JOURNAL = "killed before the journal is written"
    KILLED_AFTER_JOURNAL = "killed after the journal, before the checkpoint"
    KILLED_IN_ARRAYS = "killed with half the arrays written"
    KILLED_BEFORE_SYNC = "killed before the arrays are forced to the disk"
    KILLED_BETWEEN_BEST_AND_CHECKPOINT = "killed between the best version and the checkpoint that speaks of it"
    KILLED_BEFORE_ARRAYS_NAMED = "killed before the arrays have their name"
    KILLED_AFTER_ARRAYS_NAMED = "killed between the arrays and the manifest"
    KILLED_IN_MANIFEST = "killed with half the manifest written"
    KILLED_BEFORE_MANIFEST_SYNC = "killed before the manifest is forced to the disk"
    KILLED_BEFORE_MANIFEST_NAMED = "killed before the manifest has its name"
    KILLED_BEFORE_FOLDER_SYNC = "killed before the names are forced to the disk"
    KILLED_AFTER_MANIFEST_NAMED = "killed before older checkpoints are dropped"
    KILLED_WHILE_PRUNING = "killed while older checkpoints are dropped"
    KILLED_BEFORE_MERGE = "killed between accepting and merging an update"
    KILLED_AFTER_MERGE = "killed between merging an update and telling its outcome"
    KILLED_GOING_BACK = "killed while it goes back, before the version that it goes back to is written"
    KILLED_GONE_BACK = "killed while it goes back, with that version written and the journal behind it"
    KILLED_BACK_AGAIN = "killed while it goes back, before the checkpoints gone back over are dropped"
    EVALUATOR_KILLED = "the evaluator is killed"
    GONE_BEFORE_UPLOAD = "a volunteer vanishes before its upload"
    GONE_DURING_UPLOAD = "a volunteer vanishes during its upload"
    GONE_AFTER_UPLOAD = "a volunteer vanishes after its upload"
    CONNECTION_CUT = "the connection is cut every few frames"
    DUPLICATED = "frames come twice"
    REORDERED = "frames come in another order"
    TRUNCATED = "frames are cut short"
    DELAYED = "frames come late"
    CLOCK_FORWARD = "the clock jumps forward"
    CLOCK_BACK = "the clock jumps back"
    DISK_FULL = "the disk is full"
    DISK_READ_ONLY = "the disk is read-only"
    PROXY_STALLS = "a proxy in between stalls"
    EVERYONE_LEFT = "all volunteers leave, and others come hours later"
    EVERYONE_SILENT = "every volunteer falls silent"


PROVOKED: Counter[Fault] = Counter()
"""The tests that there are, by fault."""


def provokes(*faults: Fault) -> Callable[[Test], Test]:
    """Mark a test as one that provokes `faults`: each of them, or the one that its parameter `fault` names. By its end
    they must have fired.
    """
    PROVOKED.update(faults)

    def mark(test: Test) -> Test:
        test.__dict__["provoked"] = faults
        return test

    return mark


def provoked_by(test: Callable[..., object]) -> tuple[Fault, ...]:
    """The faults that a test is marked with."""
    faults: tuple[Fault, ...] = test.__dict__.get("provoked", ())
    return faults


class Injection:
    """Counts the faults that happened in a test."""

    def __init__(self) -> None:
        self.fired: Counter[Fault] = Counter()

    def fire(self, fault: Fault) -> None:
        self.fired[fault] += 1

    def missing(self, wanted: Iterable[Fault]) -> list[Fault]:
        """Those of `wanted` that have not happened."""
        return [fault for fault in wanted if not self.fired[fault]]
