"""How often something is written down that is to be rarer the longer a run goes on."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

LEAST_SECONDS = 1.0


@dataclass(slots=True)
class Rhythm:
    """Due again after this share of the running time that there was, and a second at least."""

    share: float
    _last: float = field(default=-math.inf)

    def due(self, seconds: float) -> bool:
        """Whether it is time again at `seconds` of running time; if so, it is not for a while."""
        if 0 <= seconds - self._last < max(LEAST_SECONDS, self.share * seconds):
            return False
        self._last = seconds
        return True

    def forget(self) -> None:
        """Be due at once."""
        self._last = -math.inf
