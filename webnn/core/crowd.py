"""What volunteers count beside each other: how fast each one is, and for how long its optimiser has been at work."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from statistics import median_high
from typing import Protocol

FRESH = 16
"""Everyone is looked at again after leases for a sixteenth of the volunteers."""

WARM_UP = 32.0
"""The iterations of the fastest volunteer until a newcomer counts as much as those who were there before."""

FIRST_SHARE = 1.0
"""What it counts at first, in such iterations."""


class Member(Protocol):
    """What there is to know of a volunteer: seconds for an iteration, when it began to train since it came, and how
    much of the others' work is merged beside its own.
    """

    @property
    def pace(self) -> float | None: ...

    @property
    def trains_since(self) -> float | None: ...

    @property
    def concurrency(self) -> float: ...


class Crowd:
    """How many those who are there amount to. An optimiser that has seen little takes steps too large or in a poor
    direction, so a newcomer counts for little at first and for more with each iteration that the fastest one does.

    With many volunteers all are looked at only now and then, since one more changes little. Nothing here is to be kept
    in a snapshot: whoever is there after a restart came at the same time.
    """

    def __init__(self) -> None:
        self._age = 0
        self._count = 0
        self._looked_at = -math.inf
        self._mean = 1.0
        self._fastest = 1.0
        self._warmest = FIRST_SHARE
        self._concurrency = 1.0

    def size(self, count: int, here: Callable[[], Iterable[Member]], now: float) -> float:
        """Add up the speeds of the `count` who are `here`, each times its share, in units of the greatest such product;
        unknown speeds count as average. At least 1.
        """
        if now == self._looked_at and count == self._count:
            return max(self._mean * count, 1.0)
        self._age += 1
        if self._age > count // FRESH or abs(count - self._count) > count // FRESH:
            self._look([*here()], now)
            self._age, self._count, self._looked_at = 0, count, now
        return max(self._mean * count, 1.0)

    def share(self, member: Member, now: float) -> float:
        """How much one counts beside those who are there the longest, 0 to 1, as of the last `size`.

        After `WARM_UP` of the fastest one's iterations that is 1. Where nobody has been there for so long, the longest
        time stands for it: those who begin together all count in full.
        """
        return min(self._warmth(member, now) / self._warmest, 1.0)

    def concurrency(self, member: Member) -> float:
        """How much of what the others do is merged between the base of one's work and the work, 0 to 1, but no less
        than with most volunteers, as of the last `size`: what one says of oneself gives no more weight than others get.
        """
        return max(member.concurrency, self._concurrency)

    def _warmth(self, member: Member, now: float) -> float:
        since = now if member.trains_since is None else member.trains_since
        return FIRST_SHARE + min(max(now - since, 0.0) * self._fastest, WARM_UP)

    def _look(self, here: list[Member], now: float) -> None:
        self._concurrency = median_high([member.concurrency for member in here]) if here else 1.0
        paces = [member.pace for member in here]
        known = [1 / pace for pace in paces if pace is not None] or [1.0]
        self._fastest, average = max(known), sum(known) / len(known)
        warmths = [self._warmth(member, now) for member in here]
        self._warmest = max(warmths, default=FIRST_SHARE)
        shares = [min(warmth / self._warmest, 1.0) for warmth in warmths]
        counts = [
            (average if pace is None else 1 / pace) * share for pace, share in zip(paces, shares, strict=True)
        ] or [1.0]
        self._mean = sum(counts) / max(counts) / len(counts)
