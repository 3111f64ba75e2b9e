"""The server's side of a simulation: the real run and the real engine, and what a server does with their answers."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, Protocol

from webnn.core import effects as fx
from webnn.core import events as ev
from webnn.core.leases import Lease
from webnn.core.metrics import Validation
from webnn.core.run import Run
from webnn.engine.appraising import before_and_after, began
from webnn.engine.base import Snapshot, at_once
from webnn.engine.local import LocalEngine
from webnn.engine.sketching import agree
from webnn.sim.agenda import Agenda
from webnn.sim.going_back import Returner

ANSWERS = (ev.Judged, ev.Replayed, ev.Tried, ev.Appraised, ev.MergeDone, ev.Validated)
"""Events that answer what a run has asked for."""

ANNOUNCE_SECONDS = 0.25
"""Versions are announced at most so often."""

REPLAY_STEP_SECONDS = 0.02
"""What a step of a replay takes the evaluator."""

TRIAL_EXAMPLE_SECONDS = 1e-4
"""What the evaluator takes to validate weights on one example."""

Replay = Callable[[Lease, Any], Coroutine[Any, Any, Any]]
Evaluate = Callable[[Any, int | None], Coroutine[Any, Any, Validation]]


class Audience(Protocol):
    """The volunteers, as the server knows them. Each call is a message on its way."""

    def grant(self, lease: Lease, newest: int) -> None: ...

    def tell_to_wait(self, volunteer_id: str, seconds: float) -> None: ...

    def settle(self, effect: fx.Settle, newest: int) -> None: ...

    def announce(self, version: int) -> None: ...


class Server:
    """Hands events to the run and performs its effects. Each update takes `update_seconds` of virtual time, one after
    another; validation, which another process does, takes none.
    """

    def __init__(  # noqa: PLR0917 (the parts of a server, in the order in which they are used)
        self,
        run: Run,
        engine: LocalEngine,
        agenda: Agenda,
        audience: Audience,
        evaluate: Evaluate,
        replay: Replay,
        *,
        update_seconds: float = 0.0,
    ) -> None:
        self.run = run
        self.engine = engine
        self._agenda = agenda
        self._audience = audience
        self._evaluate = evaluate
        self._replay = replay
        self.accused: list[tuple[float, str]] = []
        self.merged_examples: Counter[str] = Counter()
        self.num_harms = 0
        self.num_returns = 0
        self._returner = Returner()
        self.num_replays = 0
        self.num_trials = 0
        self.replay_seconds = 0.0
        self._update_seconds = update_seconds
        self._free_at = 0.0
        self._leased: dict[str, int] = {}
        self._announced_at = -ANNOUNCE_SECONDS
        self._announcing = False
        self._wake = 0
        self._queue: list[ev.Event] = []
        self._handling = False
        self.staleness = 0
        self.num_merged = 0
        self.published_at = 0.0  # the newest version

    async def receive(self, event: ev.Event) -> None:
        """Take an event as it arrives: updates wait for each other where the server takes time for each."""
        if self._update_seconds > 0 and isinstance(event, ev.UpdateArrived):
            self._free_at = max(self._free_at, self._agenda.now) + self._update_seconds
            self._agenda.at(self._free_at, self.handle, event)
        else:
            await self.handle(event)

    async def handle(self, event: ev.Event) -> None:
        """Let the run handle `event`, and everything that follows from it now."""
        self._queue.append(event)
        if self._handling:
            return
        self._handling = True
        while self._queue:
            event = self._queue.pop(0)
            effects = self.run.handle(event, self._agenda.now)
            for effect in effects:
                await self._perform(effect)
            if isinstance(event, ev.Validated):
                self._returner.validated(self.run, self.engine, self._agenda.now)
            if any(isinstance(effect, fx.Publish) for effect in effects):
                self.engine.retain(set(self._leased.values()))
            if any(isinstance(effect, fx.GoBack) for effect in effects):
                self._go_back()
        self._handling = False

    def _go_back(self) -> None:
        """Go on from the best version, with everyone who is there; answers to what was asked before are dropped."""
        before = self.run
        run = self._returner.go_back(before, self.engine, self._agenda.now)
        if run is None:
            return
        self.run = run
        self.num_returns += 1
        self._leased.clear()
        waiting = {volunteer.volunteer_id for volunteer in before.waiting}
        joined: list[ev.Event] = [ev.Joined(each.volunteer_id, each.device) for each in before.volunteers]
        ready = [
            ev.Ready(each.volunteer_id, each.device.backend, each.pace)
            for each in before.volunteers
            if each.volunteer_id in waiting
        ]
        kept = [event for event in self._queue if not isinstance(event, ANSWERS)]
        self._queue[:] = [*joined, *ready, *kept, ev.Tick()]
        self._announce()

    async def _perform(self, effect: fx.Effect) -> None:  # noqa: PLR0912 (one case for each kind of effect)
        match effect:
            case fx.Grant(lease):
                self._leased[lease.lease_id] = lease.version
                self._returner.granted(effect)
                self._audience.grant(lease, self.run.version)
            case fx.Wait(volunteer_id, _, seconds):
                self._audience.tell_to_wait(volunteer_id, seconds)
            case fx.Judge(lease_id, payload, base_version):
                self._queue.append(ev.Judged(lease_id, at_once(self.engine.judge(payload, base_version))))
            case fx.Replay():
                await self._begin_replay(effect)
            case fx.Try():
                await self._begin_trial(effect)
            case fx.Accused(volunteer_id, _):
                self.accused.append((self._agenda.now, volunteer_id))
            case fx.GoBack():
                self.num_harms += 1
            case fx.Appraise(lease_id, num_examples, payload):
                self._queue.append(ev.Appraised(lease_id, await self._evaluate(payload, num_examples)))
            case fx.Merge():
                self._merge(effect)
            case fx.Merged():
                self.merged_examples[effect.volunteer_id] += effect.num_examples
                self.staleness += effect.staleness
                self.num_merged += 1
            case fx.Settle():
                self._leased.pop(effect.lease_id, None)
                self._returner.settled(effect, self.run.version, self._agenda.now)
                self._audience.settle(effect, self.run.version)
            case fx.Publish():
                self.published_at = self._agenda.now
                self._announce()
            case fx.Validate(version, whole, num_examples):
                result = await self._evaluate(self.engine.newest.weights, None if whole else num_examples)
                self._queue.append(ev.Validated(version, whole, result))
            case fx.Wake(at):
                self._wake += 1
                self._agenda.at(at, self._tick, self._wake)
            case fx.Adopt(strategy):
                at_once(self.engine.adopt(strategy))
            case fx.StateChanged() | fx.SettingsApplied():
                pass

    async def _begin_replay(self, effect: fx.Replay) -> None:
        """Train a lease again at once; its answer takes as long as the evaluator needs."""
        base = began(self.snapshot(effect.base_version).weights, effect.carried)
        replays = await self._replay(effect.lease, base)
        agreement, ratio = agree(effect.payload, replays, effect.lease.wants, base)
        seconds = len(replays) * effect.lease.iterations * REPLAY_STEP_SECONDS
        self.replay_seconds += seconds
        self.num_replays += 1
        answer = ev.Replayed(effect.lease.lease_id, agreement, ratio, seconds)
        self._agenda.at(self._agenda.now + seconds, self._answer, answer, self.run)

    async def _begin_trial(self, effect: fx.Try) -> None:
        """Try an update on held-out examples at once; its answer takes as long as the evaluator needs."""
        vectors = before_and_after(effect, self.snapshot(effect.base_version).weights)
        before, after = [(await self._evaluate(each, effect.num_examples)).loss for each in vectors]
        seconds = 2 * effect.num_examples * TRIAL_EXAMPLE_SECONDS
        self.replay_seconds += seconds
        self.num_trials += 1
        answer = ev.Tried(effect.lease.lease_id, before, after, seconds)
        self._agenda.at(self._agenda.now + seconds, self._answer, answer, self.run)

    async def _answer(self, event: ev.Event, run: Run) -> None:
        """Hand over an answer, unless another run has taken the place of the one that asked."""
        if run is self.run:
            await self.handle(event)

    def _merge(self, effect: fx.Merge) -> None:
        contributions = effect.contributions
        if self.run.strategy.needs_base:
            contributions = tuple(
                replace(each, base=self.snapshot(each.base_version).weights) for each in contributions
            )
        at_once(self.engine.merge(effect.version, effect.iterations, contributions))
        self._queue.append(ev.MergeDone(effect.version))

    def snapshot(self, version: int) -> Snapshot:
        """The weights of `version`, or the newest where it is gone."""
        return self.engine.snapshot(version) or self.engine.newest

    async def _tick(self, wake: int) -> None:
        if wake == self._wake:
            await self.handle(ev.Tick())

    def _announce(self) -> None:
        if self._announcing:
            return
        due = self._announced_at + ANNOUNCE_SECONDS
        if self._agenda.now >= due:
            self._announce_now()
        else:
            self._announcing = True
            self._agenda.at(due, self._announce_now)

    def _announce_now(self) -> None:
        self._announcing = False
        self._announced_at = self._agenda.now
        self._audience.announce(self.run.version)


def make_engine(run: Run, initial: Any) -> LocalEngine:
    """Make an engine that computes at once, however large the model, and samples what the run's seed says."""
    config = run.config
    return LocalEngine(
        run.strategy,
        initial,
        config.num_trainable,
        inline_weights=sys.maxsize,
        frozen=config.frozen,
        sample_seed=config.seed,
    )
