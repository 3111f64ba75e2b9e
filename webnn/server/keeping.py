"""Keeping a run: its journal, its checkpoints and its recording, written beside the events and never in their way."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from webnn.core.effects import Adopt, Effect, SettingsApplied, StateChanged, Validate
from webnn.core.errors import WebNNError
from webnn.core.events import Event, MergeDone, Pause, Resume
from webnn.core.states import RunState
from webnn.core.validation import VersionResult
from webnn.engine.base import Frozen, at_once
from webnn.model.definition import CheckpointPlan
from webnn.server import moments
from webnn.server.event_log import Happening
from webnn.server.metrics import validation_point
from webnn.server.moments import Moment, in_thread
from webnn.server.news import News, ValidationNews
from webnn.server.noting import entries_of
from webnn.store import journal as jn
from webnn.store.disk import DISK_ERRORS, in_words
from webnn.store.journal import VERSIONS_AHEAD, Journal
from webnn.store.recording import FrameLog

if TYPE_CHECKING:
    from webnn.server.run_task import RunTask

CHECKPOINT_FOLDER = "checkpoint"
BEST_FOLDER = "checkpoint/best"
FLUSH_SECONDS = 0.05
RETRY_SECONDS = 2.0
LEAD = 0.25
LEAD_SECONDS = 0.5
"""A checkpoint is begun this part of its interval early (at most so many seconds), to be on the disk within it."""

MAX_RECORDED_BYTES = 256 << 20
"""Payloads that wait to be recorded; merging waits while there are more."""

DISK_TROUBLE = "The disk cannot be written to"


class Keeper:
    """Writes down what happens to one run. Everything that blocks does so in a thread.

    While the disk refuses, the run is paused and writing is tried again every two seconds; then the run goes on.
    """

    def __init__(
        self,
        folder: Path,
        journal: Journal,
        plan: CheckpointPlan | None = None,
        *,
        reserved_version: int = VERSIONS_AHEAD,
        log: FrameLog | None = None,
    ) -> None:
        self.folder = folder
        self.journal = journal
        self.plan = plan or CheckpointPlan()
        self.checkpoints = 0
        self.trouble: str | None = None
        self._log = log
        self._task: RunTask | None = None
        self._reserved = reserved_version
        self._reserving = reserved_version
        self._entries: list[jn.Entry] = []
        self._recorded: list[Happening] = []
        self._recorded_bytes = 0
        self._writing = asyncio.Lock()
        self._checkpointing = asyncio.Lock()
        self._flushed = asyncio.Condition()
        self._wanted = asyncio.Event()
        self._moment: Moment | None = None
        self._candidates: dict[int, Moment] = {}
        self._best: tuple[Moment | None, dict[str, Any]] | None = None
        self._known_best: VersionResult | None = None
        self._due = True
        self._taken_at = 0.0
        self._noted: tuple[Any, ...] = ()
        self._merging = False
        self._adopting = False
        self._paused = False
        self._jobs: list[asyncio.Task[None]] = []
        self._closed = False

    # what happens

    def start(self, task: RunTask) -> None:
        """Begin to keep a run."""
        self._task = task
        self._taken_at = task.now
        task.listen(self._hear)
        self._jobs = [asyncio.create_task(self._write_for_ever()), asyncio.create_task(self._checkpoint_for_ever())]

    def note(self, *entries: jn.Entry) -> None:
        """Note something else in the journal."""
        self._entries += entries

    def forget_volunteer(self, volunteer_id: str) -> None:
        """Take a volunteer's id off its leases in the journal."""
        self.note(jn.forgotten(volunteer_id))

    def failed(self, words: str, now: float) -> None:
        """Note that the run cannot go on."""
        self.note(jn.fact("state", RunState.FAILED.value), jn.fact("reason", words), jn.happened(now, "state", words))

    def begin_merge(self) -> None:
        """Note that the engine is about to merge."""
        self._merging = True

    def adopted(self) -> None:
        """Note that the engine has the rule that the run asked it to adopt."""
        self._adopting = False

    def handled(self, event: Event, effects: Sequence[Effect], now: float) -> None:
        """Note an event that the run has just handled, before its effects are performed."""
        task = self._running
        merged = task.engine.newest.weights if isinstance(event, MergeDone) else None
        if merged is not None:
            self._merging = False
        if self._log is not None:
            happening = Happening(event, now, merged)
            self._recorded.append(happening)
            self._recorded_bytes += happening.num_bytes
        for effect in effects:
            self._entries += entries_of(effect, task.run, now)
        if any(isinstance(effect, StateChanged | SettingsApplied) for effect in effects):
            self._due = True
        if any(isinstance(effect, Adopt) for effect in effects):
            self._adopting = True  # a checkpoint must not have the run before it and the memory after it
        self._reserve_versions()
        self.consider(now)
        if any(isinstance(effect, Validate) for effect in effects) and self._between_merges():
            self._candidates[task.run.version] = self._take_moment(now)

    def consider(self, now: float) -> None:
        """Take a moment for the next checkpoint, if one is due and can be taken now."""
        if now - self._taken_at >= self.plan.every_seconds - min(LEAD * self.plan.every_seconds, LEAD_SECONDS):
            self._due = True
        run = self._running.run
        if not self._due or self._moment is not None or run.version == 0 or not self._between_merges():
            return
        noted = (run.version, run.state, run.iterations, sum(run.outcomes.values()), run.best)
        self._due = False
        self._taken_at = now
        if noted != self._noted:
            self._noted = noted
            self._moment = self._take_moment(now)
            self._wanted.set()

    def _hear(self, news: News) -> None:
        if isinstance(news, ValidationNews):
            self._entries.append(
                jn.validated(validation_point(news.seconds, news.version, news.iterations, news.result, news.whole))
            )

    def validated(self, version: int) -> None:
        """Note that the run knows the result of validating `version`: it may be the best now."""
        candidate = self._candidates.pop(version, None)
        self._candidates = {other: moment for other, moment in self._candidates.items() if other > version}
        task = self._running
        best = task.run.best
        if best is None or best == self._known_best:
            return
        self._known_best = best
        if best.version == version and candidate is not None:
            self._best = candidate, asdict(best)
        elif best.version == task.run.version and self._between_merges():  # looked at whole, the best so far is not it
            self._best = self._take_moment(task.now), asdict(best)
        else:
            waiting = None if self._best is None else self._best[0]
            self._best = waiting if waiting is not None and waiting.version == best.version else None, asdict(best)

    def _between_merges(self) -> bool:
        task = self._running
        return not self._merging and not self._adopting and task.engine.newest.version == task.run.version

    def _take_moment(self, now: float) -> Moment:
        """Write the run down; a merge that is asked for later waits until the arrays are copied."""
        task = self._running
        frozen: asyncio.Future[Frozen]
        if task.engine.immediate:
            frozen = asyncio.get_running_loop().create_future()
            frozen.set_result(at_once(task.engine.freeze()))
        else:
            frozen = asyncio.create_task(task.engine.freeze())
        return Moment(task.run.version, task.run.weights_iterations, now, task.run.snapshot(), frozen)

    @property
    def _running(self) -> RunTask:
        assert self._task is not None, "not started"
        return self._task

    # versions

    def _reserve_versions(self) -> None:
        if self._running.run.version + VERSIONS_AHEAD // 2 > self._reserving:
            self._reserving += VERSIONS_AHEAD
            self._entries.append(jn.fact("reserved_version", self._reserving))

    @property
    def records(self) -> bool:
        """Whether every event is recorded."""
        return self._log is not None

    def undisturbed(self) -> asyncio.Lock:
        """While it is held, the keeper writes no checkpoint."""
        return self._checkpointing

    def take_over(self, highest_version: int, log: FrameLog | None) -> None:
        """Go on with another life of the run, after all that was noted of the one before has been written."""
        if self._log is not None:
            self._log.close()
        self._log = log
        self._reserved = self._reserving = highest_version + VERSIONS_AHEAD
        self._moment, self._best, self._known_best = None, None, None
        self._candidates.clear()
        self._merging = self._adopting = False
        self._due, self._noted = True, ()

    async def before_merge(self, version: int) -> None:
        """Wait until `version` may be handed out: until it is reserved on the disk, and recording keeps up."""
        async with self._flushed:
            await self._flushed.wait_for(lambda: self.may_merge(version))

    def may_merge(self, version: int) -> bool:
        """Whether there is nothing to wait for before `version` is handed out."""
        return (version <= self._reserved and self._recorded_bytes < MAX_RECORDED_BYTES) or self._closed

    # writing

    async def _write_for_ever(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS if self.trouble is None else RETRY_SECONDS)
            with suppress(*DISK_ERRORS):
                await self.flush()

    async def settle(self) -> None:
        """Write down what an owner is about to be told: it outlives a crash, and others read it in the journal."""
        if not self._closed:
            with suppress(*DISK_ERRORS):
                await self.flush()

    async def flush(self) -> None:
        """Write down what has been noted so far; raises what the disk says."""
        async with self._writing:
            entries, self._entries = self._entries, []
            recorded, self._recorded = self._recorded, []
            reserving = self._reserving
            try:
                if recorded or entries:
                    await in_thread(self._write, entries, recorded)
            except DISK_ERRORS as error:
                self._entries[:0] = entries
                self._recorded[:0] = recorded
                await self._stumble(error)
                raise
            async with self._flushed:
                self._recorded_bytes = sum(happening.num_bytes for happening in self._recorded)
                self._reserved = reserving
                self._flushed.notify_all()

    def _write(self, entries: list[jn.Entry], recorded: list[Happening]) -> None:
        if self._log is not None and recorded:
            self._log.append(happening.encode() for happening in recorded)
            recorded.clear()  # not a second time, should the journal refuse
        if entries:
            self.journal.write(entries)

    async def _checkpoint_for_ever(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(FLUSH_SECONDS if self.trouble is None else RETRY_SECONDS):
                    await self._wanted.wait()
            self._wanted.clear()
            if self._running.failure is None:
                self.consider(self._running.now)
            with suppress(*DISK_ERRORS):
                await self.write_moment()

    async def checkpoint(self) -> None:
        """Write a checkpoint of the run as it is, as soon as no merge is under way; raises what the disk says."""
        await self.write_moment()
        self._due, self._noted = True, ()
        while self._moment is None and self._running.failure is None and not self._closed:
            self.consider(self._running.now)
            if self._moment is None:
                await asyncio.sleep(0.01)
        await self.write_moment()

    async def write_moment(self) -> None:
        """Write the checkpoint that is due, if one is, after all that led to it; raises what the disk says."""
        async with self._checkpointing:
            moment = self._moment
            if moment is None:
                return
            frozen = await moment.frozen
            assert frozen.snapshot.version == moment.version
            try:
                await self._note_memory()
                await self.flush()
                await self._write_best()
                place = self.folder / CHECKPOINT_FOLDER
                await in_thread(moments.write, place, moment, frozen, self.plan.keep, run=self.folder.name)
            except DISK_ERRORS as error:
                await self._stumble(error)
                raise
            finally:
                self._moment = None
            self.checkpoints += 1
            await self._recover()

    async def _note_memory(self) -> None:
        """Note what the run remembers beside its weights; put into words in a thread, for it may be long."""
        facts = self._running.memory.facts()
        self.note(*await in_thread(lambda: [jn.fact(name, value) for name, value in facts.items()]))

    async def _write_best(self) -> None:
        """The best is written before the checkpoint that speaks of it."""
        if self._best is None:
            return
        writing = moment, result = self._best
        if moment is None:
            await in_thread(moments.write_result, self.folder / BEST_FOLDER, result)
        else:
            frozen = await moment.frozen
            place = self.folder / BEST_FOLDER
            await in_thread(moments.write, place, moment, frozen, 1, run=self.folder.name, best=result)
        if self._best is writing:
            self._best = None

    # a disk that refuses

    async def _stumble(self, error: Exception) -> None:
        """Pause the run until the disk takes something again."""
        self._due, self._noted = True, ()
        words = f"{DISK_TROUBLE} ({in_words(error, self.folder)}). The run goes on by itself when it can be."
        if self.trouble is None:
            self._running.log.error("%s", words)
            self._entries.append(jn.happened(self._running.now, "disk", words))
        self.trouble = words
        if not self._paused and self._running.state is RunState.RUNNING:
            self._running.attempt(Pause(words))
            self._paused = True

    async def _recover(self) -> None:
        """Let the run go on, if it was the disk that it waited for."""
        if self.trouble is None:
            return
        self.trouble = None
        self._running.log.warning("the disk can be written to again")
        self._entries.append(jn.happened(self._running.now, "disk", "The disk can be written to again."))
        if self._paused:
            self._paused = False
            self._running.attempt(Resume(), self._waits_for_disk)

    def _waits_for_disk(self) -> bool:
        run = self._running.run
        return run.state is RunState.PAUSED and (run.reason or "").startswith(DISK_TROUBLE)

    async def close(self) -> None:
        """Write the rest, as far as the disk takes it, and let go of the files."""
        if self._closed:
            return
        self._closed = True
        for job in self._jobs:
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)
        async with self._flushed:
            self._flushed.notify_all()
        if self._task is not None:
            with suppress(*DISK_ERRORS, WebNNError):
                await self.write_moment()
                await self._note_memory()
                await self.flush()
        self.journal.close()
        if self._log is not None:
            self._log.close()
