"""Numbers that travel with events: training metrics, verdicts and validations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Sketch = Sequence[float] | NDArray[np.float32]
"""A direction in a few numbers; none of them: no direction."""


@dataclass(frozen=True, slots=True)
class TrainingMetrics:
    """Means over the mini-batches of a lease, as the volunteer reports them; None when not known."""

    loss: float | None = None
    accuracy: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What judging found: whether every number is finite, and the payload's Euclidean norm (NaN when not finite; less
    what it was trained from, where that is subtracted).

    `length` is the norm of what the update changes (for trained weights: less those that it was trained from), NaN
    where that is not known. `sketch` holds its direction in a few numbers: their products are about those of the
    updates. `fingerprint` is the same for updates that are the same, and for no others that are trained from another
    version or are of another length; it is empty for one of too few numbers to tell. `rough` is what the fingerprint
    would be if the update changed more numbers than it does; empty where it is that.
    """

    finite: bool
    norm: float
    length: float = math.nan
    sketch: Sketch = field(default=(), compare=False)
    fingerprint: str = ""
    rough: str = ""


@dataclass(frozen=True, slots=True)
class Validation:
    """Metrics of one version on held-out examples, computed by the evaluator. `accuracy` is None for a regression."""

    loss: float
    accuracy: float | None
    num_examples: int
