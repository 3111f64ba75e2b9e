"""What became of leases that a run no longer knows of, because it went back to an earlier version."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from webnn.core.leases import Outcome

GONE_BACK = "The run went back to version {version}; this was merged above it. Its examples are trained again."
TOO_LATE = "The run went back to version {version} before this came. Its examples are trained again."


@dataclass(frozen=True, slots=True)
class LeaseRecord:
    """What a journal says of a lease. `outcome` None: it had none yet.

    `merged_version` is the version that it was merged into (0: into none); `ended_at` seconds on the run's clock.
    """

    lease_id: str
    volunteer_id: str
    outcome: Outcome | None
    merged_version: int = 0
    ended_at: float | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Aftermath:
    """A lease that the run went back over, and what it counts as now. `untold`: its volunteer may still train it.

    `counted`: the run's own count of outcomes has it already.
    """

    lease_id: str
    volunteer_id: str
    outcome: Outcome
    detail: str | None
    untold: bool
    counted: bool


def aftermath(
    records: Iterable[LeaseRecord], version: int, taken_at: float, settled: Collection[str]
) -> list[Aftermath]:
    """Say what each lease of a journal counts as in a run that goes on from `version`.

    `taken_at` is when that version's snapshot was taken, `settled` the leases whose outcomes are in it. Work merged
    above `version` is `rolled_back`; what was out then is `not_needed`; every other outcome stays.
    """
    return [
        _after(record, version, counted=record.ended_at is not None and record.ended_at < taken_at)
        for record in records
        if record.lease_id not in settled
    ]


def _after(record: LeaseRecord, version: int, *, counted: bool) -> Aftermath:
    outcome, detail = record.outcome, record.detail
    if outcome is Outcome.MERGED and record.merged_version > version:
        outcome, detail, counted = Outcome.ROLLED_BACK, GONE_BACK.format(version=version), False
    untold = outcome is None
    if outcome is None:
        outcome, detail = Outcome.NOT_NEEDED, TOO_LATE.format(version=version)
    return Aftermath(record.lease_id, record.volunteer_id, outcome, detail, untold, counted)
