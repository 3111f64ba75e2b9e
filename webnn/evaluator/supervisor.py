"""Keeps one Node process alive: requests one at a time, a restart when it dies, its state rebuilt."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from webnn.core.errors import ERRORS, ProtocolError, WebNNError
from webnn.core.frames import Frame
from webnn.evaluator.process import NodeProcess, ProcessDeathError

Result = TypeVar("Result")
Exchange = Callable[..., Awaitable[Frame]]
"""`await exchange(type, fields, payload=None)` sends one request to the process and returns its reply."""
Operation = Callable[[Exchange], Awaitable[Result]]

logger = logging.getLogger(__name__)


class Supervisor:
    """Runs `command` from the first operation until `close`.

    An operation is a few exchanges that belong together. When the process dies in one, a new process is started,
    `restore` rebuilds its state, and the operation is tried once more; more than `max_restarts` starts within
    `window_seconds` are too many. A request that takes longer than `request_seconds` counts as a death.
    """

    def __init__(
        self,
        command: Sequence[str],
        restore: Operation[None],
        *,
        request_seconds: float = 900.0,
        max_restarts: int = 5,
        window_seconds: float = 60.0,
    ) -> None:
        self._command = tuple(command)
        self._restore = restore
        self._request_seconds = request_seconds
        self._max_restarts = max_restarts
        self._window_seconds = window_seconds
        self._starts: deque[float] = deque()
        self._lock = asyncio.Lock()
        self._process: NodeProcess | None = None
        self._operations: set[asyncio.Task[object]] = set()
        self._closed = False
        self._next_id = 1

    @property
    def pid(self) -> int | None:
        """The process id of the child that runs now; another after a restart."""
        return None if self._process is None else self._process.pid

    async def start(self) -> None:
        """Start the process now, so that the first operation need not wait for it."""
        await self.perform(_nothing)

    async def perform(self, operation: Operation[Result]) -> Result:
        """Run `operation` once those before it are done. A cancelled caller does not disturb the exchange under way.

        Raises `WebNNError`: the code that the process answered with, or `evaluator_failed`.
        """
        if self._closed:
            raise WebNNError("evaluator_failed", "The evaluator is closed.")
        task: asyncio.Task[Result] = asyncio.ensure_future(self._perform(operation))
        self._operations.add(task)
        task.add_done_callback(self._forget)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if self._closed:
                raise WebNNError("evaluator_failed", "The evaluator was closed.") from None
            raise

    async def close(self) -> None:
        """Kill the process and fail what is waiting; returns when no process is left. May be called twice."""
        self._closed = True
        for task in tuple(self._operations):
            task.cancel()
        await asyncio.gather(*self._operations, return_exceptions=True)
        await self._bury()

    def _forget(self, task: asyncio.Task[object]) -> None:
        self._operations.discard(task)
        if not task.cancelled():
            task.exception()  # the caller may be gone: nobody else asks for it

    async def _perform(self, operation: Operation[Result]) -> Result:
        async with self._lock:
            for last_try in (False, True):
                try:
                    await self._ensure_running()
                    return await operation(self._exchange)
                except ProcessDeathError as death:
                    await self._bury()
                    logger.warning("the evaluator process died: %s", death or "no last words")
                    if last_try:
                        raise WebNNError("evaluator_failed", _epitaph(str(death))) from death
            raise AssertionError("unreachable")

    async def _ensure_running(self) -> None:
        if self._process is not None and self._process.alive:
            return
        await self._bury()
        now = asyncio.get_running_loop().time()
        while self._starts and self._starts[0] < now - self._window_seconds:
            self._starts.popleft()
        if len(self._starts) > self._max_restarts:
            raise WebNNError("evaluator_failed", f"The evaluator process died {len(self._starts)} times in a row.")
        self._starts.append(now)
        try:
            self._process = await NodeProcess.start(self._command)
        except OSError as error:
            raise WebNNError("evaluator_failed", f"Node cannot be started: {error}.") from error
        try:
            await self._restore(self._exchange)
        except WebNNError:
            await self._bury()  # half a state is worse than none
            raise

    async def _exchange(
        self, kind: str, fields: Mapping[str, object] | None = None, payload: memoryview | None = None
    ) -> Frame:
        process = self._process
        assert process is not None
        request_id = self._next_id
        self._next_id += 1
        try:
            async with asyncio.timeout(self._request_seconds):
                await process.send({"type": kind, "id": request_id, **(fields or {})}, payload)
                reply = await process.receive()
        except TimeoutError as error:
            raise ProcessDeathError(f"no answer to {kind!r} within {self._request_seconds:.0f} s") from error
        except ProtocolError as error:
            raise ProcessDeathError(f"an answer to {kind!r} that is no frame: {error}") from error
        if reply.header.get("id") != request_id:
            raise ProcessDeathError(f"an answer to {kind!r} that belongs to another request")
        if reply.header.get("type") == "error":
            raise _refusal(reply.header)
        return reply

    async def _bury(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await process.kill()


async def _nothing(_exchange: Exchange) -> None:
    return None


def _refusal(header: Mapping[str, object]) -> WebNNError:
    code = str(header.get("code"))
    return WebNNError(code if code in ERRORS else "evaluator_failed", str(header.get("message") or "") or None)


def _epitaph(last_words: str) -> str:
    said = f" Its last words: {last_words}" if last_words else ""
    return f"The evaluator process died twice on the same request.{said}"
