"""What a virtual volunteer remembers of its own work: `static/src/worker/carried.ts` and `startOf` of `exchange.ts`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from webnn.core.events import Vector
from webnn.core.leases import Lease
from webnn.core.merging.base import Wants
from webnn.engine.base import Snapshot


@dataclass(slots=True)
class Carried:
    """Own work that may not be in the base of the next lease; `version` holds it, None while that is not known."""

    lease_id: str
    delta: Vector
    version: int | None = None


class OwnWork:
    """The deltas that are not merged yet, and the weights that the last lease ended with."""

    def __init__(self) -> None:
        self._carried: list[Carried] = []
        self._last: Vector | None = None

    @property
    def has_weights(self) -> bool:
        return self._last is not None

    def start_of(self, lease: Lease, snapshot: Snapshot) -> Vector:
        """The weights that a lease starts from; not to be changed."""
        if lease.carry:
            return self._carry_on(snapshot)
        if lease.keep is None or self._last is None:
            return snapshot.weights
        if lease.keep == 1:
            return self._last
        return snapshot.weights + np.float32(lease.keep) * (self._last - snapshot.weights)

    def _carry_on(self, snapshot: Snapshot) -> Vector:
        """Add own work to a version that does not have it."""
        self._carried = [
            carried for carried in self._carried if carried.version is None or carried.version > snapshot.version
        ]
        base = snapshot.weights.copy()
        for carried in self._carried:
            base += carried.delta
        return base

    def trained(self, lease: Lease, start: Vector, payload: Vector, num_trainable: int) -> None:
        """Note what a lease that started from `start` came to."""
        if lease.carry:
            self._carried.append(Carried(lease.lease_id, payload))
        if lease.wants is Wants.WEIGHTS:
            self._last = payload
            return
        delta = payload.copy()
        if lease.wants is Wants.GRADIENT:
            delta[:num_trainable] *= np.float32(-lease.learning_rate)
        delta += start
        self._last = delta

    def settled(self, lease_id: str, version: int | None) -> None:
        """A lease's update was merged into `version`, or (None) into none."""
        if version is None:
            self._carried = [carried for carried in self._carried if carried.lease_id != lease_id]
        for carried in self._carried:
            if carried.lease_id == lease_id:
                carried.version = version
