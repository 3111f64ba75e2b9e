"""Volunteers who go wherever help is needed: which run each of them is sent to."""

from __future__ import annotations

import asyncio

from webnn.core.queue import Need, moves, neediest
from webnn.core.states import RunState
from webnn.server.connection import Connection
from webnn.server.run_task import RunTask
from webnn.server.runs import Runs

ON_THE_WAY_SECONDS = 15.0
"""For so long a volunteer that was sent to a run counts as its own, although it is not there yet."""


class SharingOut:
    """Knows who is where, and who is on the way."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._expected: dict[str, tuple[int, float]] = {}  # by run: so many volunteers, until then

    def send_one(self, but: str | None = None) -> str | None:
        """Name the run that one more volunteer helps most, other than `but`, and count the volunteer as its own."""
        run = self.in_need(but)
        if run is not None:
            self._expect(run)
        return run

    def in_need(self, but: str | None = None) -> str | None:
        """Name the run that goes on and that one more volunteer helps most, other than `but`."""
        return neediest(need for need in self._needs() if need.run != but)

    def even_out(self) -> None:
        """Send somebody to each run that has nobody, from runs that have several."""
        for source, target in moves(self._needs()):
            free = [each for each in _here(self._runs.get(source)) if not each.bound]
            if free:
                self._expect(target)
                free[-1].close("moved", reconnect_seconds=0.0, run=target)  # whoever came last has done the least

    def _needs(self) -> list[Need]:
        return [self._need(task) for task in self._runs if task.state is RunState.RUNNING]

    def _need(self, task: RunTask) -> Need:
        here = _here(task)
        return Need(
            run=task.info.id,
            volunteers=self._counted(task.info.id, len(here)),
            free=sum(not connection.bound for connection in here),
            remaining=1.0 - task.run.status(task.now).progress,
            bound=task.info.id in self._runs.bound,
        )

    def _counted(self, run: str, here: int) -> int:
        count, until = self._expected.get(run, (0, 0.0))
        return max(here, count) if asyncio.get_running_loop().time() < until else here

    def _expect(self, run: str) -> None:
        count = self._counted(run, len(_here(self._runs.get(run)))) + 1
        self._expected[run] = (count, asyncio.get_running_loop().time() + ON_THE_WAY_SECONDS)


def _here(task: RunTask) -> list[Connection]:
    return [connection for connection in task.audience.volunteers if connection.closing is None]
