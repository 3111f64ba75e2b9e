"""A whole run without a network: three volunteers of different speed train a real (linear) model until it is good."""

from __future__ import annotations

import heapq
import itertools
from dataclasses import replace

import numpy as np
import pytest

from tests.core.fakes import config
from webnn.core import effects as fx
from webnn.core import events as ev
from webnn.core.config import ShardSize
from webnn.core.events import Vector
from webnn.core.leases import Lease, Outcome
from webnn.core.merging import MergeSpec, Wants, make_strategy, merge_into
from webnn.core.metrics import TrainingMetrics, Validation, Verdict
from webnn.core.run import Run
from webnn.core.states import RunState

NUM_FEATURES = 6
SPEEDS = {"phone": 0.2, "laptop": 0.05, "desktop": 0.02}  # seconds per iteration
MERGE_SECONDS = 0.01
VALIDATION_SECONDS = 0.3


class Simulation:
    """Volunteers, an engine and an evaluator on a virtual clock: events in a heap, effects answered later."""

    def __init__(self, merge: MergeSpec, volunteers: list[str]) -> None:
        rng = np.random.default_rng(1)
        self.truth = rng.standard_normal(NUM_FEATURES).astype(np.float32)
        self.examples = {name: rng.standard_normal((count, NUM_FEATURES)) for name, count in (("aa", 300), ("bb", 180))}
        self.run = Run(
            config(
                shards=tuple(ShardSize(name, len(examples)) for name, examples in self.examples.items()),
                num_weights=NUM_FEATURES,
                num_trainable=NUM_FEATURES,
                merge=merge,
                learning_rate=0.01,
                lease_seconds=1.0,
                stop={"accuracy": 0.98, "seconds": 600},
            )
        )
        self.strategy = make_strategy(merge)
        self.state = self.strategy.state(NUM_FEATURES)
        self.versions: dict[int, Vector] = {1: np.zeros(NUM_FEATURES, np.float32)}
        self.volunteers = volunteers
        self.now = 0.0
        self.events: list[tuple[float, int, ev.Event]] = []
        self.outcomes: list[Outcome] = []
        self.free_at = dict.fromkeys(volunteers, 0.0)
        self.count = itertools.count()
        self.later(0, ev.Start())
        for index, name in enumerate(volunteers):
            self.later(0.1 * index, ev.Joined(name, ev.Device("worker", name)))
            self.ask(name, 0.1 * index)
            self.ask(name, 0.1 * index)

    def later(self, seconds: float, event: ev.Event) -> None:
        heapq.heappush(self.events, (self.now + seconds, next(self.count), event))

    def ask(self, name: str, seconds: float) -> None:
        self.later(seconds, ev.Ready(name, "cpu", SPEEDS[name]))

    def play(self) -> None:
        while self.events and not self.run.state.over:
            self.now, _, event = heapq.heappop(self.events)
            for effect in self.run.handle(event, self.now):
                self.perform(effect)

    def perform(self, effect: fx.Effect) -> None:
        match effect:
            case fx.Grant(lease):
                self.train(lease)
            case fx.Judge(lease_id, payload):
                self.later(0, ev.Judged(lease_id, Verdict(bool(np.isfinite(payload).all()), 1.0)))
            case fx.Appraise(lease_id, num_examples, payload):
                self.later(VALIDATION_SECONDS, ev.Appraised(lease_id, self.result(payload, num_examples)))
            case fx.Merge(version, _, contributions, before):
                weights = self.versions[max(self.versions)].copy()
                contributions = tuple(replace(each, base=self.versions[each.base_version]) for each in contributions)
                merge_into(self.strategy, weights, NUM_FEATURES, contributions, before, self.state)
                self.versions[version] = weights
                self.later(MERGE_SECONDS, ev.MergeDone(version))
            case fx.Validate(version, whole, num_examples):
                self.later(
                    VALIDATION_SECONDS, ev.Validated(version, whole, self.result(self.versions[version], num_examples))
                )
            case fx.Settle(volunteer_id, _, outcome):
                self.outcomes.append(outcome)
                self.ask(volunteer_id, 0)
            case fx.Wake(at):
                self.later(at - self.now, ev.Tick())
            case _:
                pass

    def train(self, lease: Lease) -> None:
        """Least mean squares over the lease's examples, from the version current when the device gets round to it."""
        parts = [self.examples[part.shard][part.first : part.last] for part in lease.parts]
        base = self.versions[self.run.version]
        weights = base.astype(np.float64)
        examples = np.concatenate(parts)
        assert len(examples) == lease.num_examples
        for first in range(0, len(examples), lease.batch_size):
            batch = examples[first : first + lease.batch_size]
            weights -= lease.learning_rate * 2 * batch.T @ (batch @ (weights - self.truth)) / len(batch)
        seconds = lease.iterations * SPEEDS[lease.volunteer_id]
        start = max(self.free_at[lease.volunteer_id], self.now)
        self.free_at[lease.volunteer_id] = start + seconds
        update = ev.UpdateArrived(
            lease.volunteer_id,
            lease.lease_id,
            self.run.version,
            lease.iterations,
            lease.num_examples,
            seconds,
            TrainingMetrics(),
            self.payload(lease, base, weights.astype(np.float32)),
        )
        self.later(start + seconds - self.now, update)

    def payload(self, lease: Lease, base: Vector, trained: Vector) -> Vector:
        match lease.wants:
            case Wants.WEIGHTS:
                return trained
            case Wants.DELTA:
                return trained - base
            case Wants.GRADIENT:
                return (trained - base) / np.float32(-lease.learning_rate)

    def result(self, weights: Vector, num_examples: int) -> Validation:
        error = float(np.linalg.norm(weights - self.truth) / np.linalg.norm(self.truth))
        return Validation(error**2, max(1 - error, 0.0), num_examples)


