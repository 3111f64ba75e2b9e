"""Leases: one volunteer's right to train some examples from one version, until a deadline."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from webnn.core.merging.base import Wants


class Outcome(StrEnum):
    """How a lease ended: exactly one of these."""

    MERGED = "merged"
    STALE = "stale"
    INVALID = "invalid"
    EXPIRED = "expired"
    ABANDONED = "abandoned"
    NOT_NEEDED = "not_needed"
    ROLLED_BACK = "rolled_back"


@dataclass(frozen=True, slots=True)
class Part:
    """Examples `first <= i < last` of one shard (`shard` is its SHA-256, lower-case hex)."""

    shard: str
    first: int
    last: int

    @property
    def num_examples(self) -> int:
        return self.last - self.first


@dataclass(frozen=True, slots=True)
class Lease:
    """`iterations` mini-batches of `batch_size` (the last may be smaller) over `parts`, from `version` or a later one.

    `granted_at` and `deadline` are seconds on the run's clock; the deadline is the first one, renewals are the book's.
    `optimizer` is "model" (the model's own) or "sgd" (plain SGD forced); `seed` is a uint32.
    """

    lease_id: str
    volunteer_id: str
    version: int
    parts: tuple[Part, ...]
    num_examples: int
    iterations: int
    batch_size: int
    seed: int
    learning_rate: float
    optimizer: str
    wants: Wants
    granted_at: float
    deadline: float
