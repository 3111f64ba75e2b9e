"""The life of one run in the server: the one place that turns effects into actions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, assert_never

from webnn.core import messages
from webnn.core.effects import (
    Accused,
    Appraise,
    Effect,
    GoBack,
    Grant,
    Judge,
    Merge,
    Merged,
    Publish,
    Replay,
    Settle,
    StateChanged,
    Validate,
    Wait,
    Wake,
)
from webnn.core.errors import WebNNError
from webnn.core.events import Appraised, Event, Judged, MergeDone, Replayed, Tick, Validated, ValidationFailed, Vector
from webnn.core.frames import Buffer, encode_frame
from webnn.core.leases import Lease
from webnn.core.metrics import Validation
from webnn.core.run import Run
from webnn.core.states import RunState
from webnn.engine.base import Engine, Snapshot
from webnn.server.activity import Activity
from webnn.server.audience import Audience
from webnn.server.checking import replay
from webnn.server.config import Limits
from webnn.server.connection import Connection
from webnn.server.info import RunInfo
from webnn.server.insight import Insight
from webnn.server.intake import Intake
from webnn.server.keeping import Keeper
from webnn.server.logs import run_logger
from webnn.server.metrics import History, Point
from webnn.server.news import News, StateNews, StatusNews, ValidationNews
from webnn.server.status import run_status
from webnn.server.traffic import Traffic

APPRAISED_AS_VERSION = 0
"""The evaluator draws its sample by version: one that no weights ever have keeps appraisals to one sample."""


Turn = Callable[[], Coroutine[Any, Any, None]]
"""Something that is done between two events."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An event for the case that something holds when its turn comes."""

    event: Event
    condition: Callable[[], bool]


