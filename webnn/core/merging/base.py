"""What a merge strategy is: the pure rule that folds updates into the run's weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from webnn.core.events import Vector

State = dict[str, NDArray[Any]]
"""A strategy's memory: named arrays, so that a checkpoint can hold it."""


class Wants(StrEnum):
    """What a volunteer sends back: trained weights, trained minus base, or (plain SGD steps) delta over minus rate."""

    WEIGHTS = "weights"
    DELTA = "delta"
    GRADIENT = "gradient"


@dataclass(frozen=True, slots=True)
class MergeSpec:
    """A strategy's name and options, as a model file writes them: `{"mimic": {"form": "code"}}`."""

    name: str
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contribution:
    """One judged update on its way into the weights.

    `payload`: flat float32, `num_weights` long, in the strategy's `wants`. `base_iterations`: iterations behind the
    version that it was trained from; `iterations`: its own. `staleness`: merges between that version and the current
    one. `whole`: trained alone from the current version, so a strategy that `takes_whole` makes it the new weights.
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

    @property
    def position(self) -> int:
        """p: the iterations behind the volunteer's weights."""
        return self.base_iterations + self.iterations


@dataclass(frozen=True, slots=True)
class Immediate:
    """Each contribution is merged by itself, as it comes."""


@dataclass(frozen=True, slots=True)
class Buffer:
    """Contributions are merged together when `size` of them have come."""

    size: int


@dataclass(frozen=True, slots=True)
class Round:
    """Synchronous: a round's leases end in one merge, closed by `quorum` contributions or after `seconds`."""

    size: int
    quorum: int
    seconds: float


Collect = Immediate | Buffer | Round


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

    def state(self, num_trainable: int) -> State:
        """Fresh memory for a model of `num_trainable` weights."""

    def merge(self, weights: Vector, contributions: Sequence[Contribution], iterations: int, state: State) -> None:
        """Fold `contributions` into `weights` (float32, the trainable part, changed in place).

        `iterations` is t, the iterations behind `weights` before this merge. Payloads are as long as the model's
        `num_weights`; only their first `len(weights)` numbers are read.
        """

    def iterations_after(self, iterations: int, contributions: Sequence[Contribution]) -> int:
        """Count the iterations behind the weights after the merge, t being `iterations` before it."""


CHUNK = 65_536
"""Numbers handled at once by in-place arithmetic: few enough for the cache, enough to outweigh numpy's overhead."""


def move_towards(weights: Vector, target: Vector, share: float) -> None:
    """`weights += share * (target - weights)`, in place and in chunks; a negative `share` moves away.

    `target` may be longer (only its first `len(weights)` numbers count) and is left alone. A whole share
    copies, because W + (P - W) is not P in float32.
    """
    if share == 1:
        np.copyto(weights, target[: len(weights)])
        return
    factor = np.float32(share)
    scratch = np.empty(min(CHUNK, len(weights)), np.float32)
    for first in range(0, len(weights), CHUNK):
        part = weights[first : first + CHUNK]
        difference = scratch[: len(part)]
        np.subtract(target[first : first + len(part)], part, out=difference)
        difference *= factor
        part += difference
