"""Events on their way to a run: handled in order, one at a time, with the turns of others between them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from webnn.core.errors import WebNNError
from webnn.core.events import Event

Turn = Callable[[], Coroutine[Any, Any, None]]
"""Something that is done between two events."""

Handled = asyncio.Future[None]
"""Done when what was handed over has been handled; raises what went wrong with it. Cancelled: nobody waits for it any
more, and it is handled all the same.
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An event for the case that something holds when its turn comes."""

    event: Event
    condition: Callable[[], bool]


class EventQueue:
    """What waits to be handled. `reader` is the task that handles it, once there is one."""

    def __init__(self) -> None:
        self._items: deque[tuple[Event | Turn | Attempt, Handled | None] | None] = deque()
        self._news: asyncio.Future[None] | None = None  # what the reader waits for
        self._asked: set[Handled] = set()
        self._reader: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._items)

    @property
    def reader(self) -> asyncio.Task[None] | None:
        """The task that handles what waits; whoever asked and has no answer when it ends is told so."""
        return self._reader

    @reader.setter
    def reader(self, reader: asyncio.Task[None]) -> None:
        self._reader = reader
        reader.add_done_callback(lambda _: self._tell_the_rest())

    def post(self, event: Event | Turn) -> None:
        """Hand an event or a turn over, without waiting for anything. What a turn raises ends the reader."""
        self._put((event, None))

    def post_if(self, event: Event, condition: Callable[[], bool]) -> None:
        """Hand an event over for the case that `condition` holds when its turn comes."""
        self._put((Attempt(event, condition), None))

    async def ask(self, event: Event | Turn) -> None:
        """Hand something over and wait until it has been handled.

        Raises what that raises, and `WebNNError("not_running")` if nobody handles anything any more.
        """
        if self.reader is None or self.reader.done():
            raise WebNNError("not_running")
        handled = asyncio.get_running_loop().create_future()
        self._asked.add(handled)
        self._put((event, handled))
        try:
            await handled
        finally:
            self._asked.discard(handled)

    async def deliver(self, event: Event) -> None:
        """Hand over an event and return when it has been handled, or nothing is any more."""
        with suppress(WebNNError):
            await self.ask(event)

    def attempt(self, event: Event, condition: Callable[[], bool] = lambda: True) -> None:
        """Hand over an event of control, for the case that `condition` holds when its turn comes and that the run does
        not refuse it; otherwise nothing happens.
        """
        if self.reader is not None and not self.reader.done():
            handled = asyncio.get_running_loop().create_future()
            handled.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._put((Attempt(event, condition), handled))

    def close(self) -> None:
        """Let the reader end once it has read what waits."""
        self._put(None)

    async def read(self) -> AsyncIterator[tuple[Event | Turn, Handled | None]]:
        """Give what is to be handled, until `close`; attempts whose condition does not hold are passed over."""
        while True:  # all that is here before sockets are read again, or a busy server would only ever take more in
            while self._items:
                item = self._items.popleft()
                if item is None:
                    return
                what, handled = item
                if not isinstance(what, Attempt):
                    yield what, handled
                elif what.condition():
                    yield what.event, handled
                else:
                    settle(handled)
            self._news = asyncio.get_running_loop().create_future()
            await self._news

    def _put(self, item: tuple[Event | Turn | Attempt, Handled | None] | None) -> None:
        self._items.append(item)
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def _tell_the_rest(self) -> None:
        for handled in list(self._asked):
            settle(handled, WebNNError("not_running"))


def settle(handled: Handled | None, error: Exception | None = None) -> None:
    """Tell whoever waits that it has been handled, or what went wrong."""
    if handled is None or handled.done():
        return
    if error is None:
        handled.set_result(None)
    else:
        handled.set_exception(error)
