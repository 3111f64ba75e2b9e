"""Which judged updates wait, and when they are merged: at once, by the handful, or at the end of a round.

A run tells its collector what becomes of each lease, and asks it after every event whether something is to be merged
now. So nobody who joins, leaves or falls silent can leave the others waiting for ever: whatever changes, the question
is asked again, and `next_time` says when time alone will change the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, assert_never

from webnn.core.merging.base import Buffer, Collect, Flock, Immediate, Round

LATE = 0.5
"""The part of a round, in lengths of its first lease, after which a new lease must be done when the others are."""

WORTH_IT = 0.5
"""The part of an ordinary lease that such a latecomer must have time for."""


@dataclass(frozen=True, slots=True)
class Collected:
    """The leases that are merged next, in the order of arrival; `dropped` are those that come too late for it."""

    merged: tuple[str, ...]
    dropped: tuple[str, ...] = ()


class Collector(Protocol):
    """Keeps judged leases until they are merged. Leases and volunteers are known by their ids; times are the run's."""

    @property
    def holds(self) -> bool:
        """Whether anything waits that `collect` could take."""

    def fit(self, volunteer_id: str, iterations: int, seconds_per_iteration: float | None, now: float) -> int:
        """How many of the `iterations` that a lease would have there is time for; 0: wait for the next version."""

    def granted(self, lease_id: str, volunteer_id: str, now: float, done_at: float, takes: float | None = None) -> None:
        """Note a new lease, which should be done at `done_at`, under way for `takes` seconds (None: till then)."""

    def left(self, volunteer_id: str) -> None:
        """Note that a volunteer's connection ended: its leases may never come."""

    def joined(self, volunteer_id: str) -> None:
        """Note that a volunteer is there (again)."""

    def delivered(self, lease_id: str) -> None:
        """Note that a lease's update is here, to be judged."""

    def judged(self, lease_id: str, now: float) -> None:
        """Note that it may be merged."""

    def ended(self, lease_id: str) -> None:
        """Note that a lease ended without being collected. One that is not known changes nothing."""

    def collect(self, now: float, *, more: bool) -> Collected | None:
        """Take what is to be merged now, if anything. `more`: more leases can be granted."""

    def published(self) -> None:
        """Note that what was collected is merged: there is a new version."""

    def next_time(self) -> float | None:
        """Find when `collect` will take what waits though nothing else happens; None: nothing waits for that."""

    def clear(self) -> None:
        """Forget all leases."""


def make_collector(collect: Collect) -> Collector:
    """Make what a strategy asks for."""
    match collect:
        case Immediate():
            return OneByOne()
        case Buffer():
            return Handful(collect)
        case Round():
            return InRounds(collect)
        case Flock():
            return InFlock(collect)
        case _:
            assert_never(collect)


class OneByOne:
    """Merges each update by itself, as it comes. Also the base of the others: it knows where each lease stands."""

    def __init__(self) -> None:
        self._training: dict[str, str] = {}  # lease id: volunteer id
        self._absent: set[str] = set()  # of these leases, those whose volunteers are not there
        self._judging: set[str] = set()
        self._waiting: dict[str, float] = {}  # lease id: since when, in the order of arrival

    @property
    def num_coming(self) -> int:
        """Count the leases that can still bring something: neither waiting nor with a volunteer who is not there."""
        return len(self._training) - len(self._absent) + len(self._judging)

    @property
    def holds(self) -> bool:
        return bool(self._waiting)

    def fit(self, volunteer_id: str, iterations: int, seconds_per_iteration: float | None, now: float) -> int:
        return iterations

    def granted(self, lease_id: str, volunteer_id: str, now: float, done_at: float, takes: float | None = None) -> None:
        self._training[lease_id] = volunteer_id

    def left(self, volunteer_id: str) -> None:
        self._absent |= self._of(volunteer_id)

    def joined(self, volunteer_id: str) -> None:
        self._absent -= self._of(volunteer_id)

    def delivered(self, lease_id: str) -> None:
        if lease_id in self._training:
            self._forget(lease_id)
            self._judging.add(lease_id)

    def judged(self, lease_id: str, now: float) -> None:
        self._forget(lease_id)
        self._waiting[lease_id] = now

    def ended(self, lease_id: str) -> None:
        self._forget(lease_id)

    def collect(self, now: float, *, more: bool) -> Collected | None:
        return self._take(1) if self._waiting else None

    def published(self) -> None:
        pass

    def next_time(self) -> float | None:
        return None

    def clear(self) -> None:
        self._training.clear()
        self._absent.clear()
        self._judging.clear()
        self._waiting.clear()

    def _of(self, volunteer_id: str) -> set[str]:
        return {lease_id for lease_id, holder in self._training.items() if holder == volunteer_id}

    def _forget(self, lease_id: str) -> None:
        self._training.pop(lease_id, None)
        self._absent.discard(lease_id)
        self._judging.discard(lease_id)
        self._waiting.pop(lease_id, None)

    def _take(self, count: int) -> Collected:
        taken = tuple(self._waiting)[:count]
        for lease_id in taken:
            del self._waiting[lease_id]
        return Collected(taken)


class Handful(OneByOne):
    """Merges `size` updates together, or fewer when the first has waited for `seconds` or no more can come."""

    def __init__(self, buffer: Buffer) -> None:
        super().__init__()
        self._buffer = buffer

    def collect(self, now: float, *, more: bool) -> Collected | None:
        due = self.next_time()
        if due is None:
            return None
        nothing_comes = not self.num_coming and not more
        if len(self._waiting) >= self._buffer.size or now >= due or nothing_comes:
            return self._take(self._buffer.size)
        return None

    def next_time(self) -> float | None:
        first = next(iter(self._waiting.values()), None)
        return None if first is None else first + self._buffer.seconds


