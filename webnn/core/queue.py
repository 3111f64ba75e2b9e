"""Which run starts next, and which run a volunteer helps who goes wherever help is needed: decisions only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from webnn.core.errors import WebNNError
from webnn.core.words import did_you_mean

LEAST_REMAINING = 0.01
"""Of a run that is almost over, so that it keeps a claim to help until it is."""


@dataclass(frozen=True, slots=True)
class Queue:
    """Runs that wait, first come first, and those that run; at most `at_most` run at once. A run is in one place."""

    at_most: int = 1
    waiting: tuple[str, ...] = ()
    running: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.at_most < 1:
            raise WebNNError("settings", f"At least one run has to be able to run at once, not {self.at_most}.")

    def __contains__(self, run: str) -> bool:
        return run in self.waiting or run in self.running

    def place(self, run: str) -> int | None:
        """How many runs wait before this one; None where it does not wait."""
        return self.waiting.index(run) if run in self.waiting else None

    def add(self, run: str, place: int | None = None) -> Queue:
        """Let a run wait at `place` (0: the next to start; None, or beyond the end: last)."""
        assert run not in self
        at = len(self.waiting) if place is None else max(0, place)
        return replace(self, waiting=(*self.waiting[:at], run, *self.waiting[at:]))

    def move(self, run: str, place: int) -> Queue:
        """Give a waiting run another place. Raises `WebNNError("not_running")` for one that does not wait."""
        if run not in self.waiting:
            raise WebNNError("not_running", f"The run {run} does not wait in the queue, so it has no place there.")
        return self.remove(run).add(run, place)

    def reorder(self, runs: Sequence[str]) -> Queue:
        """Put `runs`, all of which wait, first in this order; the others keep theirs, behind them.

        Raises `WebNNError("unknown_name")`, or `settings` for a run that is named twice.
        """
        for run in runs:
            if run not in self.waiting:
                hint = did_you_mean(run, self.waiting)
                raise WebNNError("unknown_name", f"No run {run[:80]!r} waits in the queue.{hint}")
        if len(set(runs)) != len(runs):
            raise WebNNError("settings", "A run is named twice in the new order.")
        return replace(self, waiting=(*runs, *(run for run in self.waiting if run not in runs)))

    def remove(self, run: str) -> Queue:
        """Take a run out, wherever it is."""
        return replace(
            self,
            waiting=tuple(each for each in self.waiting if each != run),
            running=tuple(each for each in self.running if each != run),
        )

    def limit(self, at_most: int) -> Queue:
        """Let another number run at once. Those that run already go on."""
        return replace(self, at_most=at_most)

    @property
    def next_run(self) -> str | None:
        """The run that may start now."""
        return self.waiting[0] if self.waiting and len(self.running) < self.at_most else None

    def start(self) -> Queue:
        """Let `next_run` run."""
        run = self.next_run
        assert run is not None
        return replace(self, waiting=self.waiting[1:], running=(*self.running, run))


@dataclass(frozen=True, slots=True)
class Need:
    """A run that goes on. `remaining` 0..1 is what it still has to do; `free` of its `volunteers` go wherever needed.

    A run that is `bound` takes only those who chose it.
    """

    run: str
    volunteers: int
    free: int
    remaining: float
    bound: bool = False

    @property
    def load(self) -> tuple[bool, float]:
        """Less of it, more need: a run with nobody comes before all others, then volunteers per remaining work."""
        return (self.volunteers > 0, (self.volunteers + 1) / max(self.remaining, LEAST_REMAINING))


def neediest(needs: Iterable[Need]) -> str | None:
    """The run that one more volunteer helps most; of equals the first. None where no run takes one."""
    open_to_all = [need for need in needs if not need.bound]
    return min(open_to_all, key=lambda need: need.load).run if open_to_all else None


def moves(needs: Sequence[Need]) -> list[tuple[str, str]]:
    """Whom to move so that each run has somebody: (from, to) for each volunteer. Nobody moves for less than that."""
    found: list[tuple[str, str]] = []
    state = {need.run: need for need in needs}
    for empty in [need for need in needs if not need.bound and need.volunteers == 0]:
        givers = [need for need in state.values() if need.free > 0 and need.volunteers > 1]
        if not givers:
            break
        giver = max(givers, key=lambda need: need.load)
        state[giver.run] = replace(giver, volunteers=giver.volunteers - 1, free=giver.free - 1)
        state[empty.run] = replace(empty, volunteers=1, free=1)
        found.append((giver.run, empty.run))
    return found
