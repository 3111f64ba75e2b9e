from __future__ import annotations

from math import sqrt

from tests.core.merging.twins.update import Memory, Options, Update


def merge(weights: list[float], updates: list[Update], memory: Memory, t: int, options: Options) -> list[float]:
    adaptive = options.get("form", "adaptive") == "adaptive"
    strength = options.get("lambda", 2.0 if adaptive else 0.04)
    m = options.get("decay", 0.95)
    mean_square = memory.setdefault("mean_square", [0.0] * len(weights))
    weights = list(weights)
    for update in updates:
        rate = options.get("learningRate", update.rate)
        steps = update.iterations
        for i, summed in enumerate(update.payload):
            g = summed / steps
            mean_square[i] = m * mean_square[i] + (1 - m) * g * g
            lam = strength / sqrt(mean_square[i] + 1e-7) if adaptive else strength
            correction = lam * g * g * (weights[i] - update.base[i])
            correction = max(-abs(g), min(correction, abs(g)))
            weights[i] -= rate * steps * (g + correction)
    return weights
