"""What a run asks for and what takes time: judging, appraising, merging, validating, beside the events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol

from webnn.core.effects import Adopt, Appraise, GoBack, Judge, Merge, Replay, Try, Validate
from webnn.core.errors import WebNNError
from webnn.core.events import (
    Appraised,
    Event,
    Judged,
    MergeDone,
    Replayed,
    Tick,
    Tried,
    Validated,
    ValidationFailed,
    Vector,
)
from webnn.core.frames import Buffer
from webnn.core.leases import Lease
from webnn.core.metrics import Validation
from webnn.engine.base import Snapshot, at_once
from webnn.server.checking import replay, try_out
from webnn.server.news import ValidationNews

if TYPE_CHECKING:
    from webnn.server.run_task import RunTask

APPRAISED_AS_VERSION = 0
"""The evaluator draws its sample by version: one that no weights ever have keeps appraisals to one sample."""


class Validator(Protocol):
    """What a run needs of the evaluator."""

    async def validate(self, weights: Buffer, num_examples: int | None, version: int) -> Validation:
        """Metrics of a flat float32 vector on `num_examples` held-out examples, drawn anew for each `version`, or on
        all of them.
        """

    async def replay(
        self, lease: Lease, weights: Buffer, frames: Mapping[str, Buffer]
    ) -> tuple[tuple[Vector, ...], float]:
        """Train a lease from a flat float32 vector, on shards' frames by name; returns what the lease wants, once for
        each memory that the optimiser was tried with, and the seconds that it took. Asked only where the run's settings
        have a `replay_share`.
        """


class Jobs:
    """The jobs of one run. Each one's answer is an event, posted for the run that asked: when its turn comes, another
    may have taken that one's place, and then it is dropped.
    """

    def __init__(self, task: RunTask, validator: Validator) -> None:
        self._task = task
        self._validator = validator
        self._group: asyncio.TaskGroup | None = None
        self._cancellable: set[asyncio.Task[None]] = set()
        self._arithmetic = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._answering = asyncio.Event()
        self._answering.set()
        self._generation = 0
        self.validated: Snapshot | None = None

    @property
    def computing(self) -> bool:
        """Whether arithmetic is under way."""
        return self._arithmetic > 0

    def begin(self, group: asyncio.TaskGroup) -> None:
        """Run jobs in `group` from now on."""
        self._group = group

    def cancel(self) -> None:
        """End validations and appraisals, which nobody waits for."""
        for job in self._cancellable:
            job.cancel()

    @asynccontextmanager
    async def set_aside(self) -> AsyncIterator[None]:
        """Hold while no arithmetic is under way; what is validated meanwhile is answered afterwards."""
        self._answering.clear()
        try:
            await self._idle.wait()
            yield
        finally:
            self._answering.set()

    def drop(self) -> None:
        """Drop every answer to come to what was asked before: another run takes the place of the one that asked."""
        self.cancel()
        self._generation += 1

    def judge(self, effect: Judge) -> None:
        engine = self._task.engine
        if engine.immediate:
            verdict = at_once(engine.judge(effect.payload, effect.base_version))
            self._answer(self._generation, Judged(effect.lease_id, verdict))
            return
        self._spawn(self._judge(effect, self._generation), arithmetic=True)

    def appraise(self, effect: Appraise) -> None:
        self._spawn(self._appraise(effect, self._generation), cancellable=True)

    def merge(self, effect: Merge) -> None:
        engine, keeper = self._task.engine, self._task.keeper
        if engine.immediate and (keeper is None or keeper.may_merge(effect.version)):
            at_once(engine.merge(effect.version, effect.iterations, effect.contributions))
            self._answer(self._generation, MergeDone(effect.version))
            return
        self._spawn(self._merge(effect, self._generation), arithmetic=True)

    def replay(self, effect: Replay) -> None:
        base = self._task.engine.snapshot(effect.base_version)
        self._spawn(self._replay(effect, base, self._generation), cancellable=True)

    def try_out(self, effect: Try) -> None:
        base = self._task.engine.snapshot(effect.base_version)
        self._spawn(self._try_out(effect, base, self._generation), cancellable=True)

    def go_back(self, effect: GoBack) -> None:
        """Take the run back, where there is a way to."""
        if self._task.returner is not None:
            self._spawn(self._task.returner(effect))

    def adopt(self, effect: Adopt) -> None:
        adopting = self._adopt(effect, self._generation)
        if self._task.engine.immediate:
            at_once(adopting)  # a merge that is asked for next must find it done
        else:
            self._spawn(adopting, arithmetic=True)

    def validate(self, effect: Validate) -> None:
        snapshot = self._snapshot_of(effect.version)
        self._spawn(self._validate(effect, snapshot, self._generation), cancellable=True)

    def _spawn(self, job: Coroutine[Any, Any, None], *, cancellable: bool = False, arithmetic: bool = False) -> None:
        """Begin a job. It counts as under way from now on, not only from when its turn comes."""
        assert self._group is not None
        if arithmetic:
            self._arithmetic += 1
            self._idle.clear()
            job = self._counted(job)
        task = self._group.create_task(job)
        if cancellable:
            self._cancellable.add(task)
            task.add_done_callback(self._cancellable.discard)

    async def _counted(self, job: Coroutine[Any, Any, None]) -> None:
        """Do arithmetic. What breaks in it leaves it under way: the run is failed then."""
        await job
        self._arithmetic -= 1
        if not self._arithmetic:
            self._idle.set()

    def _answer(self, generation: int, event: Event) -> None:
        self._task.post_if(event, lambda: generation == self._generation)

    async def _judge(self, effect: Judge, generation: int) -> None:
        verdict = await self._task.engine.judge(effect.payload, effect.base_version)
        self._answer(generation, Judged(effect.lease_id, verdict))

    async def _replay(self, effect: Replay, base: Snapshot | None, generation: int) -> None:
        """Train a lease again, from the version that it was trained from; what cannot be done has no answer."""
        answer = Replayed(effect.lease.lease_id, None, 0.0, 0.0)
        if base is not None:
            try:
                answer = await replay(self._validator, self._task.shards, effect, base)
            except WebNNError as error:
                self._task.log.warning("a lease could not be replayed: %s", error)
        self._answer(generation, answer)

    async def _try_out(self, effect: Try, base: Snapshot | None, generation: int) -> None:
        """Try an update on held-out examples, always the same ones; what cannot be done has no answer."""
        answer = Tried(effect.lease.lease_id, None, None, 0.0)
        if base is not None:
            try:
                answer = await try_out(self._validator, effect, base, APPRAISED_AS_VERSION)
            except WebNNError as error:
                self._task.log.warning("an update could not be tried on held-out examples: %s", error)
        self._answer(generation, answer)

    async def _appraise(self, effect: Appraise, generation: int) -> None:
        """Validate the weights of an update, always on the same examples, so that two appraisals compare."""
        result: Validation | None
        try:
            weights = effect.payload.data.cast("B")
            result = await self._validator.validate(weights, effect.num_examples, APPRAISED_AS_VERSION)
        except WebNNError as error:
            self._task.log.warning("an update could not be appraised: %s", error)
            result = None
        self._answer(generation, Appraised(effect.lease_id, result))

    async def _merge(self, effect: Merge, generation: int) -> None:
        task = self._task
        if task.keeper is not None:
            await task.keeper.before_merge(effect.version)
        await task.engine.merge(effect.version, effect.iterations, effect.contributions)
        self._answer(generation, MergeDone(effect.version))

    async def _adopt(self, effect: Adopt, generation: int) -> None:
        await self._task.engine.adopt(effect.strategy)
        if self._task.keeper is not None:
            self._task.keeper.adopted()
        self._answer(generation, Tick())  # so that the run is asked again what may go on now

    def _snapshot_of(self, version: int) -> Snapshot | None:
        """Find the current version or the best one; None for another."""
        known = (self._task.current, self._task.best)
        return next((one for one in known if one is not None and one.version == version), None)

    async def _validate(self, effect: Validate, snapshot: Snapshot | None, generation: int) -> None:
        task = self._task
        if snapshot is None:
            self._answer(generation, ValidationFailed(effect.version, "Its weights are gone."))
            return
        iterations = task.run.iterations
        num_examples = None if effect.whole else effect.num_examples
        try:
            result = await self._validator.validate(snapshot.weights.data.cast("B"), num_examples, snapshot.version)
        except WebNNError as error:
            task.log.warning("validation of version %d failed: %s", snapshot.version, error)
            self._answer(generation, ValidationFailed(snapshot.version, str(error)))
            return
        await self._answering.wait()
        if generation != self._generation:
            return
        latest = task.run.latest
        if latest is None or snapshot.version >= latest.version:  # the best one is looked at again when the run ends
            seconds = task.run.seconds(task.now)
            task.history.validated(seconds, snapshot.version, iterations, result, effect.whole)
            task.tell(ValidationNews(seconds, snapshot.version, iterations, effect.whole, result))
        self.validated = snapshot
        self._answer(generation, Validated(snapshot.version, effect.whole, result))
        if task.insight is not None:
            await task.insight.note(task.run.seconds(task.now), snapshot)
