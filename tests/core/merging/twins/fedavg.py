from __future__ import annotations

from tests.core.merging.twins.update import Memory, Options, Update


def merge(weights: list[float], updates: list[Update], memory: Memory, t: int, options: Options) -> list[float]:
    n = sum(update.num_examples for update in updates)
    return [sum(update.num_examples / n * update.payload[i] for update in updates) for i in range(len(weights))]
