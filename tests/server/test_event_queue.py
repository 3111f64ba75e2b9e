"""The queue of events: who asks is answered, whatever happens to it or to the reader."""

from __future__ import annotations

import asyncio

import pytest

from webnn.core.errors import WebNNError
from webnn.core.events import Tick
from webnn.server.event_queue import EventQueue, settle


async def read(queue: EventQueue, seen: list[object], hold: asyncio.Event) -> None:
    async for what, handled in queue.read():
        await hold.wait()
        seen.append(what)
        settle(handled)


async def started(hold: asyncio.Event) -> tuple[EventQueue, list[object]]:
    queue, seen = EventQueue(), list[object]()
    queue.reader = asyncio.create_task(read(queue, seen, hold))
    await asyncio.sleep(0)
    return queue, seen


async def test_event_is_handled_though_nobody_waits_for_it_any_more() -> None:
    hold = asyncio.Event()
    queue, seen = await started(hold)
    asking = asyncio.create_task(queue.ask(Tick()))
    await asyncio.sleep(0)
    asking.cancel()
    hold.set()
    await queue.ask(Tick())
    assert seen == [Tick(), Tick()]
    queue.close()


async def test_who_waits_is_told_when_nothing_is_handled_any_more() -> None:
    queue, seen = await started(asyncio.Event())
    asking = [asyncio.create_task(queue.ask(Tick())) for _ in range(3)]
    delivering = asyncio.create_task(queue.deliver(Tick()))
    await asyncio.sleep(0)
    assert queue.reader is not None
    queue.reader.cancel()
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(answer) for answer in answers] == [WebNNError] * 3
    await delivering
    assert seen == []
    with pytest.raises(WebNNError, match="not"):
        await queue.ask(Tick())


async def test_reader_takes_all_that_is_here_before_it_lets_others_on() -> None:
    hold = asyncio.Event()
    hold.set()
    queue, seen = await started(hold)
    for _ in range(100):
        queue.post(Tick())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(seen) == 100
    queue.close()
