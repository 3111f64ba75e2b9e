"""A small world round a run: settings, volunteers and edges that answer at once, on a virtual clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from webnn.core import effects as fx
from webnn.core import events as ev
from webnn.core.config import RunConfig, ShardSize, StopConditions
from webnn.core.leases import Lease, Outcome
from webnn.core.metrics import TrainingMetrics, Validation, Verdict
from webnn.core.run import Run
from webnn.core.states import WaitReason

NUM_WEIGHTS = 4
_Effect = TypeVar("_Effect", bound=fx.Effect)

DEFAULTS = RunConfig(
    seed=7,
    shards=(ShardSize("aa", 60), ShardSize("bb", 40)),
    batch_size=10,
    learning_rate=0.1,
    num_weights=NUM_WEIGHTS,
    num_trainable=NUM_WEIGHTS,
    validation_total=50,
    validation_examples=20,
    stop=StopConditions(seconds=100_000),
)


def config(**changes: Any) -> RunConfig:
    """Make the usual settings with `changes`; `stop` may be a dict."""
    if isinstance(changes.get("stop"), dict):
        changes["stop"] = StopConditions(**changes["stop"])
    return replace(DEFAULTS, **changes)


class World:
    """Drives a run, and answers its questions at once unless told not to."""

    def __init__(self, *, start: bool = True, answers_validation: bool = True, **changes: Any) -> None:
        self.run = Run(config(**changes))
        self.now = 0.0
        self.log: list[fx.Effect] = []
        self.leases: dict[str, Lease] = {}
        self.accuracy: Callable[[fx.Validate], float] = lambda request: 0.5
        self.loss: Callable[[fx.Validate], float] = lambda request: 1.0
        self.answers_validation = answers_validation
        self.answers_merge = True
        self.answers_judge = True
        self.verdict = Verdict(finite=True, norm=1.0)
        if start:
            self.send(ev.Start())

    def send(self, event: ev.Event) -> list[fx.Effect]:
        """Hand over one event, then the answers to what the run asks for; returns every effect in order."""
        seen: list[fx.Effect] = []
        pending: list[ev.Event] = [event]
        while pending:
            for effect in self.run.handle(pending.pop(0), self.now):
                seen.append(effect)
                pending.extend(self._answer(effect))
        self.log.extend(seen)
        return seen

    def _answer(self, effect: fx.Effect) -> list[ev.Event]:
        match effect:
            case fx.Grant(lease):
                self.leases[lease.lease_id] = lease
            case fx.Judge(lease_id) if self.answers_judge:
                return [ev.Judged(lease_id, self.verdict)]
            case fx.Merge(version) if self.answers_merge:
                return [ev.MergeDone(version)]
            case fx.Validate() if self.answers_validation:
                return [self.validated(effect)]
            case _:
                pass
        return []

    def validated(self, request: fx.Validate) -> ev.Validated:
        result = Validation(self.loss(request), self.accuracy(request), request.num_examples)
        return ev.Validated(request.version, request.whole, result)

    def wait(self, seconds: float) -> list[fx.Effect]:
        self.now += seconds
        return self.send(ev.Tick())

    def join(self, volunteer_id: str) -> list[fx.Effect]:
        return self.send(ev.Joined(volunteer_id, ev.Device("browser", "test")))

    def ready(self, volunteer_id: str, seconds_per_iteration: float | None = None) -> Lease | None:
        """Ask for a lease; None when told to wait."""
        effects = self.send(ev.Ready(volunteer_id, "cpu", seconds_per_iteration))
        granted = [effect.lease for effect in only(effects, fx.Grant) if effect.lease.volunteer_id == volunteer_id]
        return granted[0] if granted else None

    def update(
        self, lease: Lease, *, base: int | None = None, seconds: float = 1.0, payload: Any = None, **changes: Any
    ) -> list[fx.Effect]:
        """Deliver a lease's update."""
        return self.send(replace(self.arrival(lease, base=base, seconds=seconds, payload=payload), **changes))

    def arrival(
        self, lease: Lease, *, base: int | None = None, seconds: float = 1.0, payload: Any = None
    ) -> ev.UpdateArrived:
        """Make the event of a lease's update."""
        return ev.UpdateArrived(
            volunteer_id=lease.volunteer_id,
            lease_id=lease.lease_id,
            base_version=lease.version if base is None else base,
            iterations=lease.iterations,
            num_examples=lease.num_examples,
            seconds=seconds,
            metrics=TrainingMetrics(0.5, 0.9),
            payload=np.ones(NUM_WEIGHTS, np.float32) if payload is None else payload,
        )

    def new(self, volunteer_id: str, seconds_per_iteration: float | None = None) -> Lease:
        """Join and get a lease."""
        self.join(volunteer_id)
        lease = self.ready(volunteer_id, seconds_per_iteration)
        assert lease is not None
        return lease

    def merge_once(self, volunteer_id: str) -> list[fx.Effect]:
        """One lease there and back."""
        lease = self.ready(volunteer_id)
        assert lease is not None
        return self.update(lease)


def only(effects: list[fx.Effect], kind: type[_Effect]) -> list[_Effect]:
    return [effect for effect in effects if isinstance(effect, kind)]


def outcomes(effects: list[fx.Effect]) -> list[Outcome]:
    return [effect.outcome for effect in only(effects, fx.Settle)]


def reasons(effects: list[fx.Effect]) -> list[WaitReason]:
    return [effect.reason for effect in only(effects, fx.Wait)]
