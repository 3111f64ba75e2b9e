"""Where a volunteer really began: its base version plus its own work that this lacks, for doing a lease again."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from webnn.core.events import Vector

MAX_BYTES = 128 << 20
MAX_UNSURE = 10_000


@dataclass(slots=True)
class Work:
    """An update as it came. `version`: what it was merged into, None so far."""

    volunteer_id: str
    payload: Vector = field(repr=False)
    version: int | None = None


class OwnWork:
    """The newest updates by lease, as long as somebody may have begun without them in its base version."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._work: OrderedDict[str, Work] = OrderedDict()
        self._max_bytes = max_bytes
        self._bytes = 0
        self._unsure: OrderedDict[str, float] = OrderedDict()  # volunteer id: since when it is known what it carries
        self._unsure_before = -1.0  # likewise of those who are forgotten

    def sent(self, lease_id: str, volunteer_id: str, payload: Vector, now: float) -> None:
        """Note an update that may be merged; beyond the room that there is, the oldest are forgotten."""
        self._work[lease_id] = Work(volunteer_id, payload)
        self._bytes += payload.nbytes
        while self._bytes > self._max_bytes:
            oldest = next(iter(self._work))
            self._doubt(self._work[oldest].volunteer_id, now)
            self._drop(oldest)

    def merged(self, lease_id: str, version: int) -> None:
        work = self._work.get(lease_id)
        if work is not None:
            work.version = version

    def refused(self, lease_id: str, now: float) -> None:
        """Note that an update will not be merged; its volunteer may have gone on from it before it was told."""
        if lease_id in self._work:
            self._doubt(self._work[lease_id].volunteer_id, now)
            self._drop(lease_id)

    def prune(self, oldest_version: int) -> None:
        """Forget what every version from `oldest_version` on contains."""
        for lease_id in [
            key for key, work in self._work.items() if (work.version or oldest_version + 1) <= oldest_version
        ]:
            self._drop(lease_id)

    def carried(self, lease_id: str, volunteer_id: str, granted_at: float, base_version: int) -> list[Vector] | None:
        """List the volunteer's earlier updates that `base_version` lacks; None: nobody can tell any more."""
        if self._unsure.get(volunteer_id, self._unsure_before) >= granted_at:
            return None
        return [
            work.payload
            for key, work in self._work.items()
            if work.volunteer_id == volunteer_id
            and key != lease_id
            and (work.version is None or work.version > base_version)
        ]

    def _doubt(self, volunteer_id: str, now: float) -> None:
        """Note that nobody can tell what a volunteer began with before `now`; nor anyone's where there is no room."""
        self._unsure[volunteer_id] = now
        self._unsure.move_to_end(volunteer_id)
        if len(self._unsure) > MAX_UNSURE:
            _, self._unsure_before = self._unsure.popitem(last=False)

    def _drop(self, lease_id: str) -> None:
        self._bytes -= self._work.pop(lease_id).payload.nbytes
