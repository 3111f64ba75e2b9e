"""Headless volunteers on this computer: each one a Node process that trains on one thread."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from types import TracebackType
from typing import Any, Self

from webnn.core.errors import WebNNError
from webnn.evaluator.node import find_program, own_group
from webnn.evaluator.process import CHUNK_BYTES, read_lines

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
HEALTHY_SECONDS = 60.0  # one that ran this long starts its pauses anew
MAX_QUICK_DEATHS = 6
CODE_VARIABLE = "WNN_CODE"

Event = Mapping[str, Any]
OnEvent = Callable[[int, Event], None]
"""Called with the worker's number, from 0, and an event of its session (`type` says which; no secrets)."""

logger = logging.getLogger(__name__)


class ExitCode(IntEnum):
    """How a volunteer process ends, as `static/src/node/exit.ts` has it."""

    DONE = 0
    BROKEN = 1
    REFUSED = 2
    UNREACHABLE = 3
    INTERRUPTED = 130


class WorkerPool:
    """`count` volunteers for the run at `url`, each started again when it breaks.

    `url` is a run's join URL, or its server's when that has one run. `share` is the part of the time in which to
    train, 0 < share <= 1. `code`: what the run asks for. Use as an async context manager, or `start` it and `stop` it.
    """

    def __init__(
        self,
        url: str,
        count: int,
        *,
        share: float = 1.0,
        name: str | None = None,
        code: str | None = None,
        retry_seconds: float = 600.0,
        on_event: OnEvent | None = None,
        command: Sequence[str] | None = None,
    ) -> None:
        if count < 1:
            raise WebNNError("settings", f"The number of workers must be at least 1, not {count}.")
        if not 0 < share <= 1:
            raise WebNNError("settings", f"share must be more than 0 and at most 1, not {share}.")
        names = ("--name", name) if name else ()
        self._command = (
            *(find_program("volunteer").command() if command is None else command),
            *(url, "--attached", "--share", str(share), "--retry-seconds", str(retry_seconds), *names),
        )
        # in the environment, which other users of this computer cannot read as they can a command line
        self._environment = None if code is None else {**os.environ, CODE_VARIABLE: code}
        self._count = count
        self._on_event = on_event
        self._tasks: list[asyncio.Task[int]] = []
        self._running: dict[int, asyncio.subprocess.Process] = {}
        self._stopping = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def pids(self) -> tuple[int, ...]:
        """The process ids of the workers that run now."""
        return tuple(process.pid for process in self._running.values())

    async def start(self) -> None:
        """Start the workers; returns at once."""
        self._tasks = [asyncio.create_task(self._keep(number)) for number in range(self._count)]

    async def wait(self) -> int:
        """Wait until every worker has ended for good. The first exit code (see `ExitCode`) that is not 0, or 0."""
        await asyncio.wait(self._tasks)  # cancelled, it leaves the workers alone: they are to say goodbye
        codes = [task.result() for task in self._tasks]
        return next((code for code in codes if code != ExitCode.DONE), ExitCode.DONE)

    def let_go(self) -> None:
        """Ask every worker to say goodbye and end; `wait` returns when they have."""
        self._stopping.set()
        for process in self._running.values():
            assert process.stdin is not None
            process.stdin.close()

    async def stop(self, grace_seconds: float = 3.0) -> None:
        """Ask every worker to say goodbye, kill those still there after `grace_seconds`. May be called twice."""
        self.let_go()
        if not self._tasks:
            return
        await asyncio.wait(self._tasks, timeout=grace_seconds)
        for process in tuple(self._running.values()):
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep(self, number: int) -> int:
        pause, quick_deaths = FIRST_PAUSE_SECONDS, 0
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            started = loop.time()
            code = await self._run_once(number)
            if self._stopping.is_set() or code in (ExitCode.DONE, ExitCode.REFUSED, ExitCode.UNREACHABLE):
                return ExitCode.DONE if self._stopping.is_set() else code
            if loop.time() - started > HEALTHY_SECONDS:
                pause, quick_deaths = FIRST_PAUSE_SECONDS, 0
            quick_deaths += 1
            if quick_deaths >= MAX_QUICK_DEATHS:
                logger.error("worker %d ended %d times in a row with code %d: giving up", number, quick_deaths, code)
                return ExitCode.BROKEN
            logger.warning("worker %d ended with code %d; starting it again in %.0f s", number, code, pause)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        return ExitCode.DONE

    async def _run_once(self, number: int) -> int:
        pipe = asyncio.subprocess.PIPE
        options: dict[str, Any] = {**own_group(), "env": self._environment}
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command, stdin=pipe, stdout=pipe, stderr=pipe, limit=CHUNK_BYTES, **options
            )
        except OSError as error:
            raise WebNNError("evaluator_failed", f"Node cannot be started: {error}.") from error
        self._running[number] = process
        assert process.stdin is not None
        if self._stopping.is_set():
            process.stdin.close()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._relay(number, process))
                group.create_task(_log(number, process))
            return await process.wait()
        finally:
            del self._running[number]
            if process.returncode is None:
                process.kill()
            process.stdin.close()

    async def _relay(self, number: int, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in read_lines(process.stdout):
            try:
                event = json.loads(line)
            except ValueError:
                logger.warning("worker %d wrote a line that is no event: %.200s", number, line)
                continue
            logger.debug("worker %d: %s", number, line)
            if self._on_event is not None:
                self._on_event(number, event)
            elif event.get("type") == "worker" and event.get("exit_code"):
                logger.warning("worker %d: %s", number, event.get("message"))


async def _log(number: int, process: asyncio.subprocess.Process) -> None:
    assert process.stderr is not None
    async for line in read_lines(process.stderr):
        logger.info("worker %d: %s", number, line)


def run_workers(
    url: str,
    count: int = 1,
    share: float = 1.0,
    on_event: OnEvent | None = None,
    *,
    name: str | None = None,
    code: str | None = None,
    retry_seconds: float = 600.0,
) -> int:
    """Run `count` volunteers until the run is over; this is `wnn worker`.

    Returns an `ExitCode`: 0 when the run is over (or SIGTERM came), 2 when it cannot work as asked (the last `worker`
    event has the sentence), 3 when the server did not answer for `retry_seconds`, 130 after Ctrl-C. Not to be called
    from a running event loop.
    """

    async def work() -> int:
        async with WorkerPool(
            url, count, share=share, name=name, code=code, retry_seconds=retry_seconds, on_event=on_event
        ) as pool:
            if sys.platform != "win32":
                asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, pool.let_go)
            return await pool.wait()

    try:
        return asyncio.run(work())
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
