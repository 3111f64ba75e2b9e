"""Volunteers who rest between leases, and what `auto` makes of it: each counts for its part of what goes on then."""

from __future__ import annotations

import pytest

from tests.core.fakes import World, config, only
from tests.core.test_warming_up import Member, size_of
from webnn.core.config import ShardSize
from webnn.core.crowd import Crowd
from webnn.core.effects import Merge
from webnn.core.leases import Lease
from webnn.core.merging import Contribution, MergeSpec
from webnn.core.merging.base import Crew

NAMES = "abcd"
PACE = 1.0  # seconds for an iteration, most of them rest
ONE_OF_FOUR = pytest.approx(1 / 4, rel=0.1)  # before all are quite warmed up
SHARDS = tuple(ShardSize(f"shard {i}", 5_000) for i in range(20))


def world_of_four() -> World:
    world = World(merge=MergeSpec("auto"), shards=SHARDS)
    for name in NAMES:
        world.join(name)
    return world


def in_turn(world: World, rounds: int, *, rests: bool) -> list[Contribution]:
    """One after another takes the newest weights, trains, and hands in what it has before the next begins."""
    merged = []
    for i in range(rounds * len(NAMES)):
        world.now += PACE / len(NAMES)
        lease = world.ready(NAMES[i % len(NAMES)], PACE)
        assert lease is not None
        [merge] = only(world.update(lease, seconds=PACE, rests=rests), Merge)
        merged += merge.contributions
    return merged


def at_once(world: World, rounds: int, *, rests: bool) -> list[Contribution]:
    """All train from the same weights, and what they have is merged together."""
    merged: list[Contribution] = []
    for _ in range(rounds):
        world.now += PACE
        leases = [world.ready(name, PACE) for name in NAMES]
        effects = [effect for lease in leases if lease for effect in world.update(lease, seconds=PACE, rests=rests)]
        [merge] = only(effects, Merge)
        merged += merge.contributions
    return merged


def test_who_rests_counts_for_more_where_nothing_is_merged_meanwhile() -> None:
    merged = in_turn(world_of_four(), 12, rests=True)
    assert [each.weight > 0.9 for each in merged[-8:]] == [True] * 8


def test_the_rate_is_that_of_those_who_work_at_the_same_time() -> None:
    world = world_of_four()
    in_turn(world, 12, rests=True)
    lease = world.ready("a", PACE)
    assert lease is not None
    assert lease.learning_rate < 1.1 * config().learning_rate
    assert lease.weight == ONE_OF_FOUR, "which it counts for at least"


def test_who_never_rests_counts_for_a_part_of_the_crowd() -> None:
    assert [each.weight for each in in_turn(world_of_four(), 12, rests=False)[16:]] == [ONE_OF_FOUR] * 32


def test_what_is_merged_together_is_a_mean_though_all_rest() -> None:
    assert [each.weight for each in at_once(world_of_four(), 12, rests=True)[16:]] == [ONE_OF_FOUR] * 32


def test_one_who_says_it_rests_counts_no_more_than_those_who_do_not() -> None:
    world, weights = world_of_four(), []
    for i in range(48):
        world.now += PACE / len(NAMES)
        name = NAMES[i % len(NAMES)]
        lease = world.ready(name, PACE)
        assert lease is not None
        [merge] = only(world.update(lease, seconds=PACE, rests=name == "a"), Merge)
        weights += [each.weight for each in merge.contributions if name == "a"]
    assert weights[-1] == ONE_OF_FOUR


def test_a_flock_waits_in_lengths_of_the_work_and_not_of_the_rest() -> None:
    world = world_of_four()
    in_turn(world, 12, rests=True)
    leases: list[Lease | None] = [world.ready(name, PACE) for name in NAMES]
    assert leases[0] is not None
    world.update(leases[0], seconds=PACE, rests=True)
    assert only(world.wait(0.05), Merge), "a quarter of a second would be a quarter of a lease with its rest"


def test_concurrency_is_that_of_most_at_least() -> None:
    crowd = Crowd()
    members = [Member(PACE, 0.0, 0.1), Member(PACE, 0.0, 0.3), Member(PACE, 0.0, 1.0)]
    size_of(crowd, members, 9.0)
    assert [crowd.concurrency(each) for each in members] == [0.3, 0.3, 1.0]


def test_those_beside_are_part_of_the_crowd() -> None:
    crew = Crew(count=5, crowd=5.0, own=1.0, seconds=1.0, concurrency=0.25)
    assert crew.beside == 2
    assert Crew(count=3, crowd=2.9, own=1.0, seconds=1.0).beside == 2.9
