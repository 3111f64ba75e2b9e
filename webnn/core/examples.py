"""The account of examples: in each epoch, each one is free, leased or done."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from webnn.core.config import ShardSize
from webnn.core.leases import Part


class Span(NamedTuple):
    """Examples `first <= i < last` of shard number `shard`, in one epoch (counted from 0)."""

    epoch: int
    shard: int
    first: int
    last: int

    @property
    def num_examples(self) -> int:
        return self.last - self.first


@dataclass(slots=True)
class Epoch:
    """One pass over the training set. `untouched` is in handing-out order; `begun` is what is left of the shards that
    volunteers are at, by volunteer, and `reserved` the shards that they go on with. What is neither free nor done is
    leased.
    """

    number: int
    num_examples: int
    num_done: int = 0
    untouched: deque[Span] = field(default_factory=deque)
    begun: dict[str, Span] = field(default_factory=dict)
    reserved: dict[str, Span] = field(default_factory=dict)

    @property
    def free(self) -> list[Span]:
        return [*self.begun.values(), *self.reserved.values(), *self.untouched]

    @property
    def has_free(self) -> bool:
        return bool(self.untouched or self.begun or self.reserved)

    def next_for(self, volunteer_id: str) -> Span:
        """Take out what a volunteer should have next: the rest of its shard, a shard of its own, or another's rest."""
        for own in (self.begun, self.reserved):
            if volunteer_id in own:
                return own.pop(volunteer_id)
        if self.untouched:
            return self.untouched.popleft()
        others = self.reserved or self.begun
        return others.pop(next(iter(others)))

    def reserve(self, volunteer_id: str, num_examples: int) -> Span | None:
        """Find the shard that a volunteer goes on with, if it has no more than `num_examples` left of its own."""
        rest = self.begun.get(volunteer_id)
        if rest is not None and rest.num_examples > num_examples:
            return None
        if volunteer_id not in self.reserved and self.untouched:
            self.reserved[volunteer_id] = self.untouched.popleft()
        return self.reserved.get(volunteer_id)

    def return_to(self, volunteer_id: str, span: Span) -> None:
        """Give a volunteer back what was too much."""
        if volunteer_id in self.begun:
            self.put_back(span, volunteer_id)
        else:
            self.begun[volunteer_id] = span

    def put_back(self, span: Span, volunteer_id: str) -> None:
        """Make what a volunteer had free again, the next to go out: to itself if it is still at that place."""
        rest = self.begun.get(volunteer_id)
        if rest is not None and (span.shard, span.last) == (rest.shard, rest.first):
            self.begun[volunteer_id] = rest._replace(first=span.first)
        else:
            self.untouched.appendleft(span)


