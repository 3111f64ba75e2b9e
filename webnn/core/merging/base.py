"""What a merge strategy is: the pure rule that folds updates into the run's weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from webnn.core.events import Vector
from webnn.core.loops import loops
from webnn.core.metrics import Validation

State = dict[str, NDArray[Any]]
"""A strategy's memory: named arrays, so that a checkpoint can hold it."""


class Wants(StrEnum):
    """What a volunteer sends back: trained weights, trained minus base, or (plain SGD steps) delta over minus rate."""

    WEIGHTS = "weights"
    DELTA = "delta"
    GRADIENT = "gradient"


class Match(StrEnum):
    """What is made equal among the leases of `Strategy.lease_iterations`: the iterations, or the time they take.

    With `speed` the fastest volunteer trains all of them and a slower one proportionally fewer, so that all finish
    together (Liu 2024, arXiv 2401.09135: dynamic local updates).
    """

    ITERATIONS = "iterations"
    SPEED = "speed"


@dataclass(frozen=True, slots=True)
class MergeSpec:
    """A strategy's name and options, as a model file writes them: `{"mimic": {"form": "code"}}`."""

    name: str
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Local:
    """The weights that a volunteer has from its last lease: the iterations behind them, the updates in a row (1 at
    least) since it last took the run's weights, and how its last update was appraised, if it was.
    """

    iterations: int
    updates: int
    appraisal: Validation | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """The weights that a volunteer would be handed: the iterations behind them, and their appraisal, if any."""

    iterations: int
    appraisal: Validation | None = None


@dataclass(frozen=True, slots=True)
class Crew:
    """Who trains, as a strategy sees it when it sizes a lease.

    `count`: the volunteers that are there; `crowd`: the sum of their speeds, each times its share, over the greatest of
    these (1 to `count`), those of unknown pace counted as average; `share`: how much the one whose lease it is counts
    (0 to 1; below 1 it is new, and its optimiser has yet to warm up); `own`: its seconds for an iteration (None: not
    known); `seconds`: what the run's leases should take; `stretch` (at least 1): how much longer than short ones
    its leases must be so that it does not wait for exchanges; `concurrency`: how much of the others' work in that
    time is merged between its base and its update, 0 to 1 (below 1: it rests, and begins from new weights).
    `local`: its own weights (None: it has none), and `offer` those of the version that it can start from.
    """

    count: int
    crowd: float
    own: float | None
    seconds: float
    stretch: float = 1.0
    share: float = 1.0
    concurrency: float = 1.0
    local: Local | None = None
    offer: Offer | None = None

    @property
    def beside(self) -> float:
        """Those who train at the same time, it included, in units of the fastest: 1 to `crowd`."""
        return self.crowd if self.concurrency == 1 else 1 + (self.crowd - 1) * self.concurrency


@dataclass(frozen=True, slots=True)
class Terms:
    """What a strategy wants of one lease. `iterations` None: as many as take the run's lease seconds; `rate` scales
    the learning rate; `weight` is that of its contribution, which counts for up to `most` where little else is merged
    between its base and it. `keep`, with W the version that it is handed and P the volunteer's own weights: it starts
    from W + keep (P - W); None: from the newest W that it has.
    """

    iterations: int | None
    rate: float = 1.0
    weight: float = 1.0
    keep: float | None = None
    most: float = 0.0


@dataclass(frozen=True, slots=True)
class Contribution:
    """One judged update on its way into the weights.

    `payload`: flat float32, `num_weights` long, in the strategy's `wants`. `base_iterations`: iterations behind the
    version that it was trained from; `iterations`: its own. `staleness`: merges between that version and the current
    one. `whole`: trained alone from the current version, so a strategy that `takes_whole` makes it the new weights.
    `weight`: how much it counts beside others (0: not at all). `learning_rate`: that of its lease. `base`: the weights
    of `base_version`, which it was trained from, there if the strategy `needs_base`. `appraisal`: what its own weights
    reach on held-out examples, there if the strategy `needs_appraisal` and the evaluator could tell.
    """

    lease_id: str
    volunteer_id: str
    payload: Vector = field(compare=False, repr=False)
    base_iterations: int
    iterations: int
    num_examples: int
    staleness: int
    whole: bool
    weight: float = 1.0
    base_version: int = 0
    learning_rate: float = 1.0
    base: Vector | None = field(default=None, compare=False, repr=False)
    appraisal: Validation | None = None

    @property
    def position(self) -> int:
        """p: the iterations behind the volunteer's weights."""
        return self.base_iterations + self.iterations


@dataclass(frozen=True, slots=True)
class Immediate:
    """Each contribution is merged by itself, as it comes."""


@dataclass(frozen=True, slots=True)
class Buffer:
    """Contributions are merged together when `size` of them have come, or `seconds` after the first of them."""

    size: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Round:
    """Synchronous: the leases of a round, all from one version, end in one merge.

    It is closed by the first `quorum` contributions of `quorum + backup` volunteers (None: by those of all the
    volunteers that are there, less `backup`), by as many as can still come when volunteers leave, or after `seconds`.
    """

    quorum: int | None
    backup: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Flock:
    """Contributions are merged together when everyone who trains has one, or when the first has waited for `patience`
    times what its lease took.
    """

    patience: float


