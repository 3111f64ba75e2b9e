from __future__ import annotations

from tests.core.merging.twins.discount import s
from tests.core.merging.twins.update import Memory, Options, Update


def merge(weights: list[float], updates: list[Update], memory: Memory, t: int, options: Options) -> list[float]:
    velocity = memory.setdefault("velocity", [0.0] * len(weights))
    for i in range(len(weights)):
        mean = sum(s(update.staleness, options) * update.payload[i] for update in updates) / len(updates)
        velocity[i] = options.get("momentum", 0.0) * velocity[i] + mean
    return [w + options.get("rate", 1.0) * v for w, v in zip(weights, velocity, strict=True)]
