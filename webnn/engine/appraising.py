"""The two vectors that an appraisal compares: what an update was trained from, and that with what it adds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from webnn.core.effects import Try
from webnn.core.events import Vector
from webnn.core.merging.base import Wants


def began(base: Vector, carried: Sequence[Vector]) -> Vector:
    """Add a volunteer's own work to its base version, which gives what it began with. Never `base` itself."""
    weights = base.copy()
    for own in carried:
        weights += own
    return weights


def before_and_after(effect: Try, base: Vector) -> tuple[Vector, Vector]:
    """The weights before the update of `effect` and after it, float32; `base` is the version that it names."""
    before = began(base, effect.carried)
    lease = effect.lease
    if lease.wants is Wants.WEIGHTS:
        return before, np.ascontiguousarray(effect.payload, np.float32)
    rate = -lease.learning_rate if lease.wants is Wants.GRADIENT else 1.0
    with np.errstate(over="ignore", invalid="ignore"):
        return before, (before + np.float32(rate) * effect.payload).astype(np.float32, copy=False)
