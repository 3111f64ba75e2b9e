"""What can happen to a run: the closed set of events that `Run.handle` takes.

Events are plain values. `payload` fields are flat float32 vectors that the run hands on to the engine without
looking inside. Times are not in events: `now` (seconds on the run's own clock) is given beside each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webnn.core.metrics import TrainingMetrics, Validation, Verdict

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Device:
    """What a volunteer says of its device; shown to people, never trusted."""

    kind: str
    name: str
    backend: str = ""


@dataclass(frozen=True, slots=True)
class Start:
    """The initial weights exist: version 1 may be handed out."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A volunteer connected (for the first time, or again under the same id)."""

    volunteer_id: str
    device: Device


@dataclass(frozen=True, slots=True)
class Left:
    """A volunteer's connection ended. With `for_good` its leases are abandoned at once; otherwise they stay open until
    their deadline, so that a reconnecting volunteer can still deliver.
    """

    volunteer_id: str
    reason: str
    for_good: bool


@dataclass(frozen=True, slots=True)
class Ready:
    """A volunteer asks for one lease."""

    volunteer_id: str
    backend: str
    seconds_per_iteration: float | None


@dataclass(frozen=True, slots=True)
class Progressed:
    """A volunteer is `iterations` steps into a lease; renews it."""

    volunteer_id: str
    lease_id: str
    iterations: int
    metrics: TrainingMetrics


@dataclass(frozen=True, slots=True)
class Abandoned:
    """A volunteer gives a lease back untrained."""

    volunteer_id: str
    lease_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class UpdateArrived:
    """What came back for a lease. `payload` has the model's `num_weights` float32 numbers, already decoded. `rests`:
    the volunteer rests a while after it, before it takes the weights for the next lease.
    """

    volunteer_id: str
    lease_id: str
    base_version: int
    iterations: int
    num_examples: int
    seconds: float
    metrics: TrainingMetrics
    payload: Vector = field(compare=False, repr=False)
    rests: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """The answer to a `Judge` effect."""

    lease_id: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Replayed:
    """The answer to a `Replay` effect: the cosine between what the volunteer sent and what the evaluator got (None: it
    could not tell), the length of the former over that of the latter, and the seconds that it took.
    """

    lease_id: str
    agreement: float | None
    ratio: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Tried:
    """The answer to a `Try` effect: the held-out loss before the update and with it (both None: the evaluator could not
    tell), and the seconds that it took.
    """

    lease_id: str
    before: float | None
    after: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Appraised:
    """The answer to an `Appraise` effect; None when the evaluator could not tell."""

    lease_id: str
    result: Validation | None


@dataclass(frozen=True, slots=True)
class MergeDone:
    """The answer to a `Merge` effect: the engine's weights are now those of `version`."""

    version: int


@dataclass(frozen=True, slots=True)
class Validated:
    """The answer to a `Validate` effect."""

    version: int
    whole: bool
    result: Validation


@dataclass(frozen=True, slots=True)
class ValidationFailed:
    """The evaluator could not validate `version`; the run asks again later."""

    version: int
    message: str


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed; nothing else happened."""


@dataclass(frozen=True, slots=True)
class Pause:
    """The owner pauses the run."""

    reason: str


@dataclass(frozen=True, slots=True)
class Resume:
    """The owner resumes the run."""


@dataclass(frozen=True, slots=True)
class SettingsChanged:
    """The owner changes settings of the run, for the leases to come: `changes` as `webnn.core.changing` has them."""

    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Forget:
    """A volunteer wants nothing of it to be known any more."""

    volunteer_id: str


@dataclass(frozen=True, slots=True)
class Stop:
    """The owner (or Ctrl-C) stops the run."""

    reason: str


@dataclass(frozen=True, slots=True)
class Fail:
    """Something that the run cannot go on without broke."""

    message: str


Event = (
    Start
    | Joined
    | Left
    | Ready
    | Progressed
    | Abandoned
    | UpdateArrived
    | Judged
    | Replayed
    | Tried
    | Appraised
    | MergeDone
    | Validated
    | ValidationFailed
    | Tick
    | Pause
    | Resume
    | SettingsChanged
    | Forget
    | Stop
    | Fail
)
