"""The life of one run in the server: the one place that turns effects into actions."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, Protocol, assert_never

from webnn.core.effects import (
    Accused,
    Adopt,
    Appraise,
    Effect,
    GoBack,
    Grant,
    Judge,
    Merge,
    Merged,
    Publish,
    Replay,
    SettingsApplied,
    Settle,
    StateChanged,
    Try,
    Validate,
    Wait,
    Wake,
)
from webnn.core.errors import WebNNError
from webnn.core.events import Event, Tick, Validated
from webnn.core.frames import Buffer
from webnn.core.run import Run
from webnn.core.states import RunState
from webnn.engine.base import Engine, Snapshot
from webnn.server.activity import Activity
from webnn.server.audience import Audience
from webnn.server.config import Limits
from webnn.server.connection import Connection
from webnn.server.event_queue import EventQueue, Handled, Turn, settle
from webnn.server.herald import Herald
from webnn.server.info import RunInfo
from webnn.server.insight import Insight
from webnn.server.intake import Intake
from webnn.server.jobs import Jobs, Validator
from webnn.server.keeping import Keeper
from webnn.server.logs import run_logger
from webnn.server.memory import Memory
from webnn.server.metrics import History, Point
from webnn.server.news import News
from webnn.server.status import run_status
from webnn.server.traffic import Traffic
from webnn.server.vitals import Vitals
from webnn.store import journal as jn


class Shards(Protocol):
    """What the server needs of the training set."""

    def get(self, name: str) -> Buffer:
        """A shard's frame; raises `WebNNError("no_such_shard")`."""

    def gzipped(self, name: str) -> Buffer | None:
        """The same, compressed; None where that does not pay."""


