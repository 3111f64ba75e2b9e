"""`wnn` as a subprocess that prints JSON lines, as a script would use it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parents[2]
Event = Mapping[str, Any]


class Program:
    """A command of `wnn` with `--json`: started on entering, killed on leaving if it has not ended.

    `events` are those printed so far. Errors name the arguments and show what the program said on stderr.
    """

    def __init__(self, *arguments: str, cwd: Path) -> None:
        self.arguments = arguments
        self.events: list[Event] = []
        self._cwd = cwd
        self._changed = asyncio.Condition()
        self._ended = False

    async def __aenter__(self) -> Self:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("WNN_")}
        environment["PYTHONPATH"] = str(ROOT)
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "webnn.cli", *self.arguments, "--json"),
            cwd=self._cwd,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=1 << 20,
        )
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._reader = asyncio.create_task(self._read(self._process.stdout))
        self._stderr = asyncio.create_task(self._process.stderr.read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        await asyncio.gather(self._reader, self._stderr, self._process.wait())

    async def _read(self, stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            event = json.loads(line)  # nothing else may be on stdout
            async with self._changed:
                self.events.append(event)
                self._changed.notify_all()
        async with self._changed:
            self._ended = True
            self._changed.notify_all()

    async def wait_for(self, wanted: Callable[[Event], bool], seconds: float = 60) -> Event:
        """Return the first event, past or to come, that is `wanted`."""

        def found() -> Event | None:
            return next((event for event in self.events if wanted(event)), None)

        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: found() is not None or self._ended)
        event = found()
        if event is None:
            raise AssertionError(f"{self.arguments} ended without it: {self.events}\n{await self.stderr()}")
        return event

    async def event(self, name: str, seconds: float = 60) -> Event:
        """Return the first event called `name` (`event` of `wnn train`, `type` of `wnn worker`)."""
        return await self.wait_for(lambda event: name in (event.get("event"), event.get("type")), seconds)

    async def exit_code(self, seconds: float = 60) -> int:
        async with asyncio.timeout(seconds):
            return await self._process.wait()

    async def stderr(self) -> str:
        """Return all that the program says on stderr until it ends."""
        return (await self._stderr).decode(errors="replace")

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
