from __future__ import annotations

from tests.core.merging.twins.update import Memory, Options, Update


def merge(weights: list[float], updates: list[Update], memory: Memory, t: int, options: Options) -> list[float]:
    count = len(updates)
    rate = options.get("learningRate", sum(update.rate for update in updates) / count)
    momentum = options.get("momentum", 0.0)
    velocity = memory.setdefault("velocity", [0.0] * len(weights))
    for i in range(len(weights)):
        gradient = sum(update.payload[i] for update in updates) / count
        velocity[i] = momentum * velocity[i] + gradient
    return [w - rate * v for w, v in zip(weights, velocity, strict=True)]
