from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from webnn.core.messages import Role
from webnn.server.audience import Audience
from webnn.server.connection import Connection
from webnn.server.herald import Herald
from webnn.server.metrics import History
from webnn.server.rounds import AT_ONCE, Round
from webnn.server.run_task import RunTask


def crowd(size: int) -> list[Connection]:
    return [cast("Connection", object()) for _ in range(size)]


class Listener:
    """A volunteer's connection, which notes that it was told something."""

    role = Role.VOLUNTEER

    def __init__(self, volunteer_id: str, told: list[str]) -> None:
        self.volunteer_id = volunteer_id
        self._told = told

    def send_latest(self, slot: str, make: object) -> None:
        self._told.append(self.volunteer_id)


async def test_a_small_audience_is_told_at_once() -> None:
    told: list[Any] = []
    people = crowd(AT_ONCE)
    round_ = Round()
    round_.begin(people, told.append)
    assert told == people
    assert not round_.going_on


async def test_a_large_one_is_told_a_few_at_a_time_and_each_once() -> None:
    told: list[Any] = []
    people = crowd(3 * AT_ONCE + 1)
    round_ = Round()
    round_.begin(people, told.append)
    assert told == people[:AT_ONCE]
    turns = 0
    while round_.going_on:
        before = len(told)
        await asyncio.sleep(0.001)
        turns += 1
        assert len(told) - before <= AT_ONCE
    assert told == people
    assert turns > 1


async def test_the_newest_round_is_the_only_one() -> None:
    first: list[Any] = []
    second: list[Any] = []
    people = crowd(2 * AT_ONCE)
    round_ = Round()
    round_.begin(people, first.append)
    round_.begin(people, second.append)
    await asyncio.sleep(0.1)
    assert first == people[:AT_ONCE]
    assert second == people


async def test_nobody_is_told_after_a_stop() -> None:
    told: list[Any] = []
    round_ = Round()
    round_.begin(crowd(3 * AT_ONCE), told.append)
    round_.stop()
    assert not round_.going_on
    await asyncio.sleep(0.1)
    assert len(told) == AT_ONCE


async def test_versions_that_follow_fast_come_to_the_last_of_many() -> None:
    told: list[str] = []
    audience = Audience(History())
    for i in range(3 * AT_ONCE):
        audience.add(cast("Connection", Listener(f"volunteer {i}", told)))
    run = SimpleNamespace(version=1)
    limits = SimpleNamespace(announcement_seconds=lambda number: 0.001)  # far less than a round takes
    herald = Herald(cast("RunTask", SimpleNamespace(run=run, limits=limits)), audience)
    for run.version in range(1, 41):
        herald.announce()
        await asyncio.sleep(0.005)
    herald.close()
    assert set(told) == {f"volunteer {i}" for i in range(3 * AT_ONCE)}