class RunTask:
    """Feeds a run its events in order and does what it asks for.

    Judging, merging and validating happen beside the events, so that nothing waits for arithmetic. When something
    breaks that nobody foresaw the run is `failed`, everyone is told, and the rest of the server goes on.
    """

    def __init__(
        self,
        info: RunInfo,
        run: Run,
        engine: Engine,
        validator: Validator,
        shards: Shards,
        *,
        clock: Callable[[], float],
        limits: Limits | None = None,
        keeper: Keeper | None = None,
    ) -> None:
        self.info = info.with_settings(run.config) if run.changes else info
        self.run = run
        self.engine = engine
        self.shards = shards
        self.keeper = keeper
        self.limits = limits or Limits()
        self.traffic = Traffic()
        self.history = History()
        self.vitals = Vitals()
        self.audience = Audience(self.history)
        self.activity = Activity()
        self.insight: Insight | None = None
        self.memory = Memory(self)
        self.blocked: set[str] = set()  # volunteers whom the owner sent away
        self.log = run_logger(info.id)
        self.best: Snapshot | None = None
        self.failure: str | None = None
        self.returner: Callable[[GoBack], Coroutine[Any, Any, None]] | None = None
        self.saver: Callable[[], Coroutine[Any, Any, Path]] | None = None
        self.intake = Intake(self.limits.held_update_bytes)
        self._clock = clock
        self._events = EventQueue()
        self._herald = Herald(self, self.audience)
        self._jobs = Jobs(self, validator)
        self._leased: dict[str, int] = {}  # the versions of open leases
        self._leased_versions: Counter[int] = Counter()  # the same, counted: there may be thousands of leases
        self._listeners: list[Callable[[News], None]] = []
        self._handled_at = 0.0
        self._wake: asyncio.TimerHandle | None = None
        self._wake_for = 0.0
        self._awaited = 0.0
        self._over = asyncio.Event()

    # what can be seen

    @property
    def now(self) -> float:
        """Seconds on the run's clock."""
        return self._clock()

    @property
    def state(self) -> RunState:
        return RunState.FAILED if self.failure is not None else self.run.state

    @property
    def reason(self) -> str | None:
        return self.failure if self.failure is not None else self.run.reason

    @property
    def notes(self) -> str:
        """What the owner wrote about the run."""
        return self.memory.notes

    @property
    def current(self) -> Snapshot:
        """The run's current version (the engine may be one ahead for a moment)."""
        return self.engine.snapshot(self.run.version) or self.engine.newest

    @property
    def queued(self) -> int:
        """Events that wait to be handled."""
        return len(self._events)

    @property
    def open_leases(self) -> int:
        """Leases that are out."""
        return len(self._leased)

    def status(self) -> dict[str, Any]:
        """Describe the run as `status` of docs/protocol.md does."""
        return run_status(self)

    def listen(self, listener: Callable[[News], None]) -> None:
        """Call `listener` with every piece of news. It must be quick and must not raise."""
        self._listeners.append(listener)

    def tell(self, news: News) -> None:
        """Tell the listeners."""
        for listener in self._listeners:
            listener(news)

    # events

    def post(self, event: Event) -> None:
        """Hand an event over; it is handled soon, after those before it. A run that has failed takes no more."""
        if self.failure is None:
            self._events.post(event)

    def post_if(self, event: Event, condition: Callable[[], bool]) -> None:
        """The same, for the case that `condition` holds when its turn comes."""
        if self.failure is None:
            self._events.post_if(event, condition)

    async def ask(self, event: Event) -> None:
        """Hand an event over and wait until it has been handled. Raises `WebNNError("not_running")` if the run's state
        does not allow it, or the run is gone.
        """
        await self._events.ask(event)

    async def deliver(self, event: Event) -> None:
        """Hand over an event and return when it has been handled, or the run takes no more."""
        await self._events.deliver(event)

    def attempt(self, event: Event, condition: Callable[[], bool] = lambda: True) -> None:
        """Hand over an event of control, for the case that `condition` holds when its turn comes and that the run does
        not refuse it; otherwise nothing happens.
        """
        self._events.attempt(event, condition)

    async def between_events(self, turn: Turn) -> None:
        """Do something, such as `switch`, while no event is handled and no arithmetic is under way.

        Raises what `turn` raises, and `WebNNError("not_running")` if the run is gone.
        """
        await self._events.ask(turn)

    def handle_now(self, event: Event) -> None:
        """Handle an event at once, before those that wait; for a turn between events."""
        self._handle(event)

    def switch(self, run: Run, validation: Sequence[Point], training: Sequence[Point]) -> None:
        """Go on with another run of the same settings, whose weights the engine has, and show its history. Answers to
        what the run before asked for are dropped.
        """
        self._jobs.drop()
        self.run = run
        self._leased.clear()
        self._leased_versions.clear()
        self.intake.clear()
        self.history.replace(validation, training)
        self.audience.start_over()
        self._herald.announce()
        self._herald.tell_state(self.state, self.reason)
        self.post(Tick())

    # life

    def start(self) -> None:
        """Begin to handle events, in a task of its own."""
        assert self._events.reader is None
        if self.keeper is not None:
            self.keeper.start(self)
        self._events.reader = asyncio.create_task(self._live(), name=f"run {self.info.id}")

    async def wait_over(self) -> None:
        """Return when the run is over and its weights no longer change."""
        await self._over.wait()

    async def close(self) -> None:
        """Stop handling events; merges that are under way are waited for, validations are not."""
        if self._wake is not None:
            self._wake.cancel()
        self._herald.close()
        if self._events.reader is None:
            return
        self._events.close()
        self._jobs.cancel()
        await self._events.reader
        if self.keeper is not None:
            await self.keeper.close()

    async def _live(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                self._jobs.begin(group)
                beats = group.create_task(self._herald.beat_for_ever())
                await self._handle_events()
                beats.cancel()
        except Exception as error:
            self._fail(error)

    async def _handle_events(self) -> None:
        async for what, handled in self._events.read():
            if callable(what):
                await self._take_turn(what, handled)
            elif handled is None:
                self._handle(what)
            else:
                self._answer(what, handled)

    async def _take_turn(self, turn: Turn, handled: Handled | None) -> None:
        try:
            async with self._jobs.set_aside():
                await turn()
        except Exception as error:  # whoever asked for it is told; the run goes on as it was left
            if handled is None:
                raise
            settle(handled, error)
        else:
            settle(handled)

    def _answer(self, event: Event, handled: Handled) -> None:
        """Handle an event for someone who waits, and who is told if the run's state does not allow it."""
        try:
            self._handle(event)
        except WebNNError as error:
            settle(handled, error)
        else:
            settle(handled)

    def _handle(self, event: Event) -> None:
        now = self._handled_at = self.now
        effects = self.run.handle(event, now)
        logged = self.activity.saw(event, effects, self.run.seconds(now))
        if isinstance(event, Validated):
            self._keep_best()
        if self.keeper is not None:
            self.keeper.note(*map(jn.logged, logged))
            self.keeper.handled(event, effects, now)
            if isinstance(event, Validated):
                self.keeper.validated(event.version)
        self.perform(effects)

    def _keep_best(self) -> None:
        """Keep the weights of the version that validated best, of which the newest answer may have made another."""
        best = self.run.best
        for snapshot in (self._jobs.validated, self.current):
            if best is not None and snapshot is not None and snapshot.version == best.version:
                self.best = snapshot

    def _fail(self, error: Exception) -> None:
        cause = error.exceptions[0] if isinstance(error, ExceptionGroup) else error
        self.failure = str(cause) if isinstance(cause, WebNNError) else f"Something broke in the server: {cause!r}"
        self.log.error("run failed", exc_info=error)
        if self.keeper is not None:
            self.keeper.failed(self.failure, self.now)
        self._herald.tell_state(RunState.FAILED, self.failure)
        self.audience.close_volunteers("internal", self.failure)
        self._over.set()

    # effects

    def perform(self, effects: Sequence[Effect]) -> None:
        """Do what the run asks for."""
        published = False
        for effect in effects:
            self._perform(effect)
            published = published or type(effect) is Publish
        if published:
            self.engine.retain(self._versions_needed())
        if self.run.state.over and not self._jobs.computing:
            self._over.set()

    def _versions_needed(self) -> set[int]:
        """Versions that open leases start from; all since the oldest of them where merging looks back at the base."""
        leased = set(self._leased_versions)
        if leased and self.run.strategy.needs_base:
            leased.update(range(min(leased), self.run.version))
        return leased

    def _perform(self, effect: Effect) -> None:  # noqa: PLR0912 (one case for each kind of effect, ordinary ones first)
        match effect:
            case Grant(lease):
                self._leased[lease.lease_id] = lease.version
                self._leased_versions[lease.version] += 1
                self._herald.grant(effect)
            case Judge():
                self._jobs.judge(effect)
            case Merge():
                if self.keeper is not None:
                    self.keeper.begin_merge()
                self._jobs.merge(effect)
            case Merged():
                self.history.merged(self.run.seconds(self._handled_at), self.run.iterations, effect)
            case Settle(lease_id=lease_id):
                self._release(lease_id)
                self.intake.leave(lease_id)
                self._herald.settle(effect)
            case Publish():
                self._herald.announce()
            case Wake():
                self._wake_at(effect.at)
            case Wait():
                self._herald.wait(effect)
            case Replay():
                self._jobs.replay(effect)
            case Try():
                self._jobs.try_out(effect)
            case Accused():
                self.log.warning("a volunteer's lie is proved: %s", effect.reason)
            case GoBack():
                self.log.warning("%s", effect.reason)
                self._jobs.go_back(effect)
            case Appraise():
                self._jobs.appraise(effect)
            case Adopt():
                self._jobs.adopt(effect)
            case SettingsApplied():
                self.info = self.info.with_settings(self.run.config)
                self.memory.settings_changed(effect, self.run.seconds(self._handled_at))
                self._herald.show_now()
            case Validate():
                self._jobs.validate(effect)
            case StateChanged():
                self.log.info("%s: %s", effect.state, effect.reason)
                self._herald.tell_state(effect.state, effect.reason)
            case _:
                assert_never(effect)

    def _release(self, lease_id: str) -> None:
        version = self._leased.pop(lease_id, None)
        if version is not None:
            self._leased_versions[version] -= 1
            if not self._leased_versions[version]:
                del self._leased_versions[version]

    def _wake_at(self, at: float) -> None:
        """Post a `Tick` at `at` instead of at what was asked for before. A timer that is earlier stays: deadlines move
        with every merge, and when it goes off it is set anew.
        """
        self._awaited = at
        if self._wake is None or at < self._wake_for:
            self._set_wake(at)

    def _set_wake(self, at: float) -> None:
        if self._wake is not None:
            self._wake.cancel()
        self._wake_for = at
        self._wake = asyncio.get_running_loop().call_later(max(0.0, at - self.now), self._woken)

    def _woken(self) -> None:
        self._wake = None
        if self._wake_for < self._awaited:
            self._set_wake(self._awaited)
        else:
            self.post(Tick())

    # connections

    def enter(self, connection: Connection) -> None:
        """Let a connection in that said who it is, and send it what has happened so far."""
        self._herald.welcome(connection)
