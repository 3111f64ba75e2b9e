"""How much a replay that came out otherwise says, judged by how often everyone else's do.

Honest work differs from its replay now and then: devices round, optimisers remember. How often, the replays of the
others say. A disagreement is then worth log(LIAR / that chance), an agreement its counterpart, and the sum, never below
0, is Page's (1954) cumulative test: an honest volunteer whose replays disagree no more often than that passes `PROOF`
once in at least exp(PROOF) replays (Lorden 1971): within n replays with a probability of about n exp(-PROOF) at most.
"""

from __future__ import annotations

import math
from collections import deque

PROOF = math.log(1e5)
"""Sum beyond which a lie is proved."""

LIAR = 0.8
"""The share of a liar's replays that disagree, at least, for the test to be at its best."""

EXACT, REMEMBERING = 0.01, 0.2
"""The least chance of a disagreement that honest work is allowed, without and with an optimiser that remembers."""

ALONE = 0.05
"""The same without memory while nobody else was replayed yet; with one, nothing can be told then."""

BLIND = 0.5
"""Where the others' disagree more often than this, replays say nothing."""

WINDOW = 96
"""Replays that count, of all volunteers."""

FEWEST = 3
"""Replays of others before they are something to go by."""


class Evidence:
    """The last replays, by volunteer. It begins empty with every life of a run."""

    def __init__(self, *, remembers: bool) -> None:
        self._remembers = remembers
        self._floor = REMEMBERING if remembers else EXACT
        self._seen: deque[tuple[str, bool]] = deque(maxlen=WINDOW)

    def note(self, volunteer_id: str, *, agreed: bool) -> float:
        """Note a replay; returns what it adds to the doubt about its volunteer."""
        chance = self.chance(volunteer_id)
        self._seen.append((volunteer_id, agreed))
        if chance > BLIND:
            return 0.0
        return math.log((1 - LIAR) / (1 - chance)) if agreed else math.log(LIAR / chance)

    def chance(self, volunteer_id: str) -> float:
        """Say how often honest work disagrees, at most: as often as that of the better two thirds of the others, and
        one standard error more. Above `BLIND`: nobody knows.
        """
        counts: dict[str, list[int]] = {}
        for whose, agreed in self._seen:
            if whose != volunteer_id:
                count = counts.setdefault(whose, [0, 0])
                count[0] += 1
                count[1] += not agreed
        ranked = sorted(counts.values(), key=lambda count: (count[1] + 0.5) / (count[0] + 1))
        better = ranked[: math.ceil(len(ranked) * 2 / 3)]
        total, differed = sum(count[0] for count in better), sum(count[1] for count in better)
        if total < FEWEST:
            return 1.0 if self._remembers else ALONE
        if not differed and not self._remembers:
            return self._floor
        share = (differed + 1) / (total + 2)
        return max(share + math.sqrt(share * (1 - share) / (total + 2)), self._floor)

    def forget(self, volunteer_id: str) -> None:
        """Leave out a proven liar's."""
        kept = [each for each in self._seen if each[0] != volunteer_id]
        self._seen.clear()
        self._seen.extend(kept)
