from __future__ import annotations

from math import sqrt

from tests.core.merging.twins.update import Memory, Options, Update


def merge(weights: list[float], updates: list[Update], memory: Memory, t: int, options: Options) -> list[float]:
    squares = memory.setdefault("squares", [options.get("initialAccumulator", 0.1)] * len(weights))
    weights = list(weights)
    for update in updates:
        rate = options.get("learningRate", update.rate)
        for i, g in enumerate(update.payload):
            squares[i] += g * g
            weights[i] -= rate * g if options.get("optimizer") == "sgd" else rate * g / sqrt(squares[i])
    return weights
