"""Volunteers who are handed each other's weights, in a run."""

from __future__ import annotations

import pytest

from tests.core.test_collecting import SPEED, world
from webnn.core import events as ev
from webnn.core.metrics import Validation
from webnn.core.peers import Made, Peers


def made(version: int, volunteer: str) -> Made:
    return Made(version, volunteer, version * 10, Validation(1.0, None, 5))


def test_a_peer_is_the_newest_that_is_somebody_elses() -> None:
    peers = Peers()
    assert peers.of("a") is None
    peers.publish(made(2, "a"))
    assert peers.of("a") == made(2, "a"), "nobody else has made one"
    peers.publish(made(3, "b"))
    assert peers.of("a") == made(3, "b")
    assert peers.of("b") == made(2, "a")
    peers.publish(made(4, "b"))
    assert peers.of("b") == made(4, "b"), "the last two are its own"


def test_a_lease_is_of_the_peers_version_and_says_how_much_to_keep() -> None:
    run = world("average", at="peer")
    a, b = run.new("a", SPEED), run.new("b", SPEED)
    assert (a.keep, b.keep) == (None, None), "they have no weights of their own yet"
    run.update(a)
    run.update(b)
    assert run.run.version == 3
    again = run.ready("b", SPEED)
    assert again is not None
    assert (again.version, again.keep) == (2, 0.5), "version 3 is its own"
    run.update(again)
    assert run.run.version == 4
    assert run.run.weights_iterations == b.iterations + again.iterations


def test_who_left_is_not_told_to_keep_what_a_new_tab_lacks() -> None:
    run = world("weighted", at="peer")
    a, b = run.new("a", SPEED), run.new("b", SPEED)
    run.update(a)
    run.update(b)
    run.send(ev.Left("a", "closed", for_good=False))
    run.send(ev.Joined("a", ev.Device("worker", "cpu", "a")))
    again = run.ready("a", SPEED)
    assert again is not None
    assert again.keep is None


@pytest.mark.parametrize("pushes", [1, 2, 3])
def test_downpour_keeps_local_weights_between_fetches(pushes: int) -> None:
    run = world("downpour", nPush=2, nFetch=2 * pushes)
    lease, kept = run.new("a", SPEED), []
    for _ in range(6):
        run.update(lease)
        following = run.ready("a", SPEED)
        assert following is not None
        lease = following
        kept.append(lease.keep)
    assert kept == ([1.0] * (pushes - 1) + [None]) * (6 // pushes)