class ExampleLedger:
    """Hands out examples lease by lease, epoch after epoch, each epoch's shards in an order drawn from the seed. Each
    volunteer works its way through shards of its own, so that a shard travels to one volunteer and not to all.

    A later epoch opens when the earlier ones have nothing free, though parts of them may still be out. `limit` is the
    number of examples after which no more open (None: no end); the last epoch may be cut short by it.

    With `overlap` half of a lease are the examples that follow the other half in the epoch's order (after its end,
    those at its beginning): they are trained twice in an epoch, and count once, with the lease whose own they are.
    """

    def __init__(
        self, shards: Sequence[ShardSize], seed: int, limit: int | None = None, *, overlap: bool = False
    ) -> None:
        self._overlap = overlap
        self._shards = tuple(shards)
        self._seed = seed
        self._size = sum(shard.num_examples for shard in shards)
        self._limit = limit
        self._opened = 0
        self._num_done = 0
        self._num_leased = 0
        self._epochs: dict[int, Epoch] = {}
        self._hopeful: list[int] = []  # ascending numbers of the epochs that may have something free
        self._leased: dict[str, tuple[Span, ...]] = {}
        self._holders: dict[str, str] = {}  # lease id: volunteer id

    @property
    def num_done(self) -> int:
        """Examples done, over all epochs."""
        return self._num_done

    @property
    def epochs(self) -> float:
        """Passes over the training set: examples done over its size."""
        return self._num_done / self._size

    @property
    def exhausted(self) -> bool:
        """Whether every example up to the limit is done."""
        return self._limit is not None and self._num_done >= self._limit

    @property
    def num_free(self) -> float:
        """Examples that could be handed out now, epochs not yet opened included; infinite without a limit."""
        return math.inf if self._limit is None else max(self._limit - self._num_done - self._num_leased, 0)

    @property
    def open_epochs(self) -> tuple[Epoch, ...]:
        """The epochs that are not done, oldest first, to look at."""
        return tuple(self._epochs.values())

    def set_limit(self, limit: int | None) -> None:
        """Open epochs up to another limit; one that the limit before had cut short is made longer."""
        self._limit = limit
        if not self._opened:
            return
        number = self._opened - 1
        full = self._opened * self._size
        total = self._num_done + sum(epoch.num_examples - epoch.num_done for epoch in self._epochs.values())
        wanted = full if limit is None else min(full, limit)
        if wanted <= total:
            return
        old, new = total - number * self._size, wanted - number * self._size
        epoch = self._epochs.setdefault(number, Epoch(number, old, num_done=old))
        epoch.untouched.extend(_without_first(self._order(number, new), old))
        epoch.num_examples = new
        self._hope_for(number)

    def leased(self, lease_id: str) -> tuple[Span, ...]:
        """Give the spans that a lease holds; none when it is not open."""
        return self._leased.get(lease_id, ())

    def take(
        self, lease_id: str, num_examples: int, batch_size: int, max_parts: int, volunteer_id: str = ""
    ) -> tuple[Part, ...]:
        """Lease a volunteer its next `num_examples`, in whole batches unless nothing more is left to take; () when
        nothing is free.

        Fewer are taken when fewer are free, or when they would lie in more than `max_parts` pieces.
        """
        assert lease_id not in self._leased
        overlap = self._overlap and num_examples >= 2 * batch_size and max_parts >= 2
        if overlap:
            num_examples, max_parts = num_examples // 2 // batch_size * batch_size, max_parts // 2
        spans = self._collect(volunteer_id, int(min(num_examples, self.num_free)), max_parts)
        taken = _total(spans)
        surplus = taken % batch_size
        if 0 < surplus < taken < self.num_free:
            for span in reversed(_split_off(spans, surplus)):
                self._epochs[span.epoch].return_to(volunteer_id, span)
                self._hope_for(span.epoch)
        if spans:
            self._leased[lease_id] = tuple(spans)
            self._holders[lease_id] = volunteer_id
            self._num_leased += _total(spans)
        borrowed = self._following(spans[-1], _total(spans), max_parts) if overlap and spans else []
        return tuple(Part(self._shards[span.shard].name, span.first, span.last) for span in (*spans, *borrowed))

    def _following(self, last: Span, num_examples: int, max_parts: int) -> list[Span]:
        """List the `num_examples` of an epoch that come after those of `last`, whoever has them; none twice."""
        order = self._order(last.epoch, self._size)
        place = next(place for place, span in enumerate(order) if span.shard == last.shard)
        rest, before = order[place]._replace(first=last.last), order[place]._replace(last=last.first)
        found: list[Span] = []
        left = min(num_examples, self._size - num_examples)
        for span in (rest, *order[place + 1 :], *order[:place], before):
            length = min(span.num_examples, left)
            if length > 0 and len(found) < max_parts:
                found.append(span._replace(last=span.first + length))
                left -= length
        return found

    def free(self, lease_id: str) -> None:
        """End a lease that brought nothing: its examples are free again, and the next to go out."""
        spans, volunteer_id = self._leased.pop(lease_id), self._holders.pop(lease_id)
        self._num_leased -= _total(spans)
        for span in reversed(spans):
            self._epochs[span.epoch].put_back(span, volunteer_id)
            self._hope_for(span.epoch)

    def left(self, volunteer_id: str) -> None:
        """Let others have the rest of the shard of a volunteer who left for good."""
        for epoch in self._epochs.values():
            for own in (epoch.reserved, epoch.begun):
                if volunteer_id in own:
                    epoch.untouched.appendleft(own.pop(volunteer_id))

    def coming(self, volunteer_id: str, num_examples: int) -> str | None:
        """Name the shard that a volunteer needs after its next `num_examples`, if those are the last of its own."""
        epoch = self._first_with_free()
        span = None if epoch is None else epoch.reserve(volunteer_id, num_examples)
        return None if span is None else self._shards[span.shard].name

    def finish(self, lease_id: str) -> None:
        """End a lease whose update counts: its examples are done."""
        spans = self._leased.pop(lease_id)
        del self._holders[lease_id]
        self._num_leased -= _total(spans)
        self._num_done += _total(spans)
        for span in spans:
            epoch = self._epochs[span.epoch]
            epoch.num_done += span.num_examples
            if epoch.num_done == epoch.num_examples:
                del self._epochs[span.epoch]

    def snapshot(self) -> dict[str, Any]:
        """Write what `restore` needs, JSON-able. Examples that are out on a lease are written as free."""
        free: dict[int, list[Span]] = {number: epoch.free for number, epoch in self._epochs.items()}
        for spans in self._leased.values():
            for span in spans:
                free[span.epoch].append(span)
        return {
            "opened": self._opened,
            "num_done": self._num_done,
            "epochs": [
                [number, epoch.num_examples, epoch.num_done, [span[1:] for span in free[number]]]
                for number, epoch in self._epochs.items()
            ],
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Take up a `snapshot` of the same shards."""
        self._opened = int(snapshot["opened"])
        self._num_done = int(snapshot["num_done"])
        self._leased.clear()
        self._holders.clear()
        self._num_leased = 0
        self._epochs = {
            number: Epoch(number, num_examples, num_done, deque(Span(number, *span) for span in free))
            for number, num_examples, num_done, free in snapshot["epochs"]
        }
        self._hopeful = sorted(self._epochs)
        self.set_limit(self._limit)

    def _collect(self, volunteer_id: str, num_examples: int, max_parts: int) -> list[Span]:
        """Take up to `num_examples` of what is free, opening epochs as needed."""
        spans: list[Span] = []
        while num_examples > 0 and len(spans) < max_parts:
            epoch = self._first_with_free() or self._open_next()
            if epoch is None:
                break
            span = epoch.next_for(volunteer_id)
            if span.num_examples > num_examples:
                epoch.begun[volunteer_id] = span._replace(first=span.first + num_examples)
                span = span._replace(last=span.first + num_examples)
            spans.append(span)
            num_examples -= span.num_examples
        return spans

    def _first_with_free(self) -> Epoch | None:
        while self._hopeful:
            epoch = self._epochs.get(self._hopeful[0])
            if epoch is not None and epoch.has_free:
                return epoch
            del self._hopeful[0]
        return None

    def _hope_for(self, number: int) -> None:
        """Note that an epoch may have something free: small sets and many volunteers keep thousands of epochs open."""
        place = bisect_left(self._hopeful, number)
        if self._hopeful[place : place + 1] != [number]:
            self._hopeful.insert(place, number)

    def _open_next(self) -> Epoch | None:
        size = self._size
        if self._limit is not None:
            size = min(size, self._limit - self._opened * self._size)
        if size <= 0:
            return None
        epoch = Epoch(self._opened, size, untouched=deque(self._order(self._opened, size)))
        self._epochs[epoch.number] = epoch
        self._hope_for(epoch.number)
        self._opened += 1
        return epoch

    def _order(self, number: int, size: int) -> list[Span]:
        """List the first `size` examples of an epoch's order."""
        spans = []
        for shard in np.random.default_rng((self._seed, number)).permutation(len(self._shards)):
            length = min(self._shards[shard].num_examples, size)
            if length:
                spans.append(Span(number, int(shard), 0, length))
            size -= length
        return spans


def _total(spans: Sequence[Span]) -> int:
    return sum([span.last - span.first for span in spans])


def _without_first(spans: Sequence[Span], count: int) -> list[Span]:
    """Leave out the first `count` examples of `spans`."""
    kept = []
    for span in spans:
        skipped = min(count, span.num_examples)
        count -= skipped
        if skipped < span.num_examples:
            kept.append(span._replace(first=span.first + skipped))
    return kept


def _split_off(spans: list[Span], surplus: int) -> list[Span]:
    """Take the last `surplus` examples off `spans` (which holds more than that) and return them."""
    taken: list[Span] = []
    while surplus > 0:
        span = spans.pop()
        kept = max(span.num_examples - surplus, 0)
        if kept:
            spans.append(span._replace(last=span.first + kept))
        taken.insert(0, span._replace(first=span.first + kept))
        surplus -= span.num_examples - kept
    return taken
