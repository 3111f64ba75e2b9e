"""Updates on their way into the weights: taken, judged, queued, merged one at a time."""

from __future__ import annotations

from collections import deque

from webnn.core.effects import Merge
from webnn.core.events import UpdateArrived
from webnn.core.leases import Lease, LeaseBook, Phase
from webnn.core.merging import Contribution, Strategy
from webnn.core.versions import Versions


def problem(update: UpdateArrived, lease: Lease, versions: Versions, num_weights: int) -> str | None:
    """Say in words why `update` is not what `lease` was granted for; None when it is."""
    if update.iterations != lease.iterations:
        return f"It has {update.iterations} iterations; the lease has {lease.iterations}."
    if update.num_examples != lease.num_examples:
        return f"It has {update.num_examples} examples; the lease has {lease.num_examples}."
    if update.base_version < lease.version or not versions.knows(update.base_version):
        return f"It starts from version {update.base_version}, which the lease (of {lease.version}) does not allow."
    if len(update.payload) != num_weights:
        return f"It has {len(update.payload)} numbers; the model has {num_weights}."
    return None


class Inbox:
    """The updates that are with us. At most one merge is under way (`merging`)."""

    def __init__(self, strategy: Strategy, leases: LeaseBook) -> None:
        self._strategy = strategy
        self._leases = leases
        self._updates: dict[str, UpdateArrived] = {}
        self._queue: deque[str] = deque()
        self.merging: Merge | None = None

    def take(self, update: UpdateArrived) -> None:
        """Keep an update while it is judged."""
        self._move(update.lease_id, Phase.JUDGING)
        self._updates[update.lease_id] = update

    def accept(self, lease_id: str) -> None:
        """Queue an update that judging found good."""
        self._move(lease_id, Phase.QUEUED)
        self._queue.append(lease_id)

    def update(self, lease_id: str) -> UpdateArrived:
        return self._updates[lease_id]

    def drop(self, lease_id: str) -> None:
        """Forget the update of a lease that has its outcome."""
        self._updates.pop(lease_id, None)

    def empty_queue(self) -> None:
        self._queue.clear()

    def start_merge(self, versions: Versions) -> Merge | None:
        """Ask for the next merge, unless one is under way or nothing is queued."""
        if self.merging is not None or not self._queue:
            return None
        contributions = (self._contribution(self._queue.popleft(), versions),)
        before = versions.iterations
        after = self._strategy.iterations_after(before, contributions)
        self.merging = Merge(versions.next, after, contributions, before)
        return self.merging

    def finish_merge(self, version: int) -> Merge:
        """Take the answer to what was asked for. Raises `ValueError` when nobody asked for that."""
        merge = self.merging
        if merge is None or merge.version != version:
            raise ValueError(f"nobody asked for version {version} to be merged")
        self.merging = None
        return merge

    def _contribution(self, lease_id: str, versions: Versions) -> Contribution:
        self._move(lease_id, Phase.MERGING)
        update = self._updates[lease_id]
        alone = all(holder == update.volunteer_id for holder in self._leases.holders())
        return Contribution(
            lease_id=lease_id,
            volunteer_id=update.volunteer_id,
            payload=update.payload,
            base_iterations=versions.iterations_behind(update.base_version),
            iterations=update.iterations,
            num_examples=update.num_examples,
            staleness=versions.staleness(update.base_version),
            whole=alone and update.base_version == versions.current and self._strategy.takes_whole,
        )

    def _move(self, lease_id: str, phase: Phase) -> None:
        open_lease = self._leases.get(lease_id)
        assert open_lease is not None
        open_lease.phase = phase