Collect = Immediate | Buffer | Round | Flock


class Strategy(Protocol):
    """A merge rule. It never alters a contribution, keeps no hidden memory, and touches the trainable weights alone."""

    @property
    def name(self) -> str: ...

    @property
    def wants(self) -> Wants: ...

    @property
    def collect(self) -> Collect: ...

    @property
    def takes_whole(self) -> bool:
        """Whether a contribution that is `whole` becomes the new weights as it is, without calling `merge`."""

    @property
    def lease_iterations(self) -> int | None:
        """How many iterations each lease has; None: as many as take the run's lease seconds on the device."""

    @property
    def match(self) -> Match:
        """Whether `lease_iterations` are those of every lease, or of the fastest device's."""

    @property
    def carries(self) -> bool:
        """Whether leases are `carry`: a volunteer goes on from its own work before that is merged."""

    @property
    def hands_peers(self) -> bool:
        """Whether a volunteer is handed the newest weights of another rather than the newest of all."""

    @property
    def has_terms(self) -> bool:
        """Whether `terms` ever says anything; where not, nobody works out what to ask it."""

    def terms(self, crew: Crew) -> Terms | None:
        """What the next lease of one of `crew` should be; None: what `lease_iterations` and `match` say."""

    @property
    def max_staleness(self) -> int | None:
        """The staleness above which an update is not merged but `stale`; None: no bound."""

    @property
    def needs_base(self) -> bool:
        """Whether contributions must carry `base`."""

    @property
    def needs_appraisal(self) -> bool:
        """Whether contributions must carry `appraisal`."""

    @property
    def merges_tail(self) -> bool:
        """Whether `merge` is given the non-trainable weights too, instead of their being averaged."""

    def reduce(self, contributions: Sequence[Contribution], state: State) -> Sequence[Contribution]:
        """Make of the contributions of one merge those that are merged: themselves, unless a robust reducer
        (`webnn.core.robust`) stands before the rule.
        """

    def state(self, num_trainable: int) -> State:
        """Fresh memory for a model of `num_trainable` weights."""

    def merge(self, weights: Vector, contributions: Sequence[Contribution], iterations: int, state: State) -> None:
        """Fold `contributions` into `weights` (float32, the trainable part, changed in place) and into `state`.

        `iterations` is t, the iterations behind `weights` before this merge. Payloads are as long as the model's
        `num_weights`; only their first `len(weights)` numbers are read.
        """

    def step(self, contributions: Sequence[Contribution], iterations: int) -> float | None:
        """The part of the way from the weights to the payload that `merge` goes, where it does nothing else; None: it
        does more.
        """

    def iterations_after(self, iterations: int, contributions: Sequence[Contribution]) -> int:
        """Count the iterations behind the weights after the merge, t being `iterations` before it."""


CHUNK = 65_536
"""Numbers handled at once by in-place arithmetic: few enough for the cache, enough to outweigh numpy's overhead."""

LARGE_CHUNK = 4 * CHUNK
"""The same where many passes are made over them, so that calls cost more than a cache that is too small for them."""


def chunks(length: int) -> Iterator[slice]:
    """Cut `length` numbers into slices of at most `CHUNK`."""
    for first in range(0, length, CHUNK):
        yield slice(first, min(first + CHUNK, length))


def move_towards(weights: Vector, target: Vector, share: float) -> None:
    """`weights += share * (target - weights)`, in place and in chunks; a negative `share` moves away.

    `target` may be longer (only its first `len(weights)` numbers count) and is left alone. A whole share
    copies, because W + (P - W) is not P in float32.
    """
    if share == 1:
        np.copyto(weights, target[: len(weights)])
        return
    factor = np.float32(share)
    fast = loops(weights, target)
    if fast is not None:
        fast.move(weights, target[: len(weights)], factor)
        return
    scratch = np.empty(min(CHUNK, len(weights)), np.float32)
    for chunk in chunks(len(weights)):
        part = weights[chunk]
        difference = scratch[: len(part)]
        np.subtract(target[chunk], part, out=difference)
        difference *= factor
        part += difference


def moved_towards(weights: Vector, target: Vector, share: float) -> Vector:
    """What `move_towards` makes of `weights`, in new memory, which takes a pass less than to copy them first."""
    if share == 1:
        return target[: len(weights)].copy()
    moved = np.empty_like(weights)
    factor = np.float32(share)
    fast = loops(weights, target)
    if fast is not None:
        fast.step(weights, target[: len(weights)], factor, moved)
        return moved
    for chunk in chunks(len(weights)):
        part = np.subtract(target[chunk], weights[chunk], out=moved[chunk])
        part *= factor
        part += weights[chunk]
    return moved