class InFlock(OneByOne):
    """Merges when everyone who trains has delivered something, without keeping anyone from the next lease meanwhile.

    The first to deliver waits for `patience` times what its lease took at most, so that slow volunteers, who deliver
    less often, do not hold the others up.
    """

    def __init__(self, flock: Flock) -> None:
        super().__init__()
        self._flock = flock
        self._granted: dict[str, float] = {}  # lease id: what it takes
        self._holders: dict[str, str] = {}  # lease id: volunteer id, of all leases that are not collected
        self._due: float | None = None

    def granted(self, lease_id: str, volunteer_id: str, now: float, done_at: float, takes: float | None = None) -> None:
        super().granted(lease_id, volunteer_id, now, done_at, takes)
        self._granted[lease_id] = done_at - now if takes is None else takes
        self._holders[lease_id] = volunteer_id

    def judged(self, lease_id: str, now: float) -> None:
        super().judged(lease_id, now)
        if self._due is None:
            self._due = now + self._flock.patience * self._granted.get(lease_id, 0.0)

    def collect(self, now: float, *, more: bool) -> Collected | None:
        if not self._waiting:
            return None
        delivered = {self._holders[lease_id] for lease_id in self._waiting}
        here = {
            self._holders[lease_id] for lease_id in (*self._training, *self._judging) if lease_id not in self._absent
        }
        if not here <= delivered and self._due is not None and now < self._due:
            return None
        return self._take(len(self._waiting))

    def next_time(self) -> float | None:
        return self._due if self._waiting else None

    def clear(self) -> None:
        super().clear()
        self._granted.clear()
        self._holders.clear()
        self._due = None

    def ended(self, lease_id: str) -> None:
        super().ended(lease_id)
        self._granted.pop(lease_id, None)
        self._holders.pop(lease_id, None)

    def _take(self, count: int) -> Collected:
        collected = super()._take(count)
        for lease_id in collected.merged:
            self._granted.pop(lease_id, None)
            self._holders.pop(lease_id, None)
        self._due = None
        return collected


class InRounds(OneByOne):
    """Merges what the leases of one version bring, all together. A volunteer has one lease in a round.

    A round opens with its first lease. It closes, if there is anything to merge, when the quorum is reached, when
    nobody who is there still trains for it, or when its time is over; leases that are out then are dropped. Until the
    merge is done nobody gets a lease.
    """

    def __init__(self, settings: Round) -> None:
        super().__init__()
        self._settings = settings
        self._members: dict[str, str] = {}  # volunteer id: its lease
        self._merging = False
        self._opened = 0.0
        self._first_done_at = 0.0
        self._last_done_at = 0.0

    def fit(self, volunteer_id: str, iterations: int, seconds_per_iteration: float | None, now: float) -> int:
        if self._merging or volunteer_id in self._members or self._full:
            return 0
        if self._empty:
            seconds = self._settings.seconds
        elif now >= self._ends_at:
            return 0 if self._waiting else iterations
        elif now - self._opened > LATE * (self._first_done_at - self._opened):
            return self._fit_latecomer(iterations, seconds_per_iteration, now)
        else:
            seconds = self._ends_at - now
        return (
            iterations
            if seconds_per_iteration is None
            else max(min(iterations, int(seconds / seconds_per_iteration)), 1)
        )

    def granted(self, lease_id: str, volunteer_id: str, now: float, done_at: float, takes: float | None = None) -> None:
        if self._empty:
            self._opened = now
            self._first_done_at = self._last_done_at = done_at
        super().granted(lease_id, volunteer_id, now, done_at, takes)
        self._members[volunteer_id] = lease_id
        self._last_done_at = max(self._last_done_at, done_at)

    def ended(self, lease_id: str) -> None:
        volunteer_id = self._training.get(lease_id)
        if volunteer_id is not None and self._members.get(volunteer_id) == lease_id:
            del self._members[volunteer_id]
        super().ended(lease_id)

    def collect(self, now: float, *, more: bool) -> Collected | None:
        if self._merging or not self._waiting:
            return None
        if self.num_coming and len(self._waiting) < self._wanted and now < self._ends_at:
            return None
        collected = Collected(tuple(self._waiting), (*self._training, *self._judging))
        self.clear()
        self._merging = True
        return collected

    def published(self) -> None:
        self._merging = False

    def next_time(self) -> float | None:
        return self._ends_at if self._waiting else None

    def clear(self) -> None:
        super().clear()
        self._members.clear()
        self._merging = False

    @property
    def _ends_at(self) -> float:
        return self._opened + self._settings.seconds

    @property
    def _empty(self) -> bool:
        """Whether nobody trains for this round, and nobody has: the next lease opens it (again)."""
        return not self._waiting and not self.num_coming

    @property
    def _wanted(self) -> int:
        """Count the updates that close the round."""
        if self._settings.quorum is not None:
            return self._settings.quorum
        return max(len(self._waiting) + self.num_coming - self._settings.backup, 1)

    @property
    def _full(self) -> bool:
        quorum, backup = self._settings.quorum, self._settings.backup
        return quorum is not None and len(self._waiting) + self.num_coming >= quorum + backup

    def _fit_latecomer(self, iterations: int, seconds_per_iteration: float | None, now: float) -> int:
        """Fit a lease into what is left of a round without making the others wait."""
        if seconds_per_iteration is None:
            return 0
        seconds = min(self._last_done_at, self._ends_at) - now
        possible = min(iterations, int(max(seconds, 0.0) / seconds_per_iteration))
        return possible if possible >= WORTH_IT * iterations else 0
