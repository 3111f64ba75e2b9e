"""One run of a server from its start to its end: its task, its files, and how it was concluded."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from webnn.core.errors import WebNNError
from webnn.core.states import RunState
from webnn.server.config import Limits
from webnn.server.prepare import PreparedRun
from webnn.server.rolling_back import go_back
from webnn.server.run_task import RunTask
from webnn.server.saving import save_run
from webnn.store import journal as jn


@dataclass(frozen=True, slots=True)
class Finished:
    """The run is over and saved. `loss` and `accuracy` are validation's last; `export` is None where saving failed."""

    state: RunState
    reason: str
    loss: float | None
    accuracy: float | None
    iterations: int
    merges: int
    seconds: float
    volunteers: int
    export: Path | None
    run: str = ""


class HostedRun:
    """A prepared run and the task that lives it. It holds a Node process: `close` it."""

    def __init__(self, prepared: PreparedRun, limits: Limits | None = None) -> None:
        self.id = prepared.id
        self.task: RunTask = prepared.make_task(limits)
        self.task.saver = self.save
        self.task.returner = partial(go_back, self.task)
        self._prepared = prepared
        self._closed = False

    async def note_place(self, **place: Any) -> None:
        """Write down where the run is served, for other programs on this computer: whoever is told that it listens may
        ask one of them at once.
        """
        if self.task.keeper is not None:
            self.task.keeper.note(*(jn.fact(name, value) for name, value in place.items()))
            await self.task.keeper.settle()

    async def save(self, status: dict[str, Any] | None = None) -> Path:
        """Write a checkpoint and the model's files of the run as it stands."""
        task = self.task
        if task.keeper is not None:
            await task.keeper.checkpoint()
        return await asyncio.to_thread(save_run, self._prepared, task, status or task.status())

    async def conclude(self, tell: Callable[[Finished], None] = lambda _: None) -> Finished:
        """Wait until the run is over, save it, and dismiss its volunteers."""
        task = self.task
        await task.wait_over()
        status = task.status()
        export: Path | None = None
        try:
            export = await self.save(status)
        except (OSError, sqlite3.Error, WebNNError):
            task.log.exception("the run could not be saved in %s", self._prepared.folder)
        finished = finished_event(task, status, export)
        task.audience.close_volunteers("finished", task.reason)
        tell(finished)
        return finished

    async def close(self) -> None:
        """End the task and the Node process. What the task knows can still be looked at; its data are let go of.

        May be called twice.
        """
        if self._closed:
            return
        self._closed = True
        task = self.task
        task.saver = None
        if task.insight is not None:
            await task.insight.rest()
        await task.close()
        await self._prepared.close()
        task.shards = NoShards()


class NoShards:
    """The training data of a run that is over: nobody may ask for them any more."""

    def get(self, name: str) -> bytes:
        raise WebNNError("no_such_shard", "The run is over, and its data are not served any more.")

    def gzipped(self, name: str) -> bytes | None:
        return None


def finished_event(task: RunTask, status: dict[str, Any], export: Path | None) -> Finished:
    """Summarise a run that is over."""
    return Finished(
        state=task.state,
        reason=task.reason or "",
        loss=status["loss"],
        accuracy=status["accuracy"],
        iterations=status["iterations"],
        merges=status["merges"],
        seconds=status["seconds"],
        volunteers=status["volunteers_total"],
        export=export,
        run=task.info.id,
    )
