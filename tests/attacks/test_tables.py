"""What strangers make the server remember has an end, in memory and on the disk, however many come and go."""

from __future__ import annotations

import gc
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import pytest

from tests.core.fakes import World, only, outcomes, reasons
from webnn.core import carried, judging, usual
from webnn.core import effects as fx
from webnn.core import events as ev
from webnn.core.carried import OwnWork
from webnn.core.leases import LeaseBook, Outcome
from webnn.core.merging import MergeSpec
from webnn.core.metrics import Verdict
from webnn.core.standing import Standing
from webnn.core.states import WaitReason
from webnn.core.volunteers import FREE_RETURNS, LONGEST_REST, Volunteers
from webnn.server import activity
from webnn.server.activity import Activity
from webnn.store.journal import LOG_ROWS, Journal, logged

ROOM = 40
"""Strangers that are remembered in these tests, instead of thousands."""

CODE = (type, ModuleType, FunctionType, BuiltinFunctionType, MethodType)


def containers(root: object) -> Iterator[Any]:
    """Find every container that an object holds, however deep."""
    seen, ahead = set[int](), [root]
    while ahead:
        one = ahead.pop()
        if id(one) in seen or isinstance(one, CODE):
            continue
        seen.add(id(one))
        if isinstance(one, dict | list | set | deque):
            yield one
        ahead += gc.get_referents(one)


def sizes(root: object) -> Counter[str]:
    """Add up the containers by what they hold."""
    found = Counter[str]()
    for one in containers(root):
        first = next(iter(one.items()) if isinstance(one, dict) else iter(one), None)
        kind = [type(each).__name__ for each in first] if isinstance(first, tuple) else type(first).__name__
        found[f"{type(one).__name__} of {kind}"] += len(one)
    return found


class Strangers:
    """New identities that come, take leases, answer them in bad ways or not at all, and go."""

    def __init__(self, rule: str) -> None:
        self.world = World(merge=MergeSpec(rule), replay_share=0.05)
        self.activity = Activity()
        self.come = 0
        self.ends = Counter[Outcome]()

    def send(self, event: ev.Event) -> list[fx.Effect]:
        effects = self.world.send(event)
        self.world.leases.clear()
        self.world.log.clear()
        self.activity.saw(event, effects, self.world.now)
        self.ends.update(outcomes(effects))
        return effects

    def visit(self) -> None:
        """Let one come and go."""
        self.come += 1
        self.world.now += 1.0
        who = f"stranger {self.come}"
        self.send(ev.Joined(who, ev.Device("browser", f"device {self.come}")))
        for effect in only(self.send(ev.Ready(who, "cpu", 0.1)), fx.Grant):
            match self.come % 8:
                case 0:
                    self.send(ev.Abandoned(who, effect.lease.lease_id, "x"))
                case 1:
                    continue
                case kind:
                    sketch = tuple(np.random.default_rng(self.come).standard_normal(8))
                    length = 30.0 if kind == 2 else 1.0
                    self.world.verdict = Verdict(kind != 3, 1.0, length, sketch, str(self.come))
                    self.send(self.world.arrival(effect.lease))
        self.send(ev.Left(who, "", for_good=bool(self.come % 3)))


@pytest.mark.parametrize("rule", ["weighted", "fedavg", "auto"])
def test_whoever_comes_and_goes_leaves_nothing_that_grows(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (Volunteers, LeaseBook, Standing):
        monkeypatch.setattr(kind.__init__, "__defaults__", (ROOM,))
    for name in ("MAX_ACCOUNTS", "MAX_ENTRIES"):
        monkeypatch.setattr(activity, name, ROOM)
    monkeypatch.setattr(usual, "MEMORY", ROOM // 4)
    monkeypatch.setattr(judging, "MAX_TOO_LONG", ROOM)
    monkeypatch.setattr(carried, "MAX_UNSURE", ROOM)
    strangers = Strangers(rule)
    found = []
    for _ in range(2):
        for _ in range(600):
            strangers.visit()
        found.append(sizes((strangers.world.run, strangers.activity)))
    assert {Outcome.MERGED, Outcome.INVALID, Outcome.ABANDONED} <= strangers.ends.keys()
    grown = {what: (found[0][what], count) for what, count in found[1].items() if count > found[0][what] + ROOM}
    assert not grown


def test_what_is_unsure_of_those_who_are_forgotten_is_unsure_of_everyone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carried, "MAX_UNSURE", 2)
    work, payload = OwnWork(), np.zeros(1, np.float32)
    for number, at in enumerate((1.0, 2.0, 3.0)):
        work.sent(str(number), f"v{number}", payload, at)
        work.refused(str(number), at)
    assert work.carried("x", "v0", granted_at=1.0, base_version=1) is None
    assert work.carried("x", "v0", granted_at=1.5, base_version=1) == []
    assert work.carried("x", "v2", granted_at=2.5, base_version=1) is None


def test_leases_that_are_given_back_untrained_come_ever_more_slowly() -> None:
    world = World()
    world.join("idler")
    world.join("honest")
    for _ in range(FREE_RETURNS + 1):
        lease = world.ready("idler")
        assert lease is not None
        world.send(ev.Abandoned("idler", lease.lease_id, "x"))
    assert reasons(world.send(ev.Ready("idler", "cpu", None))) == [WaitReason.TOO_MANY_LEASES]
    assert world.ready("honest") is not None
    granted = 0
    for _ in range(600):
        for effect in only(world.wait(1.0), fx.Grant):
            if effect.lease.volunteer_id == "idler":
                granted += 1
                world.send(ev.Abandoned("idler", effect.lease.lease_id, "x"))
                world.send(ev.Ready("idler", "cpu", None))
    assert 600 / LONGEST_REST <= granted <= 16


def test_who_gave_leases_back_and_then_works_waits_no_more() -> None:
    world = World()
    world.join("a")
    for _ in range(FREE_RETURNS - 1):
        lease = world.ready("a")
        assert lease is not None
        world.send(ev.Abandoned("a", lease.lease_id, "paused"))
    for _ in range(3):
        world.merge_once("a")
        lease = world.ready("a")
        assert lease is not None
        world.send(ev.Abandoned("a", lease.lease_id, "paused"))
    assert world.ready("a") is not None


def test_log_on_the_disk_stays_short_and_is_counted_whole(tmp_path: Path) -> None:
    with closing(Journal.open(tmp_path)) as journal:
        rows = 2 * LOG_ROWS
        journal.write([logged((float(number), "joined", "x" * 200)) for number in range(rows)])
        before = (tmp_path / "journal.sqlite").stat().st_size
        for _ in range(2):
            journal.write([logged((float(number), "joined", "x" * 200)) for number in range(rows, 2 * rows)])
        count, newest = journal.log(LOG_ROWS)
        kept = journal._one("SELECT COUNT(*) FROM log")[0]
    assert count == 3 * rows
    assert newest[-1][0] == 2 * rows - 1
    assert LOG_ROWS <= kept < LOG_ROWS + 500
    assert (tmp_path / "journal.sqlite").stat().st_size < before + 3 * LOG_ROWS * 200
