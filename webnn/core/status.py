"""A run at one moment, as numbers to show."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from webnn.core.config import StopConditions
from webnn.core.leases import Outcome
from webnn.core.states import RunState


@dataclass(frozen=True, slots=True)
class RunStatus:
    """The core's part of the protocol's `status`; what a number means is said there. None: not known (yet)."""

    state: RunState
    reason: str | None
    version: int
    iterations: int
    epochs: float
    examples: int
    merges: int
    volunteers: int
    volunteers_total: int
    examples_per_second: float
    staleness: float
    outcomes: Mapping[Outcome, int]
    loss: float | None
    accuracy: float | None
    best_accuracy: float | None
    learning_rate: float
    seconds: float
    seconds_left: float | None
    progress: float
    merge: str
    num_weights: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is towards its limits of time and work."""

    share: float
    seconds_left: float | None


def progress(stop: StopConditions, seconds: float, epochs: float, iterations: int, accuracy: float | None) -> Progress:
    """Tell how far the limit is that will be met first, at the pace so far. `share` is within 0..1.

    Targets of accuracy or loss say nothing about time: accuracy over its target is the share where there is no limit.
    """
    pairs = ((seconds, stop.seconds), (epochs, stop.epochs), (float(iterations), stop.iterations))
    shares = [done / limit for done, limit in pairs if limit is not None]
    if not shares:
        share = accuracy / stop.accuracy if accuracy is not None and stop.accuracy is not None else 0.0
        return Progress(min(share, 1.0), None)
    share = min(max(shares), 1.0)
    return Progress(share, seconds / share - seconds if share > 0 and seconds > 0 else None)


def finite(value: float | None) -> float | None:
    """Give None for a number that JSON cannot hold."""
    return value if value is not None and math.isfinite(value) else None
