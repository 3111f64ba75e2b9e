"""Volunteers who come to a run that is under way: they count for little at first, and nothing jumps."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pytest

from tests.core.fakes import World, config, only
from webnn.core import events as ev
from webnn.core.config import ShardSize
from webnn.core.crowd import FIRST_SHARE, WARM_UP, Crowd
from webnn.core.effects import Merge
from webnn.core.leases import Lease
from webnn.core.merging import MergeSpec

PACE = 0.1
ALONE_SECONDS = 40.0
GREATEST_JUMP = 1.11
"""Of the learning rate, when seven come to one, from one lease to the next: (1 + 7/33)^0.5, and a bit."""

SHARDS = tuple(ShardSize(f"shard {i}", 5_000) for i in range(20))


@dataclass
class Member:
    pace: float | None
    trains_since: float | None
    concurrency: float = 1.0


def size_of(crowd: Crowd, members: list[Member], now: float) -> float:
    return crowd.size(len(members), lambda: members, now)


def world_of(alone: float, others: int) -> tuple[World, list[Lease]]:
    """Train with one volunteer for `alone` seconds and `others` more thereafter; all leases, in order."""
    world = World(merge=MergeSpec("auto"), shards=SHARDS, lease_seconds=1.0)
    leases = [world.new("v0", PACE)]
    out = {"v0": leases[0]}
    came = False
    while len(leases) < 1_500:
        if not came and world.now >= alone:
            came = True
            for i in range(1, others + 1):
                out[f"v{i}"] = world.new(f"v{i}", PACE)
                leases.append(out[f"v{i}"])
        name, lease = min(out.items(), key=lambda item: (item[1].granted_at + item[1].iterations * PACE, item[0]))
        world.now = max(world.now, lease.granted_at + lease.iterations * PACE)
        world.update(lease, seconds=lease.iterations * PACE)
        fresh = world.ready(name)
        assert fresh is not None
        out[name] = fresh
        leases.append(fresh)
    return world, leases


def test_the_rate_never_jumps_when_volunteers_arrive() -> None:
    _, leases = world_of(ALONE_SECONDS, 7)
    rates = [lease.learning_rate / config().learning_rate for lease in leases]
    assert rates[0] == 1
    assert rates[-1] == pytest.approx(8**0.5)
    assert max(after / before for before, after in pairwise(rates)) <= GREATEST_JUMP


def test_newcomers_count_for_little_and_then_for_as_much_as_all() -> None:
    _, leases = world_of(ALONE_SECONDS, 7)
    newcomers = [lease for lease in leases if lease.volunteer_id == "v3"]
    weights = [lease.weight for lease in newcomers]
    assert weights[0] < 0.03
    assert weights == sorted(weights)
    assert weights[-1] == pytest.approx(1 / 8)
    grown = next(lease for lease in newcomers if lease.weight == weights[-1])
    assert grown.granted_at - newcomers[0].granted_at == pytest.approx(WARM_UP * PACE, abs=2 * PACE)


def test_those_who_begin_together_count_in_full_at_once() -> None:
    _, leases = world_of(0.0, 7)
    assert leases[8].learning_rate == pytest.approx(config().learning_rate * 8**0.5, rel=0.2)
    assert all(lease.learning_rate == leases[-1].learning_rate for lease in leases[30:])


def test_the_rate_falls_at_once_when_volunteers_leave() -> None:
    world = World(merge=MergeSpec("auto"), shards=SHARDS)
    for name in "abcd":
        world.new(name, PACE)
    before = world.ready("a")
    for name in "bcd":
        world.send(ev.Left(name, "", True))
    world.update(world.leases["0-0"], seconds=PACE)
    after = world.ready("a")
    assert before is not None
    assert after is not None
    assert before.learning_rate == pytest.approx(2 * after.learning_rate)


def test_a_lease_from_when_one_was_alone_counts_no_more_than_one_of_now() -> None:
    world = World(merge=MergeSpec("auto"), shards=SHARDS, lease_seconds=1.0)
    first = world.new("a", PACE)
    assert first.weight == 1
    world.new("b", PACE)
    world.now += 1
    [merge] = only(world.update(first, seconds=1.0) + world.wait(10), Merge)
    [contribution] = merge.contributions
    assert contribution.weight == pytest.approx(0.5)


def test_someone_who_comes_back_is_a_newcomer_again() -> None:
    crowd = Crowd()
    old, back = Member(PACE, 0.0), Member(PACE, 100.0)
    assert size_of(crowd, [old, back], 100.0) == pytest.approx(1 + FIRST_SHARE / (FIRST_SHARE + WARM_UP))
    assert size_of(crowd, [old, back], 100.0 + WARM_UP * PACE) == pytest.approx(2)


def test_a_fast_newcomer_takes_over_by_degrees() -> None:
    crowd, slow, fast = Crowd(), Member(1.0, 0.0), Member(0.1, 1_000.0)
    sizes, moves = [], []
    for step in range(40):
        now = 1_000.0 + step * 0.1
        sizes.append(size_of(crowd, [slow, fast], now))
        moves.append((crowd.share(slow, now) + 10 * crowd.share(fast, now)) / sizes[-1])
    assert moves[0] == pytest.approx(1)
    assert moves == sorted(moves)
    assert moves[-1] == pytest.approx(10)
    assert sizes[-1] == pytest.approx(1.1)


def test_nobody_and_unknown_speeds() -> None:
    crowd = Crowd()
    assert size_of(crowd, [], 0.0) == 1
    assert size_of(crowd, [Member(None, None), Member(None, None)], 0.0) == 2
    assert size_of(crowd, [Member(0.1, 0.0), Member(None, 0.0), Member(0.2, 0.0)], 9.0) == pytest.approx(2.25)
