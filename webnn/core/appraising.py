"""What single updates do to the loss on held-out examples, compared with what the updates of everyone else do.

Each volunteer's last appraisals are kept, and nothing outlives the run's life. One that is harmful, far beyond what the
others' usually do, makes its volunteer odd: its next leases are trained again. Many, weighed against how often the
others' are (`webnn.core.evidence`), make its updates count less. They prove nothing: work on a class or two harms too.
"""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from statistics import median

from webnn.core.evidence import Evidence

EACH, VOLUNTEERS = 8, 64
"""Appraisals of a volunteer that are kept, and volunteers of whom they are."""

FEWEST, OTHERS = 8, 3
"""Appraisals of others, and others, without which nothing is usual."""

SPREADS = 6.0
"""Spreads (1.4826 times the median distance from the median) beyond the median of the others' that are far."""

RELATIVE, ABSOLUTE = 0.01, 1e-3
"""The least spread: of the loss before the update, and of any."""

WORST = 1e3
"""No update adds more to the loss than that, as far as is noted; nor does one whose loss is not finite."""

REPLAYS = 3
"""Replays that an odd volunteer is to have before anything else is checked."""

LESS = math.log(1e3)
"""Sum of a volunteer's evidence from which on its updates count `SHARE`: five harmful ones in a row, or more."""

SHARE = 0.1

FAINT = math.log(4)
"""What a replay that agrees takes off the sum where the optimiser remembers: it says no more than that."""


class Appraising:
    """The last appraisals by volunteer. Bounded, however many come."""

    def __init__(self, *, remembers: bool) -> None:
        self._remembers = remembers
        self._harms: OrderedDict[str, deque[float]] = OrderedDict()
        self._evidence = Evidence(remembers=True)  # how often honest updates harm is never known to the last percent
        self._sums: dict[str, float] = {}
        self._replays: dict[str, int] = {}

    def note(self, volunteer_id: str, before: float, after: float) -> bool:
        """Note the loss of what an update was trained from, and that with what it adds; returns whether it is odd.

        A loss `before` that is not finite says nothing.
        """
        if not math.isfinite(before):
            return False
        harm = min(after - before, WORST) if math.isfinite(after) else WORST
        bound = self._bound(volunteer_id, before)
        self._remember(volunteer_id, harm)
        if bound is None:
            return False
        harmful = harm > bound
        weight = self._evidence.note(volunteer_id, agreed=not harmful)
        self._set(volunteer_id, self._sums.get(volunteer_id, 0.0) + weight)
        if harmful:
            self._replays[volunteer_id] = REPLAYS
        return harmful

    def replayed(self, volunteer_id: str, *, agreed: bool) -> None:
        """Note a replay. One that agrees shows that the work is what its lease asked for, which speaks for it."""
        left = self._replays.pop(volunteer_id, 0) - 1
        if left > 0:
            self._replays[volunteer_id] = left
        if agreed:
            self._set(volunteer_id, self._sums.get(volunteer_id, 0.0) - FAINT if self._remembers else 0.0)

    def is_odd(self, volunteer_id: str) -> bool:
        """Whether the next leases of a volunteer are to be trained again."""
        return volunteer_id in self._replays

    def is_watched(self, volunteer_id: str) -> bool:
        """Whether a volunteer is to be checked at every chance."""
        return volunteer_id in self._replays or volunteer_id in self._sums

    def share(self, volunteer_id: str) -> float:
        """How much the updates of a volunteer count."""
        return SHARE if self._sums.get(volunteer_id, 0.0) >= LESS else 1.0

    def forget(self, volunteer_id: str) -> None:
        """Leave out a proven liar's, from which nobody shall tell what is usual."""
        self._harms.pop(volunteer_id, None)
        self._sums.pop(volunteer_id, None)
        self._replays.pop(volunteer_id, None)
        self._evidence.forget(volunteer_id)

    def _bound(self, volunteer_id: str, before: float) -> float | None:
        """The harm beyond which an update is far from what the others' do; None: nobody knows."""
        others = [harms for whose, harms in self._harms.items() if whose != volunteer_id]
        known = [harm for harms in others for harm in harms]
        if len(others) < OTHERS or len(known) < FEWEST:
            return None
        usual = median(known)
        spread = 1.4826 * median(abs(harm - usual) for harm in known)
        return max(usual, 0.0) + SPREADS * max(spread, RELATIVE * abs(before), ABSOLUTE)

    def _remember(self, volunteer_id: str, harm: float) -> None:
        harms = self._harms.pop(volunteer_id, None) or deque(maxlen=EACH)
        harms.append(harm)
        self._harms[volunteer_id] = harms
        if len(self._harms) > VOLUNTEERS:
            oldest, _ = self._harms.popitem(last=False)
            self._sums.pop(oldest, None)
            self._replays.pop(oldest, None)

    def _set(self, volunteer_id: str, total: float) -> None:
        if total > 0:
            self._sums[volunteer_id] = total
        else:
            self._sums.pop(volunteer_id, None)
