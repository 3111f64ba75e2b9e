"""A run: what happens to it goes in, what to do about it comes out. The room to read first.

    Ready -> Grant or Wait; Progressed; UpdateArrived -> Judge; Judged -> Merge; MergeDone -> Publish, Merged, Settle

When an update that is judged is merged, and with which others, its collector says (`webnn.core.collecting`).

A lease goes through `training` (with its volunteer), `judging`, `queued` and `merging` (with us) to its one outcome.
Everything else here asks, after every event, whether the run can move: whether a lease expired, the next merge can
start, a limit is reached, a validation is due, the end has come, and whether those who wait can be served.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from typing import Any, assert_never

import numpy as np

from webnn.core import events as ev
from webnn.core.clock import Pace, Stopwatch
from webnn.core.collecting import Collected, make_collector
from webnn.core.config import RunConfig
from webnn.core.effects import (
    Appraise,
    Effect,
    Grant,
    Judge,
    Merge,
    Merged,
    Publish,
    Settle,
    StateChanged,
    Wait,
    Wake,
)
from webnn.core.errors import WebNNError
from webnn.core.examples import ExampleLedger
from webnn.core.leases import Lease, LeaseBook, OpenLease, Outcome, Phase
from webnn.core.merging import Contribution, Wants, make_strategy, taken_whole
from webnn.core.merging.base import Match
from webnn.core.metrics import Validation
from webnn.core.schedule import LearningRate, Position
from webnn.core.states import RunState, WaitReason
from webnn.core.status import RunStatus, finite, progress
from webnn.core.stopping import Closing, Ending, StopKind, limit_reached
from webnn.core.validation import ValidationPlan, VersionResult
from webnn.core.versions import Versions
from webnn.core.volunteers import Volunteer, Volunteers, lease_iterations, matched_iterations

MAX_NORM = {  # of a payload: beyond it, differences of float32 numbers may not be finite any more, or squares
    Wants.WEIGHTS: 1e30,
    Wants.DELTA: 1e30,
    Wants.GRADIENT: 1e15,
}
ASK_AGAIN_SECONDS = 15.0
MAX_VALIDATION_FAILURES = 3
STALENESS_WINDOW = 100  # merges
REMEMBERED_OUTCOMES = 1_000  # in a snapshot


class Run:
    """One training of one model on one dataset. It decides; it never waits, sends, computes or looks at a clock.

    `now`, everywhere, is seconds on the run's own clock. `incarnation` counts the times that the run was taken up
    again, so that no lease's id is ever used twice. Raises `WebNNError("settings")`.
    """

    def __init__(self, config: RunConfig, now: float = 0.0, *, incarnation: int = 0) -> None:
        self.config = config
        self.strategy = make_strategy(config.merge)
        self.state = RunState.CREATED
        self.reason: str | None = None
        self.ending: Ending | None = None
        self.iterations = 0
        self._now = now
        self._incarnation = incarnation
        self._num_granted = 0
        self._rng = np.random.Generator(np.random.PCG64(config.seed))
        limit = None if config.stop.epochs is None else math.ceil(config.stop.epochs * config.num_examples)
        self._ledger = ExampleLedger(config.shards, config.seed, limit)
        self._leases = LeaseBook()
        self._volunteers = Volunteers()
        self._versions = Versions()
        self._validation = ValidationPlan(config)
        self._rate = LearningRate(config.schedule, config.learning_rate)
        self._stopwatch = Stopwatch()
        self._pace = Pace()
        self._staleness: deque[int] = deque(maxlen=STALENESS_WINDOW)
        self._updates: dict[str, ev.UpdateArrived] = {}  # of leases that are with us
        self._appraisals: dict[str, Validation] = {}  # of such leases, where the strategy needs it
        self._collector = make_collector(self.strategy.collect)
        self._merging: Merge | None = None
        self._closing: Closing | None = None
        self._wake_at: float | None = None
        self._effects: list[Effect] = []

    # What can be seen

    @property
    def version(self) -> int:
        """The current version; 0 before the start."""
        return self._versions.current

    @property
    def weights_iterations(self) -> int:
        """Count the iterations behind the current weights: t of the merge rules. `iterations` is the sum merged."""
        return self._versions.iterations

    @property
    def num_merges(self) -> int:
        return self._versions.merges

    @property
    def epochs(self) -> float:
        return self._ledger.epochs

    @property
    def outcomes(self) -> Counter[Outcome]:
        return Counter(self._leases.outcomes)

    @property
    def volunteers(self) -> tuple[Volunteer, ...]:
        """The volunteers that are connected, to look at."""
        return tuple(self._volunteers.connected())

    @property
    def best(self) -> VersionResult | None:
        """The version that validated best so far (accuracy, then loss), and its result."""
        return self._validation.best

    @property
    def latest(self) -> VersionResult | None:
        """The newest validation."""
        return self._validation.latest

    @property
    def closing(self) -> bool:
        """Whether the run only waits for its last validation."""
        return self._closing is not None and not self.state.over

    @property
    def position(self) -> Position:
        mean = self._validation.mean()
        return Position(
            iterations=self.iterations,
            epochs=self.epochs,
            accuracy=None if mean is None else mean.accuracy,
            loss=None if mean is None else mean.loss,
            validations=self._validation.count,
        )

    @property
    def learning_rate(self) -> float:
        """The rate that the next lease gets."""
        return self._rate.at(self.position)

    def seconds(self, now: float) -> float:
        """Count the running time; pauses do not count."""
        return self._stopwatch.seconds(now)

    def status(self, now: float) -> RunStatus:
        latest, best = self.latest, self.best
        mean = self._validation.mean()
        done = progress(
            self.config.stop, self.seconds(now), self.epochs, self.iterations, None if mean is None else mean.accuracy
        )
        return RunStatus(
            state=self.state,
            reason=self.reason,
            version=self.version,
            iterations=self.iterations,
            epochs=self.epochs,
            examples=self._ledger.num_done,
            merges=self.num_merges,
            volunteers=self._volunteers.num_connected,
            volunteers_total=self._volunteers.total,
            examples_per_second=self._pace.per_second(now),
            staleness=sum(self._staleness) / len(self._staleness) if self._staleness else 0.0,
            outcomes=self.outcomes,
            loss=finite(latest.result.loss) if latest else None,
            accuracy=finite(latest.result.accuracy) if latest else None,
            best_accuracy=finite(best.result.accuracy) if best else None,
            learning_rate=self.learning_rate,
            seconds=self.seconds(now),
            seconds_left=None if self.state.over else done.seconds_left,
            progress=1.0 if self.state is RunState.FINISHED else done.share,
            merge=self.strategy.name,
            num_weights=self.config.num_weights,
        )

    # What is kept

    def snapshot(self) -> dict[str, Any]:
        """Write what `restore` needs to go on after a crash, JSON-able. Leases that are out are not part of it."""
        versions = self._versions
        return {
            "format": 1,
            "incarnation": self._incarnation,
            "state": self.state.value,
            "reason": self.reason,
            "seconds": self.seconds(self._now),
            "iterations": self.iterations,
            "version": [versions.current, versions.highest, versions.iterations, versions.merges],
            "staleness": list(self._staleness),
            "previous_rate": self._rate.previous,
            "volunteers_total": self._volunteers.total,
            "random": self._rng.bit_generator.state,
            "examples": self._ledger.snapshot(),
            "leases": self._leases.snapshot(REMEMBERED_OUTCOMES),
            "validation": self._validation.snapshot(),
        }

    @classmethod
    def restore(cls, config: RunConfig, snapshot: dict[str, Any], now: float = 0.0, *, highest_version: int = 0) -> Run:
        """Take up a run where `snapshot` left it: the weights are those of its version, and no lease is open.

        `highest_version` is the highest version known to have been handed out, if later than the snapshot's. Raises
        `WebNNError("invalid_checkpoint")` for a snapshot that this is not.
        """
        try:
            run = cls(config, now, incarnation=int(snapshot["incarnation"]) + 1)
            run._take_up(snapshot, highest_version)
        except (KeyError, TypeError, ValueError) as error:
            raise WebNNError("invalid_checkpoint", f"The run's snapshot cannot be read: {error!r}.") from error
        return run

    def _take_up(self, snapshot: dict[str, Any], highest_version: int) -> None:
        current, highest, iterations, merges = snapshot["version"]
        self.state = RunState(snapshot["state"])
        self.reason = snapshot["reason"]
        self.iterations = int(snapshot["iterations"])
        self._versions = Versions(current, max(highest, highest_version), iterations, merges)
        self._staleness.extend(snapshot["staleness"])
        self._rate.previous = float(snapshot["previous_rate"])
        self._volunteers.total = int(snapshot["volunteers_total"])
        self._rng.bit_generator.state = snapshot["random"]
        self._ledger.restore(snapshot["examples"])
        self._leases.restore(snapshot["leases"])
        self._validation.restore(snapshot["validation"])
        self._stopwatch = Stopwatch(float(snapshot["seconds"]))
        if self.state is RunState.RUNNING:
            self._stopwatch.start(self._now)
            self._pace.start(self._now)

    # What happens

    def handle(self, event: ev.Event, now: float) -> list[Effect]:
        """Take `event` and say what to do, in order. `now` never goes back (an earlier one counts as the last one).

        Raises `WebNNError("not_running")` for a control event that the run's state does not allow, and `ValueError` for
        an answer that nobody asked for; then nothing has happened.
        """
        self._now = max(self._now, now)
        self._effects = []
        self._react(event)
        if self.state in (RunState.RUNNING, RunState.PAUSED):
            self._advance()
        if isinstance(event, ev.Ready):
            self._tell_to_wait(event.volunteer_id)
        return self._effects

    def _react(self, event: ev.Event) -> None:  # noqa: PLR0912 (one case for each kind of event)
        match event:
            case ev.Start():
                self._start()
            case ev.Joined():
                self._join(event)
            case ev.Left():
                self._leave(event)
            case ev.Ready():
                self._ready(event)
            case ev.Progressed():
                self._progress(event)
            case ev.Abandoned():
                self._abandon(event)
            case ev.UpdateArrived():
                self._take_update(event)
            case ev.Judged():
                self._take_verdict(event)
            case ev.Appraised():
                self._take_appraisal(event)
            case ev.MergeDone():
                self._commit_merge(event)
            case ev.Validated() | ev.ValidationFailed():
                self._take_validation(event)
            case ev.Tick():
                pass
            case ev.Pause():
                self._pause(event)
            case ev.Resume():
                self._resume()
            case ev.Stop():
                self._stop(event)
            case ev.Fail():
                self._end(Ending(StopKind.FAILURE, event.message))
            case _:
                assert_never(event)

    def _advance(self) -> None:
        """Ask, after every event, whether the run can move."""
        self._expire_leases()
        self._start_merge()
        self._look_for_limit()
        self._validate()
        self._close()
        self._serve_waiting()
        self._set_wake()

    # The owner

    def _start(self) -> None:
        if self.state not in (RunState.CREATED, RunState.QUEUED):
            return
        self._versions = Versions(current=1, highest=1)
        self._set_state(RunState.RUNNING, None)
        self._effects.append(Publish(self.version, self.weights_iterations))

    def _pause(self, event: ev.Pause) -> None:
        self._need(RunState.RUNNING)
        self._set_state(RunState.PAUSED, event.reason)

    def _resume(self) -> None:
        self._need(RunState.PAUSED)
        self._set_state(RunState.RUNNING, None)

    def _stop(self, event: ev.Stop) -> None:
        if self.state.over:
            raise WebNNError("not_running", f"The run is over already ({self.state}).")
        ending = Ending(StopKind.OWNER, event.reason)
        if self._closing is not None:
            self._end(self._closing.ending)
        elif self.version == 0:
            self._end(ending)
        else:
            self._begin_closing(ending)

    def _need(self, state: RunState) -> None:
        if self.state is not state or self._closing is not None:
            now = "closing" if self.closing else self.state
            raise WebNNError("not_running", f"That needs a run that is {state}; this one is {now}.")

    def _set_state(self, state: RunState, reason: str | None) -> None:
        self.state = state
        self.reason = reason
        if state is RunState.RUNNING:
            self._stopwatch.start(self._now)
            self._pace.start(self._now)
        else:
            self._stopwatch.stop(self._now)
        self._effects.append(StateChanged(state, reason or ""))

    # Volunteers

    def _join(self, event: ev.Joined) -> None:
        self._volunteers.join(event.volunteer_id, event.device)
        self._collector.joined(event.volunteer_id)
        self._renew(event.volunteer_id)

    def _leave(self, event: ev.Left) -> None:
        self._volunteers.leave(event.volunteer_id)
        self._collector.left(event.volunteer_id)
        for open_lease in self._leases.training(event.volunteer_id):
            if event.for_good:
                self._settle(open_lease, Outcome.ABANDONED, "The volunteer left.")
            else:
                self._leases.set_deadline(
                    open_lease, min(open_lease.deadline, self._now + self.config.reconnect_seconds)
                )

    def _ready(self, event: ev.Ready) -> None:
        volunteer = self._volunteers.get(event.volunteer_id)
        if volunteer is not None and volunteer.connected:
            volunteer.claim(event.backend, event.seconds_per_iteration)
            self._volunteers.ask(event.volunteer_id)

    def _progress(self, event: ev.Progressed) -> None:
        open_lease = self._own_lease(event.volunteer_id, event.lease_id)
        if open_lease is not None and open_lease.iterations_seen < event.iterations <= open_lease.lease.iterations:
            open_lease.iterations_seen = event.iterations
            self._renew(event.volunteer_id)

    def _abandon(self, event: ev.Abandoned) -> None:
        open_lease = self._own_lease(event.volunteer_id, event.lease_id)
        if open_lease is not None and open_lease.phase is Phase.TRAINING:
            self._settle(open_lease, Outcome.ABANDONED, event.reason)

    def _own_lease(self, volunteer_id: str, lease_id: str) -> OpenLease | None:
        open_lease = self._leases.get(lease_id)
        return open_lease if open_lease is not None and open_lease.lease.volunteer_id == volunteer_id else None

    def _renew(self, volunteer_id: str) -> None:
        """Push back the deadlines of all of a volunteer's leases: it works, if only on the first of them."""
        for open_lease in self._leases.training(volunteer_id):
            self._leases.set_deadline(open_lease, self._now + open_lease.timeout)

    def _expire_leases(self) -> None:
        while (open_lease := self._leases.next_expired(self._now)) is not None:
            volunteer = self._volunteers.get(open_lease.lease.volunteer_id)
            if volunteer is not None:
                volunteer.slow_down()
            self._settle(open_lease, Outcome.EXPIRED, "Nothing was heard of this lease before its deadline.")

    # Granting

    def _serve_waiting(self) -> None:
        """Give a lease to everyone who waits and can have one, the longest first."""
        if self.state is not RunState.RUNNING or self._closing is not None:
            return
        for volunteer in self._volunteers.waiting():
            if self._has_enough(volunteer.volunteer_id):
                continue
            wanted = self._lease_size(volunteer)
            iterations = self._fit(volunteer, wanted)
            if (wanted and not iterations) or self._grant(volunteer, iterations):
                continue
            return

    def _has_enough(self, volunteer_id: str) -> bool:
        """Whether a volunteer trains all that it may, or too much of its work still waits to be merged."""
        own = self._leases.of(volunteer_id)
        training = sum(open_lease.phase is Phase.TRAINING for open_lease in own)
        return training >= self.config.max_open_leases or len(own) >= 2 * self.config.max_open_leases

    def _lease_size(self, volunteer: Volunteer) -> int:
        """Size a volunteer's next lease in iterations, whether or not there is time for it in a round; 0: no need."""
        wanted = self.strategy.lease_iterations
        if wanted is None:
            wanted = volunteer.wanted_iterations(self.config.lease_seconds)
        elif self.strategy.match is Match.SPEED:
            wanted = matched_iterations(wanted, volunteer, self._volunteers.connected())
        return lease_iterations(
            wanted, self.config, self._volunteers.num_connected, self._ledger.num_free, self._iterations_left()
        )

    def _fit(self, volunteer: Volunteer, wanted: int) -> int:
        """Cut a lease's iterations to what there is time for; 0: the volunteer waits for the next round."""
        return self._collector.fit(volunteer.volunteer_id, wanted, volunteer.pace, self._now)

    def _grant(self, volunteer: Volunteer, wanted: int) -> bool:
        """Grant a lease of at most `wanted` iterations, unless there is nothing left to train."""
        config = self.config
        lease_id = f"{self._incarnation}-{self._num_granted}"
        parts = self._ledger.take(lease_id, wanted * config.batch_size, config.batch_size, config.max_parts)
        if not parts:
            return False
        num_examples = sum(part.num_examples for part in parts)
        iterations = math.ceil(num_examples / config.batch_size)
        before = len(self._leases.training(volunteer.volunteer_id))
        wants = self.strategy.wants
        lease = Lease(
            lease_id=lease_id,
            volunteer_id=volunteer.volunteer_id,
            version=self.version,
            parts=parts,
            num_examples=num_examples,
            iterations=iterations,
            batch_size=config.batch_size,
            seed=int(self._rng.integers(2**32)),
            learning_rate=self.learning_rate,
            optimizer="sgd" if wants is Wants.GRADIENT else "model",
            wants=wants,
            granted_at=self._now,
            deadline=self._now + self._timeout(volunteer, iterations) * (before + 1),
        )
        self._num_granted += 1
        volunteer.last_iterations = iterations
        self._leases.open(lease)
        seconds = config.lease_seconds if volunteer.pace is None else iterations * volunteer.pace
        self._collector.granted(lease_id, volunteer.volunteer_id, self._now, self._now + seconds)
        self._volunteers.served(volunteer.volunteer_id)
        self._effects.append(Grant(lease))
        return True

    def _timeout(self, volunteer: Volunteer, iterations: int) -> float:
        expected = volunteer.expected_seconds(iterations, self.config.lease_seconds)
        return max(expected * self.config.lease_timeout_factor, self.config.min_lease_timeout_seconds)

    def _iterations_left(self) -> float:
        """Count the iterations that are neither merged nor out on a lease; infinite without a limit."""
        limit = self.config.stop.iterations
        return math.inf if limit is None else max(limit - self.iterations - self._leases.num_iterations, 0)

    def _tell_to_wait(self, volunteer_id: str) -> None:
        """Say why a volunteer that has just asked got nothing."""
        if self.state.over or self._closing is not None:
            self._volunteers.served(volunteer_id)
            self._effects.append(Wait(volunteer_id, WaitReason.FINISHED, ASK_AGAIN_SECONDS))
        elif self._volunteers.waits(volunteer_id):
            self._effects.append(Wait(volunteer_id, self._why_waiting(volunteer_id), ASK_AGAIN_SECONDS))

    def _why_waiting(self, volunteer_id: str) -> WaitReason:
        if self.state is RunState.PAUSED:
            return WaitReason.PAUSED
        if self.state is not RunState.RUNNING:
            return WaitReason.NOT_STARTED
        if self._has_enough(volunteer_id):
            return WaitReason.TOO_MANY_LEASES
        volunteer = self._volunteers.get(volunteer_id)
        assert volunteer is not None
        wanted = self._lease_size(volunteer)
        return WaitReason.ROUND if wanted and not self._fit(volunteer, wanted) else WaitReason.NO_EXAMPLES

    # Updates

    def _take_update(self, event: ev.UpdateArrived) -> None:
        open_lease = self._own_lease(event.volunteer_id, event.lease_id)
        if open_lease is None or open_lease.phase is not Phase.TRAINING:
            self._answer_again(event, open_lease)
            return
        problem = self._problem(event, open_lease.lease)
        if problem is not None:
            self._settle(open_lease, Outcome.INVALID, problem)
            return
        volunteer = self._volunteers.get(event.volunteer_id)
        if volunteer is not None:
            volunteer.measure(event.seconds, event.iterations)
        open_lease.phase = Phase.JUDGING
        self._collector.delivered(event.lease_id)
        self._updates[event.lease_id] = event
        self._renew(event.volunteer_id)
        self._effects.append(Judge(event.lease_id, event.payload))

    def _problem(self, update: ev.UpdateArrived, lease: Lease) -> str | None:
        if update.iterations != lease.iterations:
            return f"It has {update.iterations} iterations; the lease has {lease.iterations}."
        if update.num_examples != lease.num_examples:
            return f"It has {update.num_examples} examples; the lease has {lease.num_examples}."
        if update.base_version < lease.version or not self._versions.knows(update.base_version):
            return f"It starts from version {update.base_version}, which the lease (of {lease.version}) does not allow."
        if len(update.payload) != self.config.num_weights:
            return f"It has {len(update.payload)} numbers; the model has {self.config.num_weights}."
        return None

    def _answer_again(self, event: ev.UpdateArrived, open_lease: OpenLease | None) -> None:
        """Answer an update for a lease that is not out: its first outcome again, now or as soon as it has one."""
        if open_lease is not None:
            open_lease.asked_again = True
            return
        settled = self._leases.settled(event.lease_id)
        if settled is not None and settled.volunteer_id == event.volunteer_id:
            outcome, detail = settled.outcome, settled.detail
        elif settled is not None or self._leases.get(event.lease_id) is not None:
            outcome, detail = Outcome.INVALID, "That lease is another volunteer's."
        else:
            outcome, detail = Outcome.EXPIRED, "That lease is not known here any more."
        self._effects.append(Settle(event.volunteer_id, event.lease_id, outcome, False, detail))

    def _take_verdict(self, event: ev.Judged) -> None:
        open_lease = self._leases.get(event.lease_id)
        if open_lease is None or open_lease.phase is not Phase.JUDGING:
            return  # the run ended while it was judged
        if not event.verdict.finite:
            self._settle(open_lease, Outcome.INVALID, "It has numbers that are not finite.")
        elif event.verdict.norm > MAX_NORM[self.strategy.wants]:
            self._settle(open_lease, Outcome.INVALID, "Its numbers are too large.")
        elif self.strategy.needs_appraisal:
            update = self._updates[event.lease_id]
            self._effects.append(Appraise(event.lease_id, self.config.validation_examples, update.payload))
        else:
            self._enqueue(open_lease)

    def _take_appraisal(self, event: ev.Appraised) -> None:
        open_lease = self._leases.get(event.lease_id)
        if open_lease is None or open_lease.phase is not Phase.JUDGING:
            return  # the run ended, or the round closed, while it was appraised
        if event.result is None:
            self._settle(open_lease, Outcome.NOT_NEEDED, "It could not be validated.")
        else:
            self._appraisals[event.lease_id] = event.result
            self._enqueue(open_lease)

    def _enqueue(self, open_lease: OpenLease) -> None:
        """Let an update that is good wait for its merge, unless it is too stale."""
        update = self._updates[open_lease.lease.lease_id]
        bound = self.strategy.max_staleness
        staleness = self._versions.staleness(update.base_version)
        if bound is not None and staleness > bound:
            self._settle(open_lease, Outcome.STALE, f"{staleness} merges came before it; {bound} are allowed.")
            return
        open_lease.phase = Phase.QUEUED
        self._collector.judged(open_lease.lease.lease_id, self._now)

    # Merging

    def _start_merge(self) -> None:
        """Ask for the next merge: one at a time, none while a target is being confirmed."""
        if self._merging is not None or self._closing is not None or self._validation.frozen(self._now):
            return
        collected = self._collector.collect(self._now, more=self._can_grant())
        if collected is None:
            return
        contributions = tuple(self._contribution(lease_id) for lease_id in collected.merged)
        before = self.weights_iterations
        after = self.strategy.iterations_after(before, contributions)
        self._merging = Merge(self._versions.next, after, contributions, before)
        self._effects.append(self._merging)
        self._drop(collected)

    def _can_grant(self) -> bool:
        """Whether somebody is here, and there is something left to train."""
        return self._volunteers.num_connected > 0 and self._ledger.num_free > 0 and self._iterations_left() > 0

    def _drop(self, collected: Collected) -> None:
        """End the leases that a round closed without."""
        for lease_id in collected.dropped:
            open_lease = self._leases.get(lease_id)
            assert open_lease is not None
            lease = open_lease.lease
            volunteer = self._volunteers.get(lease.volunteer_id)
            if volunteer is not None and open_lease.phase is Phase.TRAINING:
                volunteer.lagged(self._now - lease.granted_at, lease.iterations)
            self._settle(open_lease, Outcome.STALE, "Its round closed without it.")

    def _contribution(self, lease_id: str) -> Contribution:
        open_lease = self._leases.get(lease_id)
        assert open_lease is not None
        open_lease.phase = Phase.MERGING
        update = self._updates[lease_id]
        alone = all(holder == update.volunteer_id for holder in self._leases.holders())
        return Contribution(
            lease_id=lease_id,
            volunteer_id=update.volunteer_id,
            payload=update.payload,
            base_iterations=self._versions.iterations_behind(update.base_version),
            iterations=update.iterations,
            num_examples=update.num_examples,
            staleness=self._versions.staleness(update.base_version),
            whole=alone and update.base_version == self.version and self.strategy.takes_whole,
            base_version=update.base_version,
            learning_rate=open_lease.lease.learning_rate,
            appraisal=self._appraisals.get(lease_id),
        )

    def _commit_merge(self, event: ev.MergeDone) -> None:
        if self.state.over:
            return
        merge = self._merging
        if merge is None or merge.version != event.version:
            raise ValueError(f"nobody asked for version {event.version} to be merged")
        self._merging = None
        self._versions.publish(merge.version, merge.iterations, self._leases.oldest_version())
        self._collector.published()
        self._effects.append(Publish(self.version, self.weights_iterations))
        whole = taken_whole(self.strategy, merge.contributions)
        for contribution in merge.contributions:
            self._count(contribution, whole)

    def _count(self, contribution: Contribution, whole: bool) -> None:
        """Count a contribution that is now in the weights: once, here."""
        self.iterations += contribution.iterations
        self._staleness.append(contribution.staleness)
        self._pace.add(self._now, contribution.num_examples)
        update = self._updates[contribution.lease_id]
        self._effects.append(
            Merged(
                version=self.version,
                lease_id=contribution.lease_id,
                volunteer_id=contribution.volunteer_id,
                iterations=contribution.iterations,
                num_examples=contribution.num_examples,
                staleness=contribution.staleness,
                metrics=update.metrics,
            )
        )
        open_lease = self._leases.get(contribution.lease_id)
        assert open_lease is not None
        self._settle(open_lease, Outcome.MERGED, None, whole=whole)

    def _settle(self, open_lease: OpenLease, outcome: Outcome, detail: str | None, *, whole: bool = False) -> None:
        """End a lease with its one outcome, and give its examples their place."""
        lease = open_lease.lease
        self._leases.settle(lease.lease_id, outcome, detail)
        self._collector.ended(lease.lease_id)
        self._updates.pop(lease.lease_id, None)
        self._appraisals.pop(lease.lease_id, None)
        if outcome is Outcome.MERGED:
            self._ledger.finish(lease.lease_id)
        else:
            self._ledger.free(lease.lease_id)
        answer = Settle(lease.volunteer_id, lease.lease_id, outcome, whole, detail)
        self._effects.extend([answer, answer] if open_lease.asked_again else [answer])

    # Validating and ending

    def _validate(self) -> None:
        waits_for_merge = self._merging is not None and self._validation.frozen(self._now)
        if self._closing is None and not waits_for_merge:
            request = self._validation.ask(self._now, self.version)
            if request is not None:
                self._effects.append(request)

    def _take_validation(self, event: ev.Validated | ev.ValidationFailed) -> None:
        asked = self._validation.in_flight
        if self.state.over:
            return
        if asked is None or asked.version != event.version:
            raise ValueError(f"nobody asked for version {event.version} to be validated")
        if isinstance(event, ev.ValidationFailed):
            self._validation.fail()
            if self._closing is not None:
                self._closing.failures += 1
            return
        self._rate.validated(self.position)
        self._validation.record(event.result, trained=event.version > 1)
        ending = None if self._closing else self._validation.decide(self._now, self.version)
        if ending is not None:
            self._begin_closing(ending)

    def _look_for_limit(self) -> None:
        if self._closing is None:
            ending = limit_reached(
                self.config.stop, self.seconds(self._now), self.iterations, epochs_done=self._ledger.exhausted
            )
            if ending is not None:
                self._begin_closing(ending)

    def _begin_closing(self, ending: Ending) -> None:
        """Take no more work; what is being merged still counts. Then a last validation, on the whole split."""
        patience = self.config.closing_seconds * (1 if ending.kind is StopKind.OWNER else 10)
        self._closing = Closing(ending, self._now + patience)
        self._collector.clear()
        for open_lease in self._leases.all():
            if open_lease.phase is not Phase.MERGING:
                self._settle(open_lease, Outcome.NOT_NEEDED, ending.reason)
        for volunteer in self._volunteers.waiting():
            self._effects.append(Wait(volunteer.volunteer_id, WaitReason.FINISHED, ASK_AGAIN_SECONDS))
        self._volunteers.clear_queue()

    def _close(self) -> None:
        """End the run once its last version is validated, or cannot be in time."""
        closing = self._closing
        if closing is None:
            return
        settled = self._merging is None and self._validation.in_flight is None
        validated = settled and self._validation.knows_whole(self.version)
        if validated or self._now >= closing.until or closing.failures >= MAX_VALIDATION_FAILURES:
            self._end(closing.ending)
        elif settled:
            self._effects.append(self._validation.ask_whole(self._now, self.version))

    def _end(self, ending: Ending) -> None:
        if self.state.over:
            return
        self.ending = ending
        self._collector.clear()
        self._merging = None
        self._volunteers.clear_queue()
        for open_lease in self._leases.all():
            self._settle(open_lease, Outcome.NOT_NEEDED, ending.reason)
        self._set_state(ending.state, ending.reason)

    def _set_wake(self) -> None:
        """Ask to be woken when time alone will change something, unless that is asked for already."""
        if self._wake_at is not None and self._wake_at <= self._now:
            self._wake_at = None
        if self.state.over:
            return
        times = [self._leases.next_deadline()]
        if self._closing is not None:
            times.append(self._closing.until)
        else:
            times.append(self._validation.next_time(self.version))
            if self._merging is None:
                times.append(self._collector.next_time())
            if self.config.stop.seconds is not None:
                times.append(self._stopwatch.reaches(self.config.stop.seconds))
        at = min((time for time in times if time is not None and time > self._now), default=None)
        if at is not None and at != self._wake_at:
            self._wake_at = at
            self._effects.append(Wake(at))
