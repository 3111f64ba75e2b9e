"""The runs that a server has."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from webnn.core.errors import WebNNError
from webnn.server.run_task import RunTask


class Runs:
    """Run tasks by id. Those that are added before the server starts begin with it, later ones at once."""

    def __init__(self) -> None:
        self._tasks: dict[str, RunTask] = {}
        self._started = False
        self._listeners: list[Callable[[RunTask], None]] = []

    def __iter__(self) -> Iterator[RunTask]:
        return iter(list(self._tasks.values()))

    def __len__(self) -> int:
        return len(self._tasks)

    def add(self, task: RunTask) -> None:
        """Take a run in; its id must be new."""
        assert task.info.id not in self._tasks
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
        """Find a run; raises `WebNNError("no_such_run")`."""
        task = self._tasks.get(run_id)
        if task is None:
            raise WebNNError("no_such_run", f"There is no run {run_id[:80]!r} here.")
        return task

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
