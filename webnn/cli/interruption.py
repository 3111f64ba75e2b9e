"""Ctrl-C: once, end the run in good order; twice, leave at once."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from types import FrameType, TracebackType
from typing import Any, Self, TypeVar

from webnn.cli.exits import ExitCode

Result = TypeVar("Result")
SIGNALS = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}
if sys.platform != "win32":
    SIGNALS[signal.SIGHUP] = ExitCode.TERMINATED  # the terminal was closed


class Interrupted(Exception):
    """A signal came while something was awaited; `code` is the exit code that it asks for."""

    def __init__(self, code: ExitCode) -> None:
        super().__init__(code)
        self.code = code


def leave_at_once(code: int) -> None:
    """End this process without waiting for anything; children that read our pipe end with it."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


class Interruption:
    """While entered, takes SIGINT, SIGTERM and SIGHUP in place of Python. To be entered in the main thread's
    event loop.

    `leave` is called with the exit code at the second signal, from the signal handler.
    """

    def __init__(self, leave: Callable[[int], None] = leave_at_once) -> None:
        self._leave = leave
        self._loop = asyncio.get_running_loop()
        self._came: asyncio.Future[ExitCode] = self._loop.create_future()
        self._count = 0
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in SIGNALS:
            if number in (signal.SIGINT, signal.SIGTERM) or signal.getsignal(number) is not signal.SIG_IGN:  # nohup
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    async def race(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Await `work`; where a signal comes first, cancel it, wait until it has cleaned up, raise `Interrupted`."""
        task = asyncio.create_task(work)
        try:
            either: tuple[asyncio.Future[Any], ...] = (task, self._came)
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait([task])
        if task.cancelled():
            raise Interrupted(self._came.result())
        return task.result()

    def interrupt(self, code: ExitCode) -> None:
        """End what is raced, and what will be, as the first signal does. To be called in the event loop's thread."""
        if not self._came.done():
            self._came.set_result(code)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        code = SIGNALS[signal.Signals(number)]
        self._count += 1
        if self._count > 1:
            self._leave(code)
        self._loop.call_soon_threadsafe(self.interrupt, code)
