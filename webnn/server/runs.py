"""The runs that a server has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from webnn.core.errors import WebNNError
from webnn.core.words import did_you_mean
from webnn.server.run_task import RunTask
from webnn.server.still import Shown, StillRun, not_here


class Runs:
    """Run tasks by id. Those that are added before the server starts begin with it, later ones at once.

    Beside them are the runs that no task lives; `order` has the places of those that wait in the queue, and `bound`
    the runs that take only volunteers who chose them.
    """

    def __init__(self) -> None:
        self._tasks: dict[str, RunTask] = {}
        self._still: dict[str, StillRun] = {}
        self._started = False
        self.order: Callable[[str], int | None] = lambda _: None
        self.bound: set[str] = set()
        self._listeners: list[Callable[[RunTask], None]] = []

    def __iter__(self) -> Iterator[RunTask]:
        return iter(list(self._tasks.values()))

    def __len__(self) -> int:
        return len(self._tasks)

    def add(self, task: RunTask) -> None:
        """Take a run in; its id must be new."""
        assert task.info.id not in self._tasks
        self._still.pop(task.info.id, None)
        self._tasks[task.info.id] = task
        for listener in self._listeners:
            listener(task)
        if self._started:
            task.start()

    def on_added(self, listener: Callable[[RunTask], None]) -> None:
        """Call `listener` with every run, those that are here already and those to come."""
        self._listeners.append(listener)
        for task in self:
            listener(task)

    def find(self, run_id: str) -> RunTask | None:
        """Find a run, or None."""
        return self._tasks.get(run_id)

    def get(self, run_id: str) -> RunTask:
        """Find a run that a task lives; raises `WebNNError` `no_such_run`, or `not_running` for one that none does."""
        task = self._tasks.get(run_id)
        if task is None:
            raise not_here(self.show(run_id))
        return task

    def show(self, run_id: str) -> Shown:
        """Find a run, whether it goes on or not; raises `WebNNError("no_such_run")`."""
        run: Shown | None = self._tasks.get(run_id) or self._still.get(run_id)
        if run is None:
            near = did_you_mean(run_id, self.ids) if self.ids else ""
            raise WebNNError("no_such_run", f"There is no run {run_id[:80]!r} here.{near}")
        return run

    def find_still(self, run_id: str) -> StillRun | None:
        """Find a run that no task lives, or None."""
        return self._still.get(run_id)

    def keep_still(self, run: StillRun) -> None:
        """Show a run that no task lives (any more)."""
        self._tasks.pop(run.info.id, None)
        self._still[run.info.id] = run

    def forget(self, run_id: str) -> None:
        """Show a run no longer."""
        self._tasks.pop(run_id, None)
        self._still.pop(run_id, None)

    @property
    def ids(self) -> list[str]:
        """Every run, in the order in which they came to be here."""
        return [*self._still, *self._tasks]

    def view(self, run_id: str) -> dict[str, Any]:
        """A run's status with its place in the queue and whom it takes; raises `WebNNError("no_such_run")`."""
        status = self.show(run_id).status()
        return status | {"order": self.order(run_id), "bound": run_id in self.bound}

    def start(self) -> None:
        """Begin all runs."""
        self._started = True
        for task in self:
            task.start()

    async def say_goodbye(self) -> None:
        """Tell every connection that the server is going away, or that its run is over; wait until all are closed."""
        for task in self:
            if task.state.over:
                task.audience.close("finished", task.reason)
            else:
                task.audience.close("going_away", reconnect_seconds=5.0)
        for task in self:
            await task.audience.wait_empty()

    async def close(self) -> None:
        """End all runs' tasks."""
        for task in self:
            await task.close()
