from __future__ import annotations

from tests.core.merging.twins.discount import s
from tests.core.merging.twins.update import Memory, Options, Update


def merge(weights: list[float], updates: list[Update], memory: Memory, t: int, options: Options) -> list[float]:
    for update in updates:
        alpha = options.get("alpha", 0.6) * s(update.staleness, options)
        weights = [(1 - alpha) * w + alpha * p for w, p in zip(weights, update.payload, strict=True)]
    return weights
