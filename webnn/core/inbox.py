"""Updates on their way into the weights: taken, judged, collected, merged; one merge at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from webnn.core.collecting import Collector
from webnn.core.effects import Merge
from webnn.core.events import UpdateArrived
from webnn.core.leases import Lease, LeaseBook, Phase
from webnn.core.merging import Contribution, Strategy
from webnn.core.metrics import Validation
from webnn.core.versions import Versions

Sifted = tuple[Sequence[Contribution], Sequence[str]]
"""The contributions that are merged, and the leases of those that are refused."""

Weigh = Callable[[Sequence[Contribution], Sequence[Lease]], Sifted]

Started = tuple[Merge | None, Sequence[str], Sequence[str]]
"""A merge, the leases that it leaves out for good, and those that it refuses."""


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

    def __init__(self, strategy: Strategy, collector: Collector, leases: LeaseBook) -> None:
        self._strategy = strategy
        self._collector = collector
        self._leases = leases
        self._updates: dict[str, UpdateArrived] = {}
        self._appraisals: dict[str, Validation] = {}
        self._arrived: dict[str, float] = {}
        self.merging: Merge | None = None

    def follow(self, strategy: Strategy, collector: Collector, now: float) -> None:
        """Merge by another rule from now on: hand what is open to its collector, oldest first. None is merging."""
        assert self.merging is None
        self._strategy = strategy
        self._collector = collector
        leases = self._leases.all()
        for open_lease in leases:
            lease = open_lease.lease
            collector.granted(lease.lease_id, lease.volunteer_id, lease.granted_at, max(lease.granted_at, now))
            if open_lease.phase is not Phase.TRAINING:
                collector.delivered(lease.lease_id)
        queued = [open_lease.lease.lease_id for open_lease in leases if open_lease.phase is Phase.QUEUED]
        for lease_id in sorted(queued, key=self._arrived.__getitem__):
            collector.judged(lease_id, now)

    def take(self, update: UpdateArrived, now: float) -> None:
        """Keep an update while it is judged."""
        self._arrived[update.lease_id] = now
        self._move(update.lease_id, Phase.JUDGING)
        self._collector.delivered(update.lease_id)
        self._updates[update.lease_id] = update

    def appraise(self, lease_id: str, result: Validation) -> None:
        """Keep what an update's own weights reach."""
        self._appraisals[lease_id] = result

    def accept(self, lease_id: str, now: float) -> None:
        """Queue an update that judging found good."""
        self._move(lease_id, Phase.QUEUED)
        self._collector.judged(lease_id, now)

    def update(self, lease_id: str) -> UpdateArrived:
        return self._updates[lease_id]

    def arrived(self, lease_id: str) -> float:
        """When an update came."""
        return self._arrived[lease_id]

    def drop(self, lease_id: str) -> None:
        """Forget the update of a lease that has its outcome."""
        self._updates.pop(lease_id, None)
        self._appraisals.pop(lease_id, None)
        self._arrived.pop(lease_id, None)

    def start_merge(self, versions: Versions, now: float, *, more: Callable[[], bool], weigh: Weigh) -> Started | None:
        """Ask for the next merge, unless one is under way or nothing is to be merged now (or `weigh`, which says what
        each contribution counts, leaves nothing). `more`: whether more leases can be granted.
        """
        if self.merging is not None or not self._collector.holds:
            return None
        collected = self._collector.collect(now, more=more())
        if collected is None:
            return None
        contributions: Sequence[Contribution] = [self._contribution(each, versions) for each in collected.merged]
        leases = [self._lease(lease_id) for lease_id in collected.merged]
        contributions, refused = weigh(contributions, leases)
        if not contributions:
            self._collector.published()
            return None, collected.dropped, refused
        before = versions.iterations
        after = self._strategy.iterations_after(before, contributions)
        self.merging = Merge(versions.next, after, tuple(contributions), before)
        return self.merging, collected.dropped, refused

    def finish_merge(self, version: int) -> Merge:
        """Take the answer to what was asked for. Raises `ValueError` when nobody asked for that."""
        merge = self.merging
        if merge is None or merge.version != version:
            raise ValueError(f"nobody asked for version {version} to be merged")
        self.merging = None
        return merge

    def _contribution(self, lease_id: str, versions: Versions) -> Contribution:
        lease = self._move(lease_id, Phase.MERGING)
        update = self._updates[lease_id]
        alone = all(holder == update.volunteer_id for holder in self._leases.holders())
        return Contribution(
            lease_id=lease_id,
            volunteer_id=update.volunteer_id,
            payload=update.payload,
            base_iterations=max(versions.iterations_behind(update.base_version), lease.local_iterations),
            iterations=update.iterations,
            num_examples=update.num_examples,
            staleness=versions.staleness(update.base_version),
            whole=alone and update.base_version == versions.current and self._strategy.takes_whole,
            base_version=update.base_version,
            learning_rate=lease.learning_rate,
            weight=lease.weight,
            appraisal=self._appraisals.get(lease_id),
        )

    def _lease(self, lease_id: str) -> Lease:
        open_lease = self._leases.get(lease_id)
        assert open_lease is not None
        return open_lease.lease

    def _move(self, lease_id: str, phase: Phase) -> Lease:
        open_lease = self._leases.get(lease_id)
        assert open_lease is not None
        open_lease.phase = phase
        return open_lease.lease
