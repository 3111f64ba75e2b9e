"""Making leases: how much each volunteer gets, of which examples, until when."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from webnn.core.collecting import Collector
from webnn.core.config import RunConfig
from webnn.core.examples import ExampleLedger
from webnn.core.leases import Lease, LeaseBook
from webnn.core.merging import Strategy, Wants
from webnn.core.merging.base import Crew, Local, Match, Offer, Terms
from webnn.core.peers import Made, Peers
from webnn.core.pressure import Pressure
from webnn.core.volunteers import Volunteer, Volunteers, lease_iterations, matched_iterations

LEASES_AHEAD = 3
"""A volunteer hears of its next shard when so many leases are left of the one that it is at."""


class Granter:
    """Makes leases out of free examples, and enters them in the book. Lease ids and seeds are drawn here.

    `incarnation` is the first part of each lease's id, so that a run that is taken up again uses none a second time.
    """

    def __init__(  # noqa: PLR0917 (the accounts of a run, which it works with)
        self,
        config: RunConfig,
        strategy: Strategy,
        collector: Collector,
        ledger: ExampleLedger,
        leases: LeaseBook,
        volunteers: Volunteers,
        *,
        incarnation: int,
    ) -> None:
        self._config = config
        self._strategy = strategy
        self._collector = collector
        self._volunteers = volunteers
        self._ledger = ledger
        self._leases = leases
        self._num_granted = 0
        self.incarnation = incarnation
        self.pressure = Pressure()
        self.peers = Peers()
        self.random = np.random.Generator(np.random.PCG64(config.seed))

    def configure(self, config: RunConfig) -> None:
        """Make leases by these settings from now on."""
        self._config = config

    def follow(self, strategy: Strategy, collector: Collector) -> None:
        """Make leases for another merge rule from now on."""
        self._strategy = strategy
        self._collector = collector
        self.pressure = Pressure()

    def has_enough(self, volunteer_id: str) -> bool:
        """Whether a volunteer trains all that it may, or too much of its work still waits to be merged."""
        most = self._config.max_open_leases
        num_open = self._leases.count(volunteer_id)
        if num_open < most:
            return False
        return num_open >= 2 * most or len(self._leases.training(volunteer_id)) >= most

    def iterations_left(self, merged: int) -> float:
        """Count the iterations that are neither merged nor out on a lease; infinite without a limit."""
        limit = self._config.stop.iterations
        return math.inf if limit is None else max(limit - merged - self._leases.num_iterations, 0)

    def can_grant(self, merged: int) -> bool:
        """Whether anything is left to train. `merged`: the run's iterations so far."""
        return self._ledger.num_free > 0 and self.iterations_left(merged) > 0

    def wanted(self, volunteer: Volunteer, merged: int, now: float) -> int:
        """Size a volunteer's next lease, in iterations, were there time for it; 0 when nothing is left to train."""
        terms = self.terms(volunteer, now)
        wanted = self._strategy.lease_iterations if terms is None else terms.iterations
        if wanted is None:
            wanted = volunteer.wanted_iterations(self._config.lease_seconds * self.pressure.factor)
        elif self._strategy.match is Match.SPEED:
            wanted = matched_iterations(wanted, volunteer, self._volunteers.connected())
        num_connected = self._volunteers.num_connected
        return lease_iterations(
            wanted, self._config, num_connected, self._ledger.num_free, self.iterations_left(merged)
        )

    def terms(self, volunteer: Volunteer, now: float) -> Terms | None:
        """Ask the strategy what a volunteer's next lease should be."""
        if not self._strategy.has_terms:
            return None
        offered = self._offered(volunteer.volunteer_id)
        crew = Crew(
            count=self._volunteers.num_connected,
            crowd=self._volunteers.crowd(now),
            share=self._volunteers.share(volunteer, now),
            concurrency=self._volunteers.concurrency(volunteer),
            own=volunteer.pace,
            seconds=self._config.lease_seconds,
            stretch=volunteer.stretch,
            local=volunteer.local,
            offer=None if offered is None else Offer(offered.iterations, offered.appraisal),
        )
        return self._strategy.terms(crew)

    def _offered(self, volunteer_id: str) -> Made | None:
        """The version that the volunteer is handed: another one's, where the strategy hands out peers' weights."""
        return self.peers.of(volunteer_id if self._strategy.hands_peers else "")

    def fit(self, volunteer: Volunteer, wanted: int, now: float) -> int:
        """Cut a lease to what there is time for in a round; 0: the volunteer waits for the next version."""
        return self._collector.fit(volunteer.volunteer_id, wanted, volunteer.pace, now)

    def grant(
        self, volunteer: Volunteer, wanted: int, now: float, *, version: int, learning_rate: float
    ) -> Lease | None:
        """Make a volunteer's next lease, of at most `wanted` iterations; None when nothing is left to train."""
        config = self._config
        lease_id = f"{self.incarnation}-{self._num_granted}"
        parts = self._ledger.take(
            lease_id, wanted * config.batch_size, config.batch_size, config.max_parts, volunteer.volunteer_id
        )
        if not parts:
            return None
        num_examples = sum(part.num_examples for part in parts)
        iterations = math.ceil(num_examples / config.batch_size)
        terms = self.terms(volunteer, now) or Terms(None)
        offered = self._offered(volunteer.volunteer_id)
        local_iterations = 0
        if terms.keep is not None and volunteer.local is not None and offered is not None:
            version, local_iterations = offered.version, volunteer.local.iterations
        self._note_local(volunteer, terms, max(local_iterations, offered.iterations if offered else 0) + iterations)
        lease = Lease(
            lease_id=lease_id,
            volunteer_id=volunteer.volunteer_id,
            version=version,
            parts=parts,
            num_examples=num_examples,
            iterations=iterations,
            batch_size=config.batch_size,
            seed=int(self.random.integers(2**32)),
            learning_rate=learning_rate * terms.rate,
            optimizer="sgd" if self._strategy.wants is Wants.GRADIENT else "model",
            wants=self._strategy.wants,
            granted_at=now,
            deadline=now + self._timeout(volunteer, iterations),
            carry=self._strategy.carries,
            weight=terms.weight,
            keep=terms.keep,
            local_iterations=local_iterations,
            soon=self._ledger.coming(volunteer.volunteer_id, LEASES_AHEAD * num_examples),
        )
        self._num_granted += 1
        volunteer.last_iterations = iterations
        if volunteer.trains_since is None:
            volunteer.trains_since = now
        self._leases.open(lease)
        seconds = config.lease_seconds if volunteer.pace is None else iterations * volunteer.pace
        self._collector.granted(
            lease_id, volunteer.volunteer_id, now, now + seconds, seconds * self._volunteers.concurrency(volunteer)
        )
        return lease

    def grant_again(self, volunteer: Volunteer, answered: Lease, now: float, *, version: int) -> Lease:
        """Make a lease of the same work as `answered`, whose examples are nobody's and count for nothing."""
        lease = replace(
            answered,
            lease_id=f"{self.incarnation}-{self._num_granted}",
            volunteer_id=volunteer.volunteer_id,
            version=version,
            granted_at=now,
            deadline=now + self._timeout(volunteer, answered.iterations),
        )
        self._num_granted += 1
        self._leases.open(lease)
        return lease

    def _note_local(self, volunteer: Volunteer, terms: Terms, iterations: int) -> None:
        """Note what weights of its own the volunteer will have after the lease."""
        local = volunteer.local
        updates = local.updates + 1 if local is not None and terms.keep == 1 else 1
        volunteer.local = Local(iterations, updates, None if local is None else local.appraisal)

    def _timeout(self, volunteer: Volunteer, iterations: int) -> float:
        """Allow a lease this many seconds without a sign of work; a lease behind others has to wait for those first."""
        expected = volunteer.expected_seconds(iterations, self._config.lease_seconds)
        alone = max(expected * self._config.lease_timeout_factor, self._config.min_lease_timeout_seconds)
        return alone * (1 + len(self._leases.training(volunteer.volunteer_id)))
