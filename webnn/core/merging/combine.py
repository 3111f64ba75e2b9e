"""Weighted means of what volunteers sent, one slice at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from webnn.core.events import Vector
from webnn.core.merging.base import Contribution, move_towards


def equal_shares(contributions: Sequence[Contribution]) -> list[float]:
    """Share 1 out by the contributions' `weight` alone; all zero when none has any."""
    return shares([contribution.weight for contribution in contributions])


def shares(amounts: Sequence[float]) -> list[float]:
    """Scale `amounts` (none negative) to add up to 1; all zero when they do already add up to nothing."""
    total = sum(amounts)
    return [amount / total if total > 0 else 0.0 for amount in amounts]


def weighted_sum(contributions: Sequence[Contribution], factors: Sequence[float], chunk: slice) -> Vector:
    """Add up one slice of the payloads, each times its factor, into a new array."""
    total = contributions[0].payload[chunk] * np.float32(factors[0])
    for contribution, factor in zip(contributions[1:], factors[1:], strict=True):
        total += contribution.payload[chunk] * np.float32(factor)
    return total


def replace_by_mean(weights: Vector, contributions: Sequence[Contribution], amounts: Sequence[float]) -> None:
    """Make `weights` the mean of the payloads, each counted `amount` times; leave them if no amount is above 0.

    A running mean: it cannot leave the range of what it averages by more than rounding.
    """
    total = 0.0
    for contribution, amount in zip(contributions, amounts, strict=True):
        if amount > 0:
            total += amount
            move_towards(weights, contribution.payload, amount / total)
