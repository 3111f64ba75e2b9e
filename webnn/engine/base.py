"""What an engine is: it holds a run's weights, judges payloads, merges contributions and publishes versions."""

from __future__ import annotations

from collections.abc import Collection, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from webnn.core.events import Vector
from webnn.core.merging.base import Contribution, State, Strategy
from webnn.core.metrics import Verdict


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One version as it was published: a read-only copy that nothing changes any more.

    `weights` is flat float32, little-endian; `hash` names these bytes, and no others of any version of any run, ever
    (lower-case hex); `iterations` are those behind it.
    """

    version: int
    iterations: int
    hash: str
    weights: Vector = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A snapshot's bytes in one encoding; `etag` (without quotes) names those bytes for ever."""

    etag: str
    body: memoryview = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Frozen:
    """A version with the strategy's memory as it was then, which nothing changes for as long as this object is held."""

    snapshot: Snapshot
    state: State = field(compare=False, repr=False)


class Engine(Protocol):
    """Judging and merging are coroutines so that the arithmetic can happen elsewhere: in a thread, on a cluster."""

    @property
    def immediate(self) -> bool:
        """Whether judging, merging and encoding wait for nothing, so that `at_once` has what they give."""

    @property
    def num_weights(self) -> int: ...

    @property
    def newest(self) -> Snapshot:
        """The current weights."""

    async def judge(self, payload: Vector, base_version: int = 0) -> Verdict:
        """Check and measure `payload`, trained from `base_version` (for one that is gone: from the newest)."""

    async def merge(self, version: int, iterations: int, contributions: Sequence[Contribution]) -> Snapshot:
        """Fold `contributions` into the weights and publish them as `version`, `iterations` being behind them then."""

    def snapshot(self, version: int) -> Snapshot | None:
        """A version that is still held, or None."""

    def at_least(self, version: int) -> Snapshot:
        """The oldest version held that is `version` or later; the newest where that is still to come."""

    def retain(self, versions: Collection[int]) -> None:
        """Let go of every version but `versions` and the last few."""

    async def encoded(self, snapshot: Snapshot, encoding: str, since: int = 0) -> Encoded:
        """The snapshot in `encoding` (one for versions), made once however many ask; `since`: the version that `grid`
        tells the differences from, if it is held (0: none).
        """

    def encoded_now(self, snapshot: Snapshot, encoding: str, since: int = 0) -> memoryview:
        """The same for a small model, at once."""

    async def freeze(self) -> Frozen:
        """Keep the newest version and the strategy's memory as they are between two merges: after those asked for
        before, and before those asked for later. Merges go on at once, with copies where they must.
        """

    async def adopt(self, strategy: Strategy) -> None:
        """Merge by another rule, with fresh memory: after the merges and copies asked for before, and before those
        asked for later.
        """

    def restore(self, strategy: Strategy, version: int, iterations: int, weights: Vector, state: State | None) -> None:
        """Go on from other weights by `strategy` (`state` None: with fresh memory). Not to be called while a merge is
        under way.
        """

    def strategy_state(self) -> State:
        """The strategy's memory, for a checkpoint. Not to be changed, and not to be read while a merge is under way."""


_T = TypeVar("_T")


def at_once(coroutine: Coroutine[Any, Any, _T]) -> _T:
    """Take the result of a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    raise AssertionError("the engine waited for something")
