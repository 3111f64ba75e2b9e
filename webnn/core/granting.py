"""Making leases: how much each volunteer gets, of which examples, until when."""

from __future__ import annotations

import math

import numpy as np

from webnn.core.config import RunConfig
from webnn.core.examples import ExampleLedger
from webnn.core.leases import Lease, LeaseBook, Phase
from webnn.core.merging import Wants
from webnn.core.volunteers import Volunteer, lease_iterations


class Granter:
    """Makes leases out of free examples, and enters them in the book. Lease ids and seeds are drawn here.

    `incarnation` is the first part of each lease's id, so that a run that is taken up again uses none a second time.
    """

    def __init__(
        self, config: RunConfig, wants: Wants, ledger: ExampleLedger, leases: LeaseBook, *, incarnation: int
    ) -> None:
        self._config = config
        self._wants = wants
        self._ledger = ledger
        self._leases = leases
        self._num_granted = 0
        self.incarnation = incarnation
        self.random = np.random.Generator(np.random.PCG64(config.seed))

    def has_enough(self, volunteer_id: str) -> bool:
        """Whether a volunteer trains all that it may, or too much of its work still waits to be merged."""
        own = self._leases.of(volunteer_id)
        training = sum(open_lease.phase is Phase.TRAINING for open_lease in own)
        return training >= self._config.max_open_leases or len(own) >= 2 * self._config.max_open_leases

    def iterations_left(self, merged: int) -> float:
        """Count the iterations that are neither merged nor out on a lease; infinite without a limit."""
        limit = self._config.stop.iterations
        return math.inf if limit is None else max(limit - merged - self._leases.num_iterations, 0)

    def grant(
        self, volunteer: Volunteer, now: float, *, version: int, learning_rate: float, merged: int, num_connected: int
    ) -> Lease | None:
        """Make a volunteer's next lease; None when nothing is left to train. `merged`: the run's iterations so far."""
        config = self._config
        lease_id = f"{self.incarnation}-{self._num_granted}"
        wanted = lease_iterations(volunteer, config, num_connected, self._ledger.num_free, self.iterations_left(merged))
        parts = self._ledger.take(lease_id, wanted * config.batch_size, config.batch_size, config.max_parts)
        if not parts:
            return None
        num_examples = sum(part.num_examples for part in parts)
        iterations = math.ceil(num_examples / config.batch_size)
        lease = Lease(
            lease_id=lease_id,
            volunteer_id=volunteer.volunteer_id,
            version=version,
            parts=parts,
            num_examples=num_examples,
            iterations=iterations,
            batch_size=config.batch_size,
            seed=int(self.random.integers(2**32)),
            learning_rate=learning_rate,
            optimizer="sgd" if self._wants is Wants.GRADIENT else "model",
            wants=self._wants,
            granted_at=now,
            deadline=now + self._timeout(volunteer, iterations),
        )
        self._num_granted += 1
        volunteer.last_iterations = iterations
        self._leases.open(lease)
        return lease

    def _timeout(self, volunteer: Volunteer, iterations: int) -> float:
        """Allow a lease this many seconds without a sign of work; a lease behind others has to wait for those first."""
        expected = volunteer.expected_seconds(iterations, self._config.lease_seconds)
        alone = max(expected * self._config.lease_timeout_factor, self._config.min_lease_timeout_seconds)
        return alone * (1 + len(self._leases.training(volunteer.volunteer_id)))