def finished(rule: str, volunteers: list[str], **options: object) -> Simulation:
    simulation = Simulation(MergeSpec(rule, options), volunteers)
    simulation.play()
    assert simulation.run.state is RunState.FINISHED
    return simulation


def test_three_volunteers_of_different_speed_train_until_the_accuracy_is_reached() -> None:
    simulation = finished("weighted", list(SPEEDS))
    run = simulation.run
    assert run.ending is not None
    assert run.ending.kind == "accuracy"
    assert run.latest is not None
    assert run.latest.whole
    assert run.latest.version == run.version
    assert run.latest.result.accuracy is not None
    assert run.latest.result.accuracy >= 0.98
    assert set(simulation.outcomes) <= {Outcome.MERGED, Outcome.NOT_NEEDED}
    assert run.status(simulation.now).staleness > 0


def test_every_volunteer_is_kept_busy_for_about_lease_seconds() -> None:
    simulation = finished("average", list(SPEEDS))
    for volunteer in simulation.run.volunteers:
        seconds = volunteer.last_iterations * SPEEDS[volunteer.volunteer_id]
        assert 0.9 <= seconds <= 1.1


def test_one_volunteer_alone_trains_as_it_would_by_itself() -> None:
    simulation = finished("mimic", ["laptop"])
    assert simulation.run.iterations > 0


@pytest.mark.parametrize(
    ("rule", "options"),
    [
        ("copy", {}),
        ("fedavg", {}),
        ("fedavg", {"iterations": 5, "match": "speed", "quorum": 2, "backup": 1}),
        ("sync-sgd", {"backup": 1}),
        ("downpour", {"learningRate": 0.1}),
        ("dc-asgd", {}),
        ("dc-asgd", {"form": "constant", "iterations": 4}),
        ("fedasync", {"staleness": "hinge"}),
        ("fedbuff", {"size": 3}),
        ("diloco", {"iterations": 10, "match": "speed", "momentum": 0.5}),
        ("diloco-async", {"iterations": 10, "size": 3, "momentum": 0.5}),
    ],
)
def test_every_rule_trains_to_the_accuracy(rule: str, options: dict[str, object]) -> None:
    simulation = finished(rule, list(SPEEDS), **options)
    assert simulation.run.ending is not None
    assert simulation.run.ending.kind == "accuracy"


def test_rounds_matched_to_speed_waste_nothing() -> None:
    simulation = finished("diloco", list(SPEEDS), iterations=20, match="speed", momentum=0.5)
    assert simulation.run.outcomes[Outcome.STALE] == 0
    assert simulation.run.status(simulation.now).staleness == 0


def test_in_a_round_with_a_backup_the_phone_is_the_one_left_out() -> None:
    simulation = finished("sync-sgd", list(SPEEDS), backup=1)
    assert simulation.run.outcomes[Outcome.STALE] > 0
