"""What a run knows: its settings, its accounts, what can be seen of it, and what a checkpoint keeps of it."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterable
from typing import Any, Self

from webnn.core.aftermath import Aftermath, LeaseRecord, aftermath
from webnn.core.changing import Changes, changed_config
from webnn.core.clock import Pace, Stopwatch
from webnn.core.collecting import make_collector
from webnn.core.config import RunConfig
from webnn.core.effects import Effect
from webnn.core.errors import WebNNError
from webnn.core.examples import ExampleLedger
from webnn.core.granting import Granter
from webnn.core.harm import Harm
from webnn.core.inbox import Inbox
from webnn.core.judging import Judging
from webnn.core.leases import LeaseBook, Outcome, Settled
from webnn.core.merging import MergeSpec, Strategy, make_strategy
from webnn.core.robust import make_robust
from webnn.core.schedule import LearningRate, Position
from webnn.core.standing import Standing
from webnn.core.states import RunState
from webnn.core.status import RunStatus, finite, progress
from webnn.core.stopping import Closing, Ending
from webnn.core.validation import ValidationPlan, VersionResult
from webnn.core.versions import Versions
from webnn.core.volunteers import Volunteer, Volunteers

STALENESS_WINDOW = 100  # merges
REMEMBERED_OUTCOMES = 1_000  # in a snapshot
REMEMBERED_VOLUNTEERS = 1_000  # likewise


class RunRecord:
    """Everything that a run knows. `Run` decides what becomes of it; from outside it is only looked at.

    `now`, everywhere, is seconds on the run's own clock. `incarnation` counts the times that the run was taken up
    again, so that no lease's id is ever used twice; `highest_version` is the highest that may have been handed out.
    `changes` are laid over `config`, which stays as `first_config`: see `webnn.core.changing`. `rule` is the spec of
    `strategy`; the settings may name another for as long as a merge is under way. Raises `WebNNError("settings")`.
    """

    def __init__(
        self,
        config: RunConfig,
        now: float = 0.0,
        *,
        incarnation: int = 0,
        highest_version: int = 0,
        changes: Changes | None = None,
    ) -> None:
        self.first_config = config
        self.changes: Changes = dict(changes or {})
        self.config = config = changed_config(config, self.changes)
        self.strategy = make_robust(make_strategy(config.merge), config.robust)
        self.rule = config.merge
        self._next_rule: tuple[Strategy, MergeSpec] | None = None
        self.state = RunState.CREATED
        self.reason: str | None = None
        self.ending: Ending | None = None
        self.iterations = 0
        self._now = now
        self._ledger = ExampleLedger(config.shards, config.seed, _example_limit(config), overlap=config.overlap)
        self._leases = LeaseBook()
        self._volunteers = Volunteers()
        self._collector = make_collector(self.strategy.collect)
        self._granter = Granter(
            config,
            self.strategy,
            self._collector,
            self._ledger,
            self._leases,
            self._volunteers,
            incarnation=incarnation,
        )
        self._judging = Judging(config)
        self._harm = Harm()
        self._inbox = Inbox(self.strategy, self._collector, self._leases)
        self._versions = Versions(highest=highest_version)
        self._validation = ValidationPlan(config)
        self._rate = LearningRate(config.schedule, config.learning_rate)
        self._stopwatch = Stopwatch()
        self._pace = Pace()
        self._staleness: deque[int] = deque(maxlen=STALENESS_WINDOW)
        self._closing: Closing | None = None
        self.returned_to = 0
        self.aftermath: list[Aftermath] = []
        self._untold: dict[str, list[Aftermath]] = {}
        self._wake_at: float | None = None
        self._effects: list[Effect] = []

    def _take_settings(self, config: RunConfig, changes: Changes) -> None:
        """Go on with other settings, which differ from those before in what may be changed; the merge rule aside."""
        self.config = config
        self.changes = changes
        self._ledger.set_limit(_example_limit(config))
        self._granter.configure(config)
        self._validation.configure(config)
        self._rate.change(config.schedule, config.learning_rate)

    # What can be seen

    @property
    def version(self) -> int:
        """The current version; 0 before the start."""
        return self._versions.current

    @property
    def first_version(self) -> int:
        """The version that a run begins with: one never handed out before. To be asked before the start."""
        return self._versions.next

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

    def knows_lease(self, lease_id: str) -> bool:
        """Whether a lease is open, or its outcome is remembered; of others, only a journal knows."""
        return self._leases.knows(lease_id)

    @property
    def volunteers(self) -> tuple[Volunteer, ...]:
        """The volunteers that are connected, to look at."""
        return tuple(self._volunteers.connected())

    @property
    def waiting(self) -> tuple[Volunteer, ...]:
        """The volunteers that asked for a lease and have none yet."""
        return tuple(self._volunteers.waiting())

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
            "now": self._now,
            "incarnation": self._granter.incarnation,
            "settings": dict(self.changes),
            "rule": {self.rule.name: dict(self.rule.options)},
            "state": self.state.value,
            "reason": self.reason,
            "seconds": self.seconds(self._now),
            "iterations": self.iterations,
            "version": [versions.current, versions.highest, versions.iterations, versions.merges],
            "staleness": list(self._staleness),
            "previous_rate": self._rate.previous,
            "volunteers": self._volunteers.snapshot(REMEMBERED_VOLUNTEERS),
            "pressure": self._granter.pressure.factor,
            "random": self._granter.random.bit_generator.state,
            "examples": self._ledger.snapshot(),
            "leases": self._leases.snapshot(REMEMBERED_OUTCOMES),
            "validation": self._validation.snapshot(),
            "judging": self._judging.snapshot(REMEMBERED_VOLUNTEERS),
        }

    @classmethod
    def restore(
        cls,
        config: RunConfig,
        snapshot: dict[str, Any],
        now: float = 0.0,
        *,
        highest_version: int = 0,
        incarnation: int | None = None,
        known: Iterable[LeaseRecord] = (),
        state: RunState | None = None,
        changes: Changes | None = None,
    ) -> Self:
        """Take up a run where `snapshot` left it: the weights are those of its version, and no lease is open.

        `highest_version` is the highest that may have been handed out: the weights get the one above it, so that for
        volunteers versions only ever go up (0: nothing above the snapshot's was, and they keep theirs);
        `incarnation` is one never used before, needed where a snapshot is taken up more than once; `known` are the
        leases of the run's journal, oldest first; `state` is the one to go on in, if another; `changes` are those of
        the settings, if others than the snapshot's. Raises `WebNNError("invalid_checkpoint")` for a snapshot that this
        is not.
        """
        try:
            run = cls(
                config,
                now,
                incarnation=int(snapshot["incarnation"]) + 1 if incarnation is None else incarnation,
                changes=snapshot.get("settings", {}) if changes is None else changes,
            )
            if state is not None:
                snapshot = {**snapshot, "state": state.value, "reason": None}
            run._take_up(snapshot, highest_version)
            run.go_over(known, float(snapshot["now"]))
        except (KeyError, TypeError, ValueError) as error:
            raise WebNNError("invalid_checkpoint", f"The run's snapshot cannot be read: {error!r}.") from error
        return run

    def _take_up(self, snapshot: dict[str, Any], highest_version: int) -> None:
        current, highest, iterations, merges = snapshot["version"]
        self.state = RunState(snapshot["state"])
        self.reason = snapshot["reason"]
        self.iterations = int(snapshot["iterations"])
        self.returned_to = int(current)
        if highest_version:
            current = highest = max(highest, highest_version) + 1
        self._versions = Versions(current, highest, iterations, merges)
        self._staleness.extend(snapshot["staleness"])
        self._rate.previous = float(snapshot["previous_rate"])
        self._volunteers.restore(snapshot["volunteers"])
        self._granter.pressure.factor = float(snapshot["pressure"])
        self._granter.random.bit_generator.state = snapshot["random"]
        self._ledger.restore(snapshot["examples"])
        self._leases.restore(snapshot["leases"])
        self._validation.restore(snapshot["validation"], self._now, current)
        if "judging" in snapshot:  # older snapshots have none
            self._judging.restore(snapshot["judging"])
        self._stopwatch = Stopwatch(float(snapshot["seconds"]))
        if self.state is RunState.RUNNING:
            self._stopwatch.start(self._now)
            self._pace.start(self._now)

    def go_over(self, known: Iterable[LeaseRecord], taken_at: float) -> None:
        """Remember what became of leases of earlier lives that the snapshot, taken at `taken_at`, says nothing of."""
        self.aftermath = aftermath(known, self.returned_to, taken_at, self._leases.remembered())
        for gone in self.aftermath:
            ended = Settled(gone.volunteer_id, gone.outcome, gone.detail)
            self._leases.remember(gone.lease_id, ended, counted=gone.counted)
            if gone.untold:
                self._untold.setdefault(gone.volunteer_id, []).append(gone)

    @property
    def standing(self) -> Standing:
        """What the volunteers' words are worth, to look at."""
        return self._judging.standing

    def volunteer(self, volunteer_id: str) -> Volunteer | None:
        """What is known of a volunteer, to look at."""
        return self._volunteers.get(volunteer_id)

    def _forget(self, volunteer_id: str) -> None:
        """Let go of a volunteer that left and wants to be forgotten; a quarantine is not forgotten."""
        self._volunteers.forget(volunteer_id)
        self._judging.standing.forget(volunteer_id)

    def standing_after(self, before: RunRecord) -> dict[str, Any]:
        """Say what a snapshot of this run, taken back from `before`, should know of volunteers: what `before` did, but
        that whose work was undone is new again.
        """
        undone = {gone.volunteer_id for gone in self.aftermath if gone.outcome is Outcome.ROLLED_BACK}
        self._judging.inherit(before._judging, undone)
        return self._judging.snapshot(REMEMBERED_VOLUNTEERS)

    def inherit(self, before: RunRecord) -> None:
        """Know when the run went back last."""
        self._harm = before._harm

    def keep_best(self, best: VersionResult) -> None:
        """Take the best version from before a restart, if it is better than what the snapshot knew."""
        if best.better_than(self._validation.best):
            self._validation.best = best


def _example_limit(config: RunConfig) -> int | None:
    """Count the examples after which a run is done; None: there is no such limit."""
    epochs = config.stop.epochs
    return None if epochs is None else math.ceil(epochs * config.num_examples)