class Validator(Protocol):
    """What a run needs of the evaluator."""

    async def validate(self, weights: Buffer, num_examples: int | None, version: int) -> Validation:
        """Metrics of a flat float32 vector on `num_examples` held-out examples, drawn anew for each `version`, or on
        all of them.
        """

    async def replay(self, lease: Lease, weights: Buffer, frames: Mapping[str, Buffer]) -> tuple[Vector, float]:
        """Train a lease from a flat float32 vector, on shards' frames by name; returns what the lease wants, and the
        seconds that it took. Asked only where the run's settings have a `replay_share`.
        """


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
        self.info = info
        self.run = run
        self.engine = engine
        self.shards = shards
        self.keeper = keeper
        self.limits = limits or Limits()
        self.traffic = Traffic()
        self.history = History()
        self.audience = Audience(self.history)
        self.activity = Activity()
        self.insight: Insight | None = None
        self.blocked: set[str] = set()  # volunteers whom the owner sent away
        self.log = run_logger(info.id)
        self.best: Snapshot | None = None
        self._validated: Snapshot | None = None
        self.failure: str | None = None
        self.returner: Callable[[GoBack], Coroutine[Any, Any, None]] | None = None
        self.saver: Callable[[], Coroutine[Any, Any, Path]] | None = None
        self._clock = clock
        self._validator = validator
        self.intake = Intake(self.limits.held_update_bytes)
        self._events: asyncio.Queue[tuple[Event | Turn | Attempt, asyncio.Future[None] | None] | None] = asyncio.Queue()
        self._leased: dict[str, int] = {}  # the versions of open leases
        self._listeners: list[Callable[[News], None]] = []
        self._task: asyncio.Task[None] | None = None
        self._jobs: asyncio.TaskGroup | None = None
        self._beside: set[asyncio.Task[None]] = set()
        self._arithmetic = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._generation = 0
        self._handled_at = 0.0
        self._wake: asyncio.TimerHandle | None = None
        self._announcement: asyncio.TimerHandle | None = None
        self._announced = 0
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
    def current(self) -> Snapshot:
        """The run's current version (the engine may be one ahead for a moment)."""
        return self.engine.snapshot(self.run.version) or self.engine.newest

    @property
    def queued(self) -> int:
        """Events that wait to be handled."""
        return self._events.qsize()

    def status(self) -> dict[str, Any]:
        """Describe the run as `status` of docs/protocol.md does."""
        return run_status(self)

    def listen(self, listener: Callable[[News], None]) -> None:
        """Call `listener` with every piece of news. It must be quick and must not raise."""
        self._listeners.append(listener)

    # events

    def post(self, event: Event) -> None:
        """Hand an event over; it is handled soon, after those before it. A run that has failed takes no more."""
        if self.failure is None:
            self._events.put_nowait((event, None))

    async def ask(self, event: Event) -> None:
        """Hand an event over and wait until it has been handled. Raises `WebNNError("not_running")` if the run's state
        does not allow it, or the run is gone.
        """
        await self._hand_over(event)

    async def _hand_over(self, event: Event | Turn) -> None:
        if self._task is None or self._task.done():
            raise WebNNError("not_running")
        handled = asyncio.get_running_loop().create_future()
        self._events.put_nowait((event, handled))
        await asyncio.wait([handled, self._task], return_when=asyncio.FIRST_COMPLETED)
        if not handled.done():
            raise WebNNError("not_running")
        handled.result()

    async def deliver(self, event: Event) -> None:
        """Hand over an event and return when it has been handled, or the run takes no more."""
        with suppress(WebNNError):
            await self._hand_over(event)

    def attempt(self, event: Event, condition: Callable[[], bool] = lambda: True) -> None:
        """Hand over an event of control, for the case that `condition` holds when its turn comes and that the run does
        not refuse it; otherwise nothing happens.
        """
        if self._task is not None and not self._task.done():
            handled = asyncio.get_running_loop().create_future()
            handled.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._events.put_nowait((Attempt(event, condition), handled))

    async def between_events(self, turn: Turn) -> None:
        """Do something while no event is handled and no arithmetic is under way; answers to come are dropped.

        Raises what `turn` raises, and `WebNNError("not_running")` if the run is gone.
        """
        await self._hand_over(turn)

    def handle_now(self, event: Event) -> None:
        """Handle an event at once, before those that wait; for a turn between events."""
        self._handle(event)

    def switch(self, run: Run, validation: Sequence[Point], training: Sequence[Point]) -> None:
        """Go on with another run of the same settings, whose weights the engine has, and show its history."""
        self.run = run
        self._leased.clear()
        self.intake.clear()
        self.history.replace(validation, training)
        self.audience.start_over()
        self._announce()
        self._tell_state(self.state, self.reason)
        self.post(Tick())

    # life

    def start(self) -> None:
        """Begin to handle events, in a task of its own."""
        assert self._task is None
        if self.keeper is not None:
            self.keeper.start(self)
        self._task = asyncio.create_task(self._live(), name=f"run {self.info.id}")

    async def wait_over(self) -> None:
        """Return when the run is over and its weights no longer change."""
        await self._over.wait()

    async def close(self) -> None:
        """Stop handling events; merges that are under way are waited for, validations are not."""
        for handle in (self._wake, self._announcement):
            if handle is not None:
                handle.cancel()
        if self._task is None:
            return
        self._events.put_nowait(None)
        for job in self._beside:
            job.cancel()
        await self._task
        if self.keeper is not None:
            await self.keeper.close()

    async def _live(self) -> None:
        try:
            async with asyncio.TaskGroup() as jobs:
                self._jobs = jobs
                beats = jobs.create_task(self._beat_for_ever())
                await self._handle_events()
                beats.cancel()
        except Exception as error:
            self._fail(error)

    async def _handle_events(self) -> None:
        while (item := await self._events.get()) is not None:
            event, handled = item
            if isinstance(event, Attempt):
                if not event.condition():
                    if handled is not None and not handled.done():
                        handled.set_result(None)
                    continue
                event = event.event
            if callable(event):
                await self._take_turn(event, handled)
            elif handled is None:
                self._handle(event)
            elif not handled.done():
                self._answer(event, handled)

    async def _take_turn(self, turn: Turn, handled: asyncio.Future[None] | None) -> None:
        for job in self._beside:
            job.cancel()
        self._generation += 1
        await self._idle.wait()
        try:
            await turn()
        except Exception as error:  # whoever asked for it is told; the run goes on as it was left
            if handled is None or handled.done():
                raise
            handled.set_exception(error)
        else:
            if handled is not None and not handled.done():
                handled.set_result(None)

    def _answer(self, event: Event, handled: asyncio.Future[None]) -> None:
        """Handle an event for someone who waits, and who is told if the run's state does not allow it."""
        try:
            self._handle(event)
        except WebNNError as error:
            handled.set_exception(error)
        else:
            handled.set_result(None)

    def _handle(self, event: Event) -> None:
        now = self._handled_at = self.now
        effects = self.run.handle(event, now)
        self.activity.saw(event, effects, self.run.seconds(now))
        if isinstance(event, Validated):
            self._keep_best()
        if self.keeper is not None:
            self.keeper.handled(event, effects, now)
            if isinstance(event, Validated):
                self.keeper.validated(event.version)
        self.perform(effects)

    def perform(self, effects: Sequence[Effect]) -> None:
        """Do what the run asks for."""
        for effect in effects:
            self._perform(effect)
        if any(isinstance(effect, Publish) for effect in effects):
            self.engine.retain(self._versions_needed())
        if self.run.state.over and not self._arithmetic:
            self._over.set()

    def _versions_needed(self) -> set[int]:
        """Versions that open leases start from; all since the oldest of them where merging looks back at the base."""
        leased = set(self._leased.values())
        if leased and self.run.strategy.needs_base:
            leased.update(range(min(leased), self.run.version))
        return leased

    def _fail(self, error: Exception) -> None:
        cause = error.exceptions[0] if isinstance(error, ExceptionGroup) else error
        self.failure = str(cause) if isinstance(cause, WebNNError) else f"Something broke in the server: {cause!r}"
        self.log.error("run failed", exc_info=error)
        if self.keeper is not None:
            self.keeper.failed(self.failure, self.now)
        self._tell_state(RunState.FAILED, self.failure)
        self.audience.close_volunteers("internal", self.failure)
        self._over.set()

    # effects

    def _perform(self, effect: Effect) -> None:  # noqa: PLR0912 (one case for each kind of effect)
        match effect:
            case Grant():
                self._grant(effect)
            case Wait():
                self._send(effect.volunteer_id, messages.wait(effect.reason, effect.seconds))
            case Judge():
                self._spawn(self._judge(effect))
            case Replay():
                base = self.engine.snapshot(effect.base_version)
                self._spawn(self._replay(effect, base), cancellable=True)
            case Accused():
                self.log.warning("a volunteer's lie is proved: %s", effect.reason)
            case GoBack():
                self.log.warning("%s", effect.reason)
                if self.returner is not None:
                    self._spawn(self.returner(effect))
            case Appraise():
                self._spawn(self._appraise(effect), cancellable=True)
            case Merge():
                if self.keeper is not None:
                    self.keeper.begin_merge()
                self._spawn(self._merge(effect))
            case Merged():
                self.history.merged(self.run.seconds(self._handled_at), self.run.iterations, effect)
            case Settle():
                self._settle(effect)
            case Publish():
                self._announce()
            case Validate():
                self._spawn(self._validate(effect, self._snapshot_of(effect.version)), cancellable=True)
            case StateChanged():
                self.log.info("%s: %s", effect.state, effect.reason)
                self._tell_state(effect.state, effect.reason)
            case Wake():
                self._wake_at(effect.at)
            case _:
                assert_never(effect)

    def _send(self, volunteer_id: str, header: dict[str, Any]) -> None:
        connection = self.audience.volunteer(volunteer_id)
        if connection is not None:
            connection.send_header(header)

    def _grant(self, effect: Grant) -> None:
        lease = effect.lease
        self._leased[lease.lease_id] = lease.version
        connection = self.audience.volunteer(lease.volunteer_id)
        if connection is not None:
            base = self.engine.snapshot(lease.version) or self.current
            seconds = max(0.0, lease.deadline - self.now)
            header = messages.lease(lease, newest_hash=base.hash, encoding=connection.encoding, seconds=seconds)
            connection.send_header(header)

    def _settle(self, effect: Settle) -> None:
        self._leased.pop(effect.lease_id, None)
        self.intake.leave(effect.lease_id)
        current = self.current
        header = messages.outcome(
            lease_id=effect.lease_id,
            outcome=effect.outcome,
            version=current.version,
            newest_hash=current.hash,
            iterations=self.run.iterations,
            whole=effect.whole,
            detail=effect.detail,
        )
        self._send(effect.volunteer_id, header)

    def _announce(self) -> None:
        """Tell volunteers of the current version, now or as soon as the last announcement is old enough."""
        if self._announcement is None:
            self._announced = self.run.version
            self.audience.announce(self._version_frame)
            seconds = self.limits.announcement_seconds(len(self.audience.volunteers))
            self._announcement = asyncio.get_running_loop().call_later(seconds, self._announce_again)

    def _announce_again(self) -> None:
        self._announcement = None
        if self.run.version != self._announced:
            self._announce()

    def _version_frame(self) -> bytes:
        current = self.current
        return encode_frame(messages.version(current.version, current.hash, current.iterations))

    def _wake_at(self, at: float) -> None:
        if self._wake is not None:
            self._wake.cancel()
        loop = asyncio.get_running_loop()
        self._wake = loop.call_later(max(0.0, at - self.now), self.post, Tick())

    def _tell_state(self, state: RunState, reason: str | None) -> None:
        self.audience.tell_all(messages.state(state, reason))
        self._tell(StateNews(state, reason or ""))
        self._beat(to_volunteers=True)

    def _tell(self, news: News) -> None:
        for listener in self._listeners:
            listener(news)

    # jobs

    def _spawn(self, job: Coroutine[Any, Any, None], *, cancellable: bool = False) -> None:
        assert self._jobs is not None
        task = self._jobs.create_task(job)
        if cancellable:
            self._beside.add(task)
            task.add_done_callback(self._beside.discard)

    @contextmanager
    def _busy(self) -> Iterator[None]:
        """While entered, arithmetic is under way. What breaks in it leaves it under way: the run is failed then."""
        self._arithmetic += 1
        self._idle.clear()
        yield
        self._arithmetic -= 1
        if not self._arithmetic:
            self._idle.set()

    def _post_answer(self, generation: int, event: Event) -> None:
        """Hand over an answer, for the run that asked for it: when its turn comes, there may be another."""
        if self.failure is None:
            self._events.put_nowait((Attempt(event, lambda: generation == self._generation), None))

    async def _judge(self, effect: Judge) -> None:
        generation = self._generation
        with self._busy():
            verdict = await self.engine.judge(effect.payload, effect.base_version)
        self._post_answer(generation, Judged(effect.lease_id, verdict))

    async def _replay(self, effect: Replay, base: Snapshot | None) -> None:
        """Train a lease again, from the version that it was trained from; what cannot be done has no answer."""
        generation = self._generation
        answer = Replayed(effect.lease.lease_id, None, 0.0, 0.0)
        if base is not None:
            try:
                answer = await replay(self._validator, self.shards, effect, base)
            except WebNNError as error:
                self.log.warning("a lease could not be replayed: %s", error)
        self._post_answer(generation, answer)

    async def _appraise(self, effect: Appraise) -> None:
        """Validate the weights of an update, always on the same examples, so that two appraisals compare."""
        generation = self._generation
        result: Validation | None
        try:
            weights = effect.payload.data.cast("B")
            result = await self._validator.validate(weights, effect.num_examples, APPRAISED_AS_VERSION)
        except WebNNError as error:
            self.log.warning("an update could not be appraised: %s", error)
            result = None
        self._post_answer(generation, Appraised(effect.lease_id, result))

    async def _merge(self, effect: Merge) -> None:
        generation = self._generation
        with self._busy():
            if self.keeper is not None:
                await self.keeper.before_merge(effect.version)
            await self.engine.merge(effect.version, effect.iterations, effect.contributions)
        self._post_answer(generation, MergeDone(effect.version))

    def _snapshot_of(self, version: int) -> Snapshot | None:
        """Find the current version or the best one; None for another."""
        return next((one for one in (self.current, self.best) if one is not None and one.version == version), None)

    async def _validate(self, effect: Validate, snapshot: Snapshot | None) -> None:
        generation = self._generation
        if snapshot is None:
            self._post_answer(generation, ValidationFailed(effect.version, "Its weights are gone."))
            return
        iterations = self.run.iterations
        num_examples = None if effect.whole else effect.num_examples
        try:
            result = await self._validator.validate(snapshot.weights.data.cast("B"), num_examples, snapshot.version)
        except WebNNError as error:
            self.log.warning("validation of version %d failed: %s", snapshot.version, error)
            self._post_answer(generation, ValidationFailed(snapshot.version, str(error)))
            return
        if generation != self._generation:
            return
        latest = self.run.latest
        if latest is None or snapshot.version >= latest.version:  # the best one is looked at again when the run ends
            seconds = self.run.seconds(self.now)
            self.history.validated(seconds, snapshot.version, iterations, result, effect.whole)
            self._tell(ValidationNews(seconds, snapshot.version, iterations, effect.whole, result))
        self._validated = snapshot
        self._post_answer(generation, Validated(snapshot.version, effect.whole, result))
        if self.insight is not None:
            await self.insight.note(self.run.seconds(self.now), snapshot)

    def _keep_best(self) -> None:
        """Keep the weights of the version that validated best, of which the newest answer may have made another."""
        best = self.run.best
        for snapshot in (self._validated, self.current):
            if best is not None and snapshot is not None and snapshot.version == best.version:
                self.best = snapshot

    async def _beat_for_ever(self) -> None:
        to_volunteers = False
        while True:
            await asyncio.sleep(self.limits.live_seconds)
            self._beat(to_volunteers=to_volunteers)
            to_volunteers = not to_volunteers

    def _beat(self, *, to_volunteers: bool) -> None:
        status = self.status()
        self._tell(StatusNews(status))
        self.audience.show(status, to_volunteers=to_volunteers)

    # connections

    def enter(self, connection: Connection) -> None:
        """Let a connection in that said who it is, and send it what has happened so far."""
        self.audience.add(connection)
        validation, training = self.history.validation, self.history.training
        connection.seen_validations, connection.seen_training = validation.count, training.count
        header = messages.snapshot(self.info.head, self.status(), validation.points, training.points)
        connection.send_header(header)
