"""Whether updates come faster than they are merged, and how much longer leases should be for that."""

from __future__ import annotations

LATE = 0.25
"""The part of an ordinary lease's time for which an update may wait to be merged before that counts as late."""

GROWTH = 1.1
RELIEF = 0.98
MOST = 16.0


class Pressure:
    """`factor` times the usual lease is what volunteers are given: more work for each merge, and nobody turned away.

    It grows with each update that waited too long for its merge, and shrinks more slowly with each that did not.
    """

    def __init__(self) -> None:
        self.factor = 1.0

    def merged(self, waited: float, lease_seconds: float) -> None:
        """Note that an update was merged `waited` seconds after it came."""
        late = waited > LATE * lease_seconds
        self.factor = min(self.factor * GROWTH, MOST) if late else max(self.factor * RELIEF, 1.0)
