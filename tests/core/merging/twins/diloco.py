from __future__ import annotations

from tests.core.merging.twins.update import Memory, Options, Update


def merge(weights: list[float], updates: list[Update], memory: Memory, t: int, options: Options) -> list[float]:
    rate, beta = options.get("rate", 0.7), options.get("momentum", 0.9)
    momentum = memory.setdefault("momentum", [0.0] * len(weights))
    new = []
    for i, w in enumerate(weights):
        gradient = -sum(update.payload[i] for update in updates) / len(updates)
        momentum[i] = beta * momentum[i] + gradient
        new.append(w - rate * (gradient + beta * momentum[i]))
    return new
