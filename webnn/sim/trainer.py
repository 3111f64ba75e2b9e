"""What the simulator needs of whoever computes gradients, and a stub for studies that need none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from webnn.core.events import Vector
from webnn.core.leases import Lease
from webnn.core.merging.base import Wants
from webnn.core.metrics import TrainingMetrics, Validation


@dataclass(frozen=True, slots=True)
class Trained:
    """What a lease came to: `payload` is what the lease `wants`, flat float32, `num_weights` long."""

    payload: Vector = field(compare=False, repr=False)
    metrics: TrainingMetrics = field(default_factory=TrainingMetrics)


class Trainer(Protocol):
    """Computes for all virtual volunteers, and remembers each one's optimiser from lease to lease."""

    @property
    def initial(self) -> Vector:
        """Weights to start from, `num_weights` long; not to be changed."""

    async def reset(self) -> None:
        """Forget every volunteer: another simulation begins."""

    async def forget(self, volunteer_id: str) -> None:
        """A volunteer closed its tab: what its optimiser remembered is gone."""

    async def train(self, lease: Lease, base: Vector, *, flipped: bool = False) -> Trained:
        """Train `lease` from `base`. The result depends on the arguments and the volunteer's earlier leases. `flipped`:
        on false labels, the last class for the first and so on.
        """

    async def validate(self, weights: Vector, num_examples: int | None) -> Validation:
        """Evaluate `weights` on the whole validation split, or on a sample."""


class StubTrainer:
    """No model at all: every step takes each weight a little nearer to 1, with noise. For studies of scheduling.

    A step moves by `rate` of the distance and adds noise of standard deviation `noise`; the accuracy is 1 minus the
    mean distance, the loss its square.
    """

    def __init__(self, num_weights: int = 8, rate: float = 0.002, noise: float = 0.0) -> None:
        self._num_weights = num_weights
        self._rate = rate
        self._noise = noise

    @property
    def initial(self) -> Vector:
        return np.zeros(self._num_weights, np.float32)

    async def reset(self) -> None:
        pass

    async def forget(self, volunteer_id: str) -> None:
        pass

    async def train(self, lease: Lease, base: Vector, *, flipped: bool = False) -> Trained:
        kept = np.float32((1 - self._rate) ** lease.iterations)
        goal = np.float32(-1 if flipped else 1)
        trained = goal + (base - goal) * kept
        if self._noise:
            rng = np.random.Generator(np.random.PCG64(lease.seed))
            scale = self._noise * lease.iterations**0.5
            trained += rng.standard_normal(self._num_weights, np.float32) * np.float32(scale)
        return Trained(as_wanted(lease, trained, base))

    async def validate(self, weights: Vector, num_examples: int | None) -> Validation:
        distance = min(float(np.mean(np.abs(weights - 1))), 1.0)
        return Validation(loss=distance**2, accuracy=1 - distance, num_examples=num_examples or 10_000)


def as_wanted(lease: Lease, trained: Vector, base: Vector) -> Vector:
    """Turn trained weights into what `lease` wants (no non-trainable tail)."""
    match lease.wants:
        case Wants.WEIGHTS:
            return trained
        case Wants.DELTA:
            return trained - base
        case Wants.GRADIENT:
            return (trained - base) * np.float32(-1 / lease.learning_rate)
