"""Who is here, how fast each one is, and who waits for a lease."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from webnn.core.config import RunConfig
from webnn.core.crowd import Crowd
from webnn.core.events import Device
from webnn.core.merging.base import Local

FIRST_ITERATIONS = 10  # of a lease for a device of which nothing is known
MAX_FIRST_ITERATIONS = 1_000  # of a lease sized on a volunteer's word alone
MAX_ITERATIONS = 100_000
GROWTH = 2.0  # a lease is at most this many times the one before
SHRINKAGE = 4.0
SMALLEST_SHARE = 8  # the part of an ordinary lease below which sharing what is left is not worth a merge
BUSY, VERY_BUSY = 0.85, 0.95  # the shares of its time that a volunteer trains, between which leases stay as they are
LONGER, SHORTER, MAX_STRETCH = 1.15, 0.99, 1_000.0
SMOOTHING = 0.4  # the share of the newest measurement in the average
FREE_RETURNS = 8
"""Leases in a row that a volunteer may end without work; each further one makes it wait twice as long for the next."""

LONGEST_REST = 60.0  # seconds


@dataclass(slots=True)
class Volunteer:
    """One volunteer. `seconds_per_iteration` is an exponential moving average over its updates, None before the first.

    `claimed_seconds` is what it measured by itself before that; `last_iterations` the size of its newest lease.
    `trains_since`: when it began to train since it came; None: not yet. `fruitless` leases in a row held no work, so
    that it gets none until `rests_until`. `rests`: it rests after leases, before it takes the weights for the next;
    `concurrency`: how much of what the others do is merged between its base and its update, 0 to 1; an average too.
    """

    volunteer_id: str
    device: Device
    connected: bool = True
    seconds_per_iteration: float | None = None
    claimed_seconds: float | None = None
    last_iterations: int = 0
    stretch: float = 1.0
    delivered_at: float | None = None
    local: Local | None = None
    trains_since: float | None = None
    fruitless: int = 0
    rests_until: float = 0.0
    rests: bool = False
    concurrency: float = 1.0

    def claim(self, backend: str, seconds_per_iteration: float | None) -> None:
        """Note what a `Ready` says."""
        if self.device.backend != backend:
            self.device = Device(self.device.kind, self.device.name, backend)
        if seconds_per_iteration is not None:
            self.claimed_seconds = seconds_per_iteration

    def measure(self, seconds: float, iterations: int) -> None:
        """Note that `iterations` took `seconds`."""
        sample = min(max(seconds / iterations, 1e-5), 1e4)
        known = self.seconds_per_iteration
        self.seconds_per_iteration = sample if known is None else known + SMOOTHING * (sample - known)

    def delivered(self, seconds: float, now: float, *, rests: bool = False) -> None:
        """Note that an update came at `now` which took `seconds`, with some of them still to be rested if it `rests`.
        Leases are stretched while their exchange is not hidden behind the training of the next, and slowly shortened
        again where it is.
        """
        self.rests = rests
        if not self.rests:
            self.concurrency = 1.0
        self.fruitless = 0
        since, self.delivered_at = self.delivered_at, now
        if since is None and self.trains_since is not None:
            self.trains_since = max(self.trains_since, now - seconds)  # it had to fetch examples first
        if since is None or now <= since:
            return
        busy = 1.0 if self.rests else seconds / (now - since)  # who rests loses nothing by exchanges
        if busy < BUSY:
            self.stretch = min(self.stretch * LONGER, MAX_STRETCH)
        elif busy > VERY_BUSY:
            self.stretch = max(self.stretch * SHORTER, 1.0)

    def merged_beside(self, part: float) -> None:
        """Note that an update of one that rests had `part` of what others do in a lease merged beside it."""
        self.concurrency += SMOOTHING * (min(part, 1.0) - self.concurrency)

    def gave_nothing(self, now: float) -> None:
        """Note a lease that it gave back, or answered with what is no update: each leaves a row on the disk."""
        self.fruitless += 1
        if self.fruitless > FREE_RETURNS:
            self.rests_until = now + min(2.0 ** min(self.fruitless - FREE_RETURNS, 30), LONGEST_REST)

    def slow_down(self) -> None:
        """Note that a lease was too much for it: the next is a quarter of that one, and grows again from there."""
        self.last_iterations = max(int(self.last_iterations / SHRINKAGE / GROWTH), 1)

    def wanted_iterations(self, lease_seconds: float) -> int:
        """Size a lease that takes this device about `lease_seconds`, without jumping."""
        seconds = self.seconds_per_iteration or self.claimed_seconds
        wanted = FIRST_ITERATIONS if seconds is None else lease_seconds / seconds
        if not self.last_iterations:
            return _whole(wanted, 1, MAX_FIRST_ITERATIONS)
        return _whole(wanted, self.last_iterations / SHRINKAGE, self.last_iterations * GROWTH)

    def lagged(self, seconds: float, iterations: int) -> None:
        """Note that `iterations` took longer than `seconds`."""
        if self.pace is not None and seconds / iterations > self.pace:
            self.measure(seconds, iterations)

    @property
    def pace(self) -> float | None:
        """Seconds for an iteration, measured or else claimed; None when nothing is known."""
        return self.seconds_per_iteration or self.claimed_seconds

    def expected_seconds(self, iterations: int, lease_seconds: float) -> float:
        """Expect a lease to take this long: never less than an ordinary one."""
        return max(iterations * (self.seconds_per_iteration or self.claimed_seconds or 0.0), lease_seconds)


class Volunteers:
    """The volunteers of a run, by id, and the queue of those that asked for a lease and have none yet."""

    def __init__(self, max_remembered: int = 10_000) -> None:
        self._known: dict[str, Volunteer] = {}
        self._waiting: dict[str, None] = {}  # in the order of asking
        self._max_remembered = max_remembered
        self.total = 0  # different ids ever seen
        self.num_connected = 0
        self._crowd = Crowd()

    def get(self, volunteer_id: str) -> Volunteer | None:
        return self._known.get(volunteer_id)

    def connected(self) -> list[Volunteer]:
        return [volunteer for volunteer in self._known.values() if volunteer.connected]

    def crowd(self, now: float) -> float:
        """How many those who are there amount to, in units of the one who counts most (see `Crowd`)."""
        return self._crowd.size(self.num_connected, self.connected, now)

    def share(self, volunteer: Volunteer, now: float) -> float:
        """How much a volunteer counts beside those who are there the longest, 0 to 1; a newcomer's grows."""
        return self._crowd.share(volunteer, now)

    def concurrency(self, volunteer: Volunteer) -> float:
        """How much of the others' work is merged beside a volunteer's, 0 to 1 (see `Crowd`)."""
        return self._crowd.concurrency(volunteer)

    def join(self, volunteer_id: str, device: Device) -> Volunteer:
        """Note a connection, new or again."""
        volunteer = self._known.pop(volunteer_id, None)
        if volunteer is None:
            volunteer = Volunteer(volunteer_id, device, connected=False)
            self.total += 1
        if not volunteer.connected:  # its page may be a new one, whose optimiser remembers nothing
            volunteer.trains_since = volunteer.delivered_at = None
            self.num_connected += 1
        volunteer.connected = True
        volunteer.device = device
        self._known[volunteer_id] = volunteer
        self._forget_oldest()
        return volunteer

    def forget(self, volunteer_id: str) -> None:
        """Let go of a volunteer; one that is still connected is forgotten but for being there."""
        volunteer = self._known.get(volunteer_id)
        if volunteer is None:
            return
        if volunteer.connected:
            volunteer.device = Device("", "")
        else:
            del self._known[volunteer_id]

    def leave(self, volunteer_id: str) -> None:
        volunteer = self._known.get(volunteer_id)
        if volunteer is not None and volunteer.connected:
            volunteer.connected = False
            volunteer.local = None
            self.num_connected -= 1
        self._waiting.pop(volunteer_id, None)

    def ask(self, volunteer_id: str) -> None:
        """Put a volunteer at the end of the queue, unless it is in it."""
        self._waiting.setdefault(volunteer_id)

    def served(self, volunteer_id: str) -> None:
        self._waiting.pop(volunteer_id, None)

    def waits(self, volunteer_id: str) -> bool:
        return volunteer_id in self._waiting

    @property
    def any_waits(self) -> bool:
        return bool(self._waiting)

    def waiting(self) -> list[Volunteer]:
        """List those that wait, the longest first."""
        return [self._known[volunteer_id] for volunteer_id in self._waiting]

    def clear_queue(self) -> None:
        self._waiting.clear()

    def snapshot(self, max_volunteers: int) -> dict[str, Any]:
        """Write how fast each of the newest volunteers is, JSON-able."""
        newest = list(self._known.values())[-max_volunteers:]
        return {
            "total": self.total,
            "known": [
                [
                    *(volunteer.volunteer_id, volunteer.device.kind, volunteer.device.name, volunteer.device.backend),
                    *(volunteer.seconds_per_iteration, volunteer.claimed_seconds, volunteer.last_iterations),
                ]
                for volunteer in newest
            ],
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Know the volunteers of a snapshot; none of them is connected."""
        self.total = int(snapshot["total"])
        for volunteer_id, kind, name, backend, measured, claimed, iterations in snapshot["known"]:
            device = Device(kind, name, backend)
            self._known[volunteer_id] = Volunteer(volunteer_id, device, False, measured, claimed, int(iterations))

    def _forget_oldest(self) -> None:
        surplus = len(self._known) - self.num_connected - self._max_remembered
        for volunteer in list(self._known.values()) if surplus > 0 else ():
            if not volunteer.connected:
                del self._known[volunteer.volunteer_id]
                break


def matched_iterations(iterations: int, volunteer: Volunteer, others: Iterable[Volunteer]) -> int:
    """Give the fastest volunteer `iterations`, and a slower one as many as it can do in the same time, at least one."""
    if volunteer.pace is None:
        return iterations
    fastest = min((other.pace for other in others if other.pace is not None), default=volunteer.pace)
    return max(round(iterations * min(fastest / volunteer.pace, 1.0)), 1)


def lease_iterations(
    wanted: int, config: RunConfig, num_connected: int, examples_left: float, iterations_left: float
) -> int:
    """Size a lease, of which `wanted` iterations are wanted; 0 when the run needs no more.

    Towards the end of a run (`examples_left`, `iterations_left`, both infinite without such a limit) leases shrink, so
    that what is left is shared by everyone instead of being one volunteer's next minute (guided self-scheduling:
    Polychronopoulos and Kuck 1987).
    """
    left = min(examples_left / config.batch_size, iterations_left)
    if math.isinf(left):
        return wanted
    left = math.ceil(left)
    each = left / max(num_connected, 1)
    share = max(each / config.max_open_leases, min(each, wanted / SMALLEST_SHARE))
    return min(wanted, left, math.ceil(share))


def _whole(wanted: float, lowest: float, highest: float) -> int:
    return max(round(min(max(wanted, lowest), highest, MAX_ITERATIONS)), 1)
