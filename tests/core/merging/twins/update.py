from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Memory = dict[str, Any]
Options = dict[str, Any]


@dataclass
class Update:
    """What a volunteer sent, and what is known of it."""

    payload: list[float]
    base: list[float]
    p: int
    iterations: int
    num_examples: int
    staleness: int
    rate: float
    loss: float
    accuracy: float | None
    weight: float = 1.0
