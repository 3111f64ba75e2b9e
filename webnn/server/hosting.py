"""The runs of a server: which wait, which go on, and what becomes of each. One that breaks harms no other."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from webnn.core.errors import WebNNError
from webnn.core.events import Start
from webnn.core.queue import Queue
from webnn.core.states import RunState
from webnn.model.definition import ModelDefinition
from webnn.server.config import ServerConfig
from webnn.server.earlier import read_earlier
from webnn.server.hosted import Finished, HostedRun
from webnn.server.logs import run_logger
from webnn.server.news import News, StatusNews
from webnn.server.prepare import Preparation, PreparedRun, PrepareRequest, Step, prepare_run
from webnn.server.removal import Removal, check_unneeded, plan_pruning, remove, waited_for
from webnn.server.resources import free_memory
from webnn.server.resuming import find_runs
from webnn.server.run_folder import check_runs_dir
from webnn.server.runs import Runs
from webnn.server.sharing_out import SharingOut
from webnn.server.still import asked_run, past_run
from webnn.server.tickets import (
    Ticket,
    keep_queue,
    keep_ticket,
    read_queue,
    read_tickets,
    remove_run,
    write_ticket,
)
from webnn.store.lock import RunLock

KEPT_TASKS = 8
"""Runs that are over and can still be looked into; of older ones the server shows what their folders say."""

Prepare = Callable[[PrepareRequest, Callable[[Preparation], None]], Awaitable[PreparedRun]]


@dataclass(frozen=True, slots=True)
class RunNews:
    """A piece of news of one of several runs. `str`: a step of its preparation, or why it cannot begin."""

    run: str
    news: News | str


HostEvent = RunNews | Finished


class Host:
    """Lets runs wait, begin when it is their turn, and end. Open, it takes up what its runs folder has to go on with.

    Not opened it has only the runs that are given to `runs`, as `wnn train` does. `on_event` must be quick and must
    not raise.
    """

    def __init__(self, runs: Runs, config: ServerConfig) -> None:
        self.runs = runs
        self.queue = Queue(config.at_most)
        self.place: Mapping[str, Any] = {}
        self.prepare: Prepare = prepare_run
        self.on_event: Callable[[HostEvent], None] = lambda _: None
        self._config = config
        self._sharing = SharingOut(runs)
        self._tickets: dict[str, Ticket] = {}
        self._lives: dict[str, asyncio.Task[None]] = {}
        self._hosted: dict[str, HostedRun] = {}
        self._over: list[str] = []
        self._lock: RunLock | None = None
        self._writing = asyncio.Lock()
        self._changed = asyncio.Event()
        runs.order = self._place_of

    # life

    async def open(self) -> None:
        """Take the runs folder, and the runs in it that can go on. Raises `WebNNError` `run_in_use` or `settings`."""
        runs_dir = self._config.runs_dir
        check_runs_dir(runs_dir)
        runs_dir.mkdir(parents=True, exist_ok=True)
        try:
            self._lock = RunLock.take(runs_dir)
        except WebNNError as error:
            raise WebNNError("run_in_use", f"Another server has the runs folder {runs_dir}.") from error
        await asyncio.to_thread(self._read_runs)
        await self._persist()

    def begin(self) -> None:
        """Let runs start."""
        assert self._lock is not None
        self._schedule()

    async def close(self) -> None:
        """End everything; what goes on is written down as it stands, and is taken up again by the next server."""
        for hosted in list(self._hosted.values()):
            if hosted.task.keeper is not None and not hosted.task.state.over:
                with suppress(OSError, sqlite3.Error, WebNNError):
                    await hosted.task.keeper.checkpoint()
        lives = list(self._lives.values())
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    async def wait_over(self, run_id: str) -> None:
        """Return when a run neither waits nor goes on."""
        while run_id in self.queue:
            self._changed.clear()
            await self._changed.wait()

    async def wait_running(self) -> None:
        """Return when some run takes the help of whoever comes."""
        while self._sharing.in_need() is None:
            self._changed.clear()
            await self._changed.wait()

    def _read_runs(self) -> None:
        """Find the runs of the folder: those to go on with, in their order, and those that are over. Blocks."""
        runs_dir = self._config.runs_dir
        running, waiting, self.runs.bound = read_queue(runs_dir)
        found = [run for run in find_runs(runs_dir) if not run.live]
        tickets = {ticket.id: ticket for ticket in read_tickets(runs_dir)}
        self._tickets = tickets
        ready = [run.id for run in found if run.interrupted]
        ready += [ticket.id for ticket in tickets.values() if ticket.state is RunState.QUEUED]
        told = [run for run in dict.fromkeys((*running, *waiting)) if run in ready or self._may_reopen(run)]
        for ticket in tickets.values():
            self.runs.keep_still(asked_run(ticket.id, ticket.definition, ticket.state, ticket.reason))
        for run in found:
            self._show_past(run.id)
        for name in dict.fromkeys((*told, *ready)):
            self._let_wait(name, None)

    def _may_reopen(self, run: str) -> bool:
        """Whether a run that was to go on was stopped before, and waited to go on all the same."""
        past = past_run(self._folder(run)) if (self._folder(run) / "config.json").exists() else None
        return past is not None and past.state is not RunState.FINISHED

    # what the owner asks for

    async def create(
        self, definition: ModelDefinition, *, seed: int | None = None, bound: bool = False, place: int | None = None
    ) -> str:
        """Let a new run wait; its id. Raises `WebNNError`: `settings`, or `not_running` on a server of one run."""
        self._check_open()
        drawn = secrets.randbits(32) if seed is None else seed
        ticket = await asyncio.to_thread(write_ticket, self._config.runs_dir, definition, drawn)
        self._tickets[ticket.id] = ticket
        self.runs.keep_still(asked_run(ticket.id, definition))
        if bound:
            self.runs.bound.add(ticket.id)
        self._let_wait(ticket.id, place)
        await self._persist()
        self._schedule()
        return ticket.id

    async def start_again(self, run_id: str, place: int | None = None) -> None:
        """Let a run wait that was stopped or failed; it goes on where it was left. Raises `WebNNError`."""
        self._check_open()
        run = self.runs.show(run_id)
        if run_id in self.queue or run.state is RunState.FINISHED or not run.state.over:
            raise WebNNError("not_running", f"The run is {run.state}, which does not allow this.")
        if run_id in self._tickets:
            await self._keep_ticket(replace(self._tickets[run_id], state=RunState.QUEUED, reason=None))
        else:
            await asyncio.to_thread(self._show_past, run_id)
        self._let_wait(run_id, place)
        await self._persist()
        self._schedule()

    async def withdraw(self, run_id: str) -> None:
        """Take a run out of the queue; it is stopped. Raises `WebNNError("not_running")` for one that does not wait."""
        if self.queue.place(run_id) is None:
            raise WebNNError("not_running", "The run does not wait in the queue.")
        self.queue = self.queue.remove(run_id)
        await self._end_still(run_id, RunState.STOPPED, "The owner took it out of the queue.")
        await self._persist()

    async def change_queue(self, at_most: int | None, waiting: list[str]) -> None:
        """Give the queue another order, or let another number of runs go on at once. Raises `WebNNError`."""
        self._check_open()
        queue = self.queue.reorder(waiting)
        self.queue = queue if at_most is None else queue.limit(at_most)
        await self._persist()
        self._schedule()

    async def move(self, run_id: str, place: int) -> None:
        """Give a waiting run another place (0: the next). Raises `WebNNError`."""
        self.runs.show(run_id)
        self.queue = self.queue.move(run_id, place)
        await self._persist()

    async def remove(self, run_id: str, *, force: bool = False) -> None:
        """Remove a run that is over, or waits, and its files; with `force` one too that another run starts from.

        Raises `WebNNError`.
        """
        run = self.runs.show(run_id)
        self._check_open()
        if run_id in self.queue.running:
            raise WebNNError("not_running", f"The run is {run.state}: stop it before its files are removed.")
        if not force:
            await asyncio.to_thread(check_unneeded, self._folder(run_id))
        self.queue = self.queue.remove(run_id)
        self.runs.forget(run_id)
        self.runs.bound.discard(run_id)
        self._tickets.pop(run_id, None)
        await self._persist()
        await asyncio.to_thread(remove_run, self._folder(run_id))

    async def plan_pruning(self, now: datetime, keep: int | None, older_than: timedelta | None) -> list[Removal]:
        """Choose what may go, as `wnn prune` does. Raises `WebNNError("not_running")` on a server of one run."""
        self._check_open()
        found = await asyncio.to_thread(find_runs, self._config.runs_dir)
        waiting = await asyncio.to_thread(waited_for, self._config.runs_dir)
        planned = await asyncio.to_thread(plan_pruning, found, now, keep, older_than, waiting)
        return [removal for removal in planned if removal.run not in self.queue]

    async def prune(self, removal: Removal) -> None:
        """Remove what was planned."""
        if removal.path.name == removal.run:
            await self.remove(removal.run)
        else:
            await asyncio.to_thread(remove, removal)

    # volunteers

    def running_in_need(self) -> str | None:
        """Name the run that goes on and that one more volunteer helps most."""
        return self._sharing.in_need()

    def _elsewhere(self, run_id: str) -> str | None:
        """Name another run for a volunteer of `run_id`: one that goes on, or else the one that is to start next."""
        going = self._sharing.send_one(run_id)
        if going is not None:
            return going
        to_come = [run for run in (*self.queue.running, *self.queue.waiting) if self.runs.find_still(run) is not None]
        return next((run for run in to_come if run != run_id and run not in self.runs.bound), None)

    # one run

    def _place_of(self, run_id: str) -> int | None:
        return self.queue.place(run_id)

    async def _live(self, run_id: str) -> None:
        try:
            await self._host(run_id)
        except WebNNError as error:
            await self._refuse(run_id, str(error))
        except Exception as error:  # the other runs go on
            run_logger(run_id).exception("the run could not be hosted")
            await self._refuse(run_id, f"Something broke in the server: {error!r}")
        self.queue = self.queue.remove(run_id)
        self._lives.pop(run_id, None)
        await self._retire()
        await self._persist()
        self._schedule()
        self._changed.set()

    async def _host(self, run_id: str) -> None:
        request = await asyncio.to_thread(self._request, run_id)
        loop = asyncio.get_running_loop()

        def progress(step: Preparation) -> None:
            loop.call_soon_threadsafe(self._tell_step, run_id, step)

        prepared = await self.prepare(request, progress)
        hosted = self._hosted[run_id] = HostedRun(prepared, self._config.limits)
        try:
            self._tickets.pop(run_id, None)
            hosted.task.audience.elsewhere = partial(self._elsewhere, run_id)
            hosted.task.listen(partial(self._hear, run_id))
            self.runs.add(hosted.task)
            await hosted.note_place(**self.place)
            await hosted.task.deliver(Start())
            self._changed.set()
            await hosted.conclude(self.on_event)
        finally:
            await hosted.close()
            del self._hosted[run_id]

    def _request(self, run_id: str) -> PrepareRequest:
        config, folder = self._config, self._folder(run_id)
        ticket = self._tickets.get(run_id)
        definition, seed = (ticket.definition, ticket.seed) if ticket is not None else _earlier(folder)
        return PrepareRequest(
            definition,
            config.places.datasets,
            config.places.data,
            config.runs_dir,
            seed,
            resume=None if ticket is not None else folder,
            folder=folder if ticket is not None else None,
            max_bytes=free_memory() if config.run_bytes is None else config.run_bytes,
        )

    def _tell_step(self, run_id: str, step: Preparation) -> None:
        still = self.runs.find_still(run_id)
        if still is None or still.state.over or not isinstance(step, Step):
            return
        still.state, still.reason = RunState.CREATED, step.message
        self.on_event(RunNews(run_id, step.message))

    def _hear(self, run_id: str, news: News) -> None:
        if isinstance(news, StatusNews):
            self._sharing.even_out()
        self.on_event(RunNews(run_id, news))

    async def _refuse(self, run_id: str, reason: str) -> None:
        """A run could not begin, or broke outside its task."""
        if self.runs.find_still(run_id) is not None:
            await self._end_still(run_id, RunState.FAILED, reason)
        self.on_event(RunNews(run_id, reason))

    async def _end_still(self, run_id: str, state: RunState, reason: str) -> None:
        still = self.runs.find_still(run_id)
        assert still is not None
        still.state, still.reason = state, reason
        if run_id in self._tickets:
            await self._keep_ticket(replace(self._tickets[run_id], state=state, reason=reason))

    async def _retire(self) -> None:
        """Let go of the weights of runs that are over since long."""
        over = [task.info.id for task in self.runs if task.state.over and task.info.id not in self.queue]
        for run_id in over[:-KEPT_TASKS]:
            await asyncio.to_thread(self._show_past, run_id)

    # what is written down

    def _let_wait(self, run_id: str, place: int | None) -> None:
        self.queue = self.queue.add(run_id, place)
        still = self.runs.find_still(run_id)
        assert still is not None
        still.state = RunState.QUEUED
        still.reason = None if run_id in self._tickets else "It goes on where it was left."

    def _schedule(self) -> None:
        while self._lock is not None and self.queue.next_run is not None:
            run_id = self.queue.next_run
            self.queue = self.queue.start()
            still = self.runs.find_still(run_id)
            if still is not None:
                still.state = RunState.CREATED
            self._lives[run_id] = asyncio.create_task(self._live(run_id), name=f"host {run_id}")

    def _show_past(self, run_id: str) -> None:
        past = past_run(self._folder(run_id))
        if past is not None:
            self.runs.keep_still(past)

    async def _keep_ticket(self, ticket: Ticket) -> None:
        self._tickets[ticket.id] = ticket
        await asyncio.to_thread(keep_ticket, ticket)

    async def _persist(self) -> None:
        """Write the queue down as it is when its turn comes."""
        async with self._writing:
            await asyncio.to_thread(keep_queue, self._config.runs_dir, self.queue, set(self.runs.bound))
        self._changed.set()

    def _check_open(self) -> None:
        if self._lock is None:
            raise WebNNError("not_running", "This server has one run; `wnn serve` hosts many, in a queue.")

    def _folder(self, run_id: str) -> Path:
        return self._config.runs_dir / run_id


def _earlier(folder: Path) -> tuple[ModelDefinition, int]:
    earlier = read_earlier(folder)
    return earlier.definition, earlier.seed
