from __future__ import annotations

from tests.core.merging.twins.update import Memory, Options, Update


def merge(weights: list[float], updates: list[Update], memory: Memory, t: int, options: Options) -> list[float]:
    rate, beta = options.get("rate", 0.7), options.get("momentum", 0.9)
    c, n = options.get("activation", 0.0), options.get("size", 4)
    momentum = memory.setdefault("momentum", [0.0] * len(weights))
    since = memory.setdefault("since", [])
    weights = list(weights)
    for update in updates:
        gradient = [-d for d in update.payload]
        since.append(gradient)
        activation = c
        if len(since) == n:
            for i in range(len(weights)):
                momentum[i] = beta * momentum[i] + sum(each[i] for each in since) / n
            since.clear()
            activation = 1 - c * n + c
        for i in range(len(weights)):
            weights[i] -= rate * (activation * beta * momentum[i] + gradient[i] / n)
    return weights
