from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from webnn.core.errors import WebNNError
from webnn.core.queue import Need, Queue, moves, neediest

NAMES = st.sampled_from([f"run-{number}" for number in range(8)])


def test_first_to_come_starts_first() -> None:
    queue = Queue().add("a").add("b")
    assert queue.next_run == "a"
    queue = queue.start()
    assert (queue.running, queue.waiting, queue.next_run) == (("a",), ("b",), None)
    assert queue.remove("a").next_run == "b"


def test_place_decides_who_starts_next() -> None:
    queue = Queue().add("a").add("b").add("c", 0).add("d", 99)
    assert queue.waiting == ("c", "a", "b", "d")
    assert queue.move("d", 1).waiting == ("c", "d", "a", "b")
    assert queue.reorder(["b", "d"]).waiting == ("b", "d", "c", "a")
    assert queue.place("b") == 2
    assert queue.place("nobody") is None


def test_mistakes_are_said_in_sentences() -> None:
    queue = Queue().add("mnist-1").add("b")
    with pytest.raises(WebNNError, match='Did you mean "mnist-1"'):
        queue.reorder(["mnist"])
    with pytest.raises(WebNNError, match="named twice"):
        queue.reorder(["b", "b"])
    with pytest.raises(WebNNError, match="does not wait"):
        queue.move("c", 0)
    with pytest.raises(WebNNError, match="At least one"):
        queue.limit(0)


class QueueMachine(RuleBasedStateMachine):
    """A run is in one place, nobody overtakes unasked, and no more run at once than may start."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = Queue(2)
        self.order: list[str] = []
        self.running: set[str] = set()

    @rule(run=NAMES, place=st.none() | st.integers(0, 9))
    def add(self, run: str, place: int | None) -> None:
        if run not in self.queue:
            self.queue = self.queue.add(run, place)
            self.order.insert(len(self.order) if place is None else place, run)

    @rule()
    def start(self) -> None:
        if self.queue.next_run is not None:
            assert len(self.running) < self.queue.at_most
            assert self.queue.next_run == self.order[0]
            self.running.add(self.order.pop(0))
            self.queue = self.queue.start()

    @rule(run=NAMES)
    def remove(self, run: str) -> None:
        self.queue = self.queue.remove(run)
        self.running.discard(run)
        self.order = [each for each in self.order if each != run]

    @rule(data=st.data())
    def reorder(self, data: st.DataObject) -> None:
        first = data.draw(st.permutations(self.order)) if self.order else []
        self.queue = self.queue.reorder(first[:3])
        self.order = [*first[:3], *(run for run in self.order if run not in first[:3])]

    @rule(at_most=st.integers(1, 4))
    def limit(self, at_most: int) -> None:
        self.queue = self.queue.limit(at_most)

    @invariant()
    def everybody_is_in_one_place(self) -> None:
        assert list(self.queue.waiting) == self.order
        assert set(self.queue.running) == self.running
        counts = Counter((*self.queue.waiting, *self.queue.running))
        assert all(count == 1 for count in counts.values())


TestQueueMachine: Any = QueueMachine.TestCase


def needs() -> st.SearchStrategy[list[Need]]:
    def need(run: str, here: int, free: int, remaining: float, bound: bool) -> Need:
        return Need(run, here, min(here, free), remaining, bound)

    one = st.builds(need, NAMES, st.integers(0, 9), st.integers(0, 9), st.floats(0, 1), st.booleans())
    return st.lists(one, max_size=6, unique_by=lambda each: each.run)


def test_run_with_nobody_comes_first_then_the_one_with_most_left_to_do() -> None:
    busy, idle = Need("busy", 1, 1, 1.0), Need("idle", 0, 0, 0.01)
    assert neediest([busy, idle]) == "idle"
    assert neediest([Need("half", 1, 1, 0.5), Need("whole", 1, 1, 1.0)]) == "whole"
    assert neediest([Need("crowded", 9, 1, 1.0), Need("last", 1, 1, 0.3)]) == "last"
    assert neediest([Need("mine", 0, 0, 1.0, bound=True)]) is None


@given(needs())
def test_bound_runs_get_nobody_and_give_only_free_volunteers(found: list[Need]) -> None:
    known = {need.run: need for need in found}
    chosen = neediest(found)
    assert (chosen is None) == all(need.bound for need in found)
    assert chosen is None or not known[chosen].bound
    gone = Counter(source for source, _ in moves(found))
    for run, count in gone.items():
        assert count <= known[run].free
        assert known[run].volunteers - count >= 1


@given(needs())
def test_nobody_moves_but_to_a_run_that_has_nobody_and_once_is_enough(found: list[Need]) -> None:
    made = moves(found)
    known = {need.run: need for need in found}
    arrived = Counter(target for _, target in made)
    gone = Counter(source for source, _ in made)
    assert all(known[run].volunteers == 0 and not known[run].bound and count == 1 for run, count in arrived.items())
    after = [
        Need(
            need.run,
            need.volunteers + arrived[need.run] - gone[need.run],
            need.free + arrived[need.run] - gone[need.run],
            need.remaining,
            need.bound,
        )
        for need in found
    ]
    assert moves(after) == []
