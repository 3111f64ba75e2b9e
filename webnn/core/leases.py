"""Leases: one volunteer's right to train some examples from one version, until a deadline."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from heapq import heappop, heappush, heapreplace
from typing import Any

from webnn.core.merging.base import Wants


class Outcome(StrEnum):
    """How a lease ended: exactly one of these."""

    MERGED = "merged"
    STALE = "stale"
    INVALID = "invalid"
    EXPIRED = "expired"
    ABANDONED = "abandoned"
    NOT_NEEDED = "not_needed"
    ROLLED_BACK = "rolled_back"


@dataclass(frozen=True, slots=True)
class Part:
    """Examples `first <= i < last` of one shard (`shard` is its SHA-256, lower-case hex)."""

    shard: str
    first: int
    last: int

    @property
    def num_examples(self) -> int:
        return self.last - self.first


@dataclass(frozen=True, slots=True)
class Lease:
    """`iterations` mini-batches of `batch_size` (the last may be smaller) over `parts`, from `version` or a later one.

    `granted_at` and `deadline` are seconds on the run's clock; the deadline is the first one, renewals are the book's.
    `optimizer` is "model" (the model's own) or "sgd" (plain SGD forced); `seed` is a uint32. `carry`: training starts
    from the volunteer's own work too that is not in its base version yet. `weight`: how much its update will count.
    `keep`: training starts from W + keep (P - W), W being `version` itself and P what the volunteer's last lease ended
    with; `local_iterations` are those behind P. `soon` names a shard that a later lease of the volunteer will need.
    """

    lease_id: str
    volunteer_id: str
    version: int
    parts: tuple[Part, ...]
    num_examples: int
    iterations: int
    batch_size: int
    seed: int
    learning_rate: float
    optimizer: str
    wants: Wants
    granted_at: float
    deadline: float
    carry: bool = False
    weight: float = 1.0
    keep: float | None = None
    local_iterations: int = 0
    soon: str | None = None


MAX_REMEMBERED = 2000
"""Outcomes that a run knows by heart, so that its memory stays flat; a journal answers for older ones."""


class Phase(StrEnum):
    """Where an open lease stands: with its volunteer, or with us."""

    TRAINING = "training"
    JUDGING = "judging"
    QUEUED = "queued"
    MERGING = "merging"


@dataclass(slots=True)
class OpenLease:
    """A lease that has no outcome yet. `timeout` is how long each sign of work keeps it alive, in seconds."""

    lease: Lease
    deadline: float
    timeout: float
    phase: Phase = Phase.TRAINING
    iterations_seen: int = 0
    asked_again: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """How a lease ended, kept so that a re-sent update gets its first outcome again."""

    volunteer_id: str
    outcome: Outcome
    detail: str | None


class LeaseBook:
    """Open leases, and the outcomes of those that ended (the newest `max_remembered` of them)."""

    def __init__(self, max_remembered: int = MAX_REMEMBERED) -> None:
        self._open: dict[str, OpenLease] = {}
        self._by_volunteer: dict[str, dict[str, OpenLease]] = {}
        self._deadlines: list[tuple[float, str]] = []  # a heap; an entry may be early or of a lease that ended
        self._settled: OrderedDict[str, Settled] = OrderedDict()
        self._max_remembered = max_remembered
        self.num_iterations = 0  # of all open leases
        self.outcomes: Counter[Outcome] = Counter()

    def open(self, lease: Lease) -> None:
        """Enter a new lease. Its id must never have been used."""
        assert lease.lease_id not in self._open
        assert lease.lease_id not in self._settled
        open_lease = OpenLease(lease, lease.deadline, lease.deadline - lease.granted_at)
        self._open[lease.lease_id] = open_lease
        self._by_volunteer.setdefault(lease.volunteer_id, {})[lease.lease_id] = open_lease
        self.num_iterations += lease.iterations
        heappush(self._deadlines, (lease.deadline, lease.lease_id))

    def get(self, lease_id: str) -> OpenLease | None:
        return self._open.get(lease_id)

    def settled(self, lease_id: str) -> Settled | None:
        return self._settled.get(lease_id)

    def all(self) -> list[OpenLease]:
        """List the open leases, oldest first."""
        return list(self._open.values())

    def of(self, volunteer_id: str) -> list[OpenLease]:
        """List a volunteer's open leases, oldest first."""
        return list(self._by_volunteer.get(volunteer_id, {}).values())

    def count(self, volunteer_id: str) -> int:
        """Count a volunteer's open leases."""
        return len(self._by_volunteer.get(volunteer_id, ()))

    def training(self, volunteer_id: str) -> list[OpenLease]:
        """List a volunteer's leases that are with it, oldest first."""
        own = self._by_volunteer.get(volunteer_id, {})
        return [open_lease for open_lease in own.values() if open_lease.phase is Phase.TRAINING]

    def holders(self) -> Collection[str]:
        """List the volunteers with open leases."""
        return self._by_volunteer.keys()

    def oldest_version(self) -> int | None:
        """The oldest that an open lease may start from: that of the lease granted first, since versions only go up."""
        return next((open_lease.lease.version for open_lease in self._open.values()), None)

    def set_deadline(self, open_lease: OpenLease, deadline: float) -> None:
        if deadline < open_lease.deadline:
            heappush(self._deadlines, (deadline, open_lease.lease.lease_id))
        open_lease.deadline = deadline

    def next_deadline(self) -> float | None:
        """Find when the next lease expires, if nobody renews it."""
        while self._deadlines:
            at, lease_id = self._deadlines[0]
            open_lease = self._open.get(lease_id)
            if open_lease is not None and open_lease.phase is Phase.TRAINING:
                if open_lease.deadline <= at:
                    return at
                heapreplace(self._deadlines, (open_lease.deadline, lease_id))
            else:
                heappop(self._deadlines)
        return None

    def next_expired(self, now: float) -> OpenLease | None:
        """Find a lease whose deadline has passed; settle it before asking again."""
        at = self.next_deadline()
        return self._open[self._deadlines[0][1]] if at is not None and at <= now else None

    def settle(self, lease_id: str, outcome: Outcome, detail: str | None) -> OpenLease:
        """End an open lease with its one outcome."""
        open_lease = self._open.pop(lease_id)
        volunteer_id = open_lease.lease.volunteer_id
        own = self._by_volunteer[volunteer_id]
        del own[lease_id]
        if not own:
            del self._by_volunteer[volunteer_id]
        self._settled[lease_id] = Settled(volunteer_id, outcome, detail)
        self._forget_oldest()
        self.num_iterations -= open_lease.lease.iterations
        self.outcomes[outcome] += 1
        return open_lease

    def remember(self, lease_id: str, ended: Settled, *, counted: bool) -> None:
        """Keep the outcome of a lease from before a restart; `counted`: it is in `outcomes` already."""
        self._settled[lease_id] = ended
        self._forget_oldest()
        if not counted:
            self.outcomes[ended.outcome] += 1

    def knows(self, lease_id: str) -> bool:
        """Whether a lease is open, or its outcome is known."""
        return lease_id in self._open or lease_id in self._settled

    def remembered(self) -> Collection[str]:
        """List the leases whose outcomes are known."""
        return self._settled.keys()

    def snapshot(self, max_settled: int) -> dict[str, Any]:
        """Write counts and the newest outcomes, JSON-able; open leases are not written."""
        newest = list(self._settled.items())[-max_settled:]
        return {
            "outcomes": {outcome.value: count for outcome, count in self.outcomes.items()},
            "settled": [[key, ended.volunteer_id, ended.outcome.value, ended.detail] for key, ended in newest],
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        self.outcomes = Counter({Outcome(name): count for name, count in snapshot["outcomes"].items()})
        self._settled = OrderedDict(
            (key, Settled(volunteer_id, Outcome(outcome), detail))
            for key, volunteer_id, outcome, detail in snapshot["settled"]
        )

    def _forget_oldest(self) -> None:
        while len(self._settled) > self._max_remembered:
            self._settled.popitem(last=False)
