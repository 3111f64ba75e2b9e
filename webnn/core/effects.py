"""What a run asks the edges to do: the closed set of effects that `Run.handle` returns, in the order to do them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from webnn.core.events import Vector
from webnn.core.leases import Lease, Outcome
from webnn.core.merging.base import Contribution, Strategy
from webnn.core.metrics import TrainingMetrics
from webnn.core.states import RunState, WaitReason


@dataclass(frozen=True, slots=True)
class Grant:
    """Send `lease` to its volunteer."""

    lease: Lease


@dataclass(frozen=True, slots=True)
class SettingsApplied:
    """The run has other settings now: in words, and all the `changes` so far (see `webnn.core.changing`)."""

    words: str
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Adopt:
    """Merge by another rule from now on, with fresh memory. No merge is under way."""

    strategy: Strategy = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wait:
    """Tell a volunteer that there is no lease for it now; it stays in the queue and gets one as soon as there is."""

    volunteer_id: str
    reason: WaitReason
    seconds: float


@dataclass(frozen=True, slots=True)
class Judge:
    """Check and measure a payload, trained from `base_version`, and answer with `Judged`."""

    lease_id: str
    payload: Vector = field(compare=False, repr=False)
    base_version: int = 0


@dataclass(frozen=True, slots=True)
class Replay:
    """Have the evaluator train `lease` again, from `base_version` plus all of `carried`, and compare with `payload`;
    answer with `Replayed`. At most one replay is asked for at a time.
    """

    lease: Lease
    base_version: int
    payload: Vector = field(compare=False, repr=False)
    carried: tuple[Vector, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Try:
    """Validate what `lease` was trained from (`base_version` plus all of `carried`), and that with what its `payload`
    adds, on the same held-out examples, the same `num_examples` each time. Answer with `Tried`. At most one replay or
    trial is asked for at a time.
    """

    lease: Lease
    base_version: int
    num_examples: int
    payload: Vector = field(compare=False, repr=False)
    carried: tuple[Vector, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Accused:
    """A volunteer's lie is proved: its work does not count before it has brought what is known to be right."""

    volunteer_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class GoBack:
    """Validation fell beyond noise: take the run back to `version`, the best one, as a roll-back does."""

    version: int
    reason: str


@dataclass(frozen=True, slots=True)
class Appraise:
    """Validate the weights in `payload` (float32, all `num_weights`), which are nobody's version yet, on the held-out
    examples of a sample validation: the same `num_examples` each time. Answer with `Appraised`.
    """

    lease_id: str
    num_examples: int
    payload: Vector = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Merge:
    """Fold `contributions` into the weights by the run's strategy, making `version` (whose iterations become
    `iterations`, from `iterations_before`: the t of the merge rules); answer with `MergeDone`. At most one merge is
    asked for at a time.
    """

    version: int
    iterations: int
    contributions: tuple[Contribution, ...]
    iterations_before: int = 0


@dataclass(frozen=True, slots=True)
class Merged:
    """`version` now holds this volunteer's lease: a point of the training history, one for each contribution."""

    version: int
    lease_id: str
    volunteer_id: str
    iterations: int
    num_examples: int
    staleness: int
    metrics: TrainingMetrics


@dataclass(frozen=True, slots=True)
class Settle:
    """Tell a volunteer how its lease ended. `whole`: the current version's weights are exactly those of its update."""

    volunteer_id: str
    lease_id: str
    outcome: Outcome
    whole: bool
    detail: str | None


@dataclass(frozen=True, slots=True)
class Publish:
    """`version` is current: announce it."""

    version: int
    iterations: int


@dataclass(frozen=True, slots=True)
class Validate:
    """Validate the current weights, which are `version`, on a sample (`num_examples`) or on the whole split.

    Answer with `Validated` or `ValidationFailed`. At most one validation is asked for at a time.
    """

    version: int
    whole: bool
    num_examples: int


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The run is now in `state`; `reason` in words."""

    state: RunState
    reason: str


@dataclass(frozen=True, slots=True)
class Wake:
    """Call `handle(Tick(), now)` at `at` seconds on the run's clock, or earlier. A newer `Wake` replaces older ones."""

    at: float


Effect = (
    Grant
    | SettingsApplied
    | Adopt
    | Wait
    | Judge
    | Replay
    | Try
    | Accused
    | GoBack
    | Appraise
    | Merge
    | Merged
    | Settle
    | Publish
    | Validate
    | StateChanged
    | Wake
)
