from __future__ import annotations

from tests.core.merging.twins.update import Memory, Options, Update


def merge(weights: list[float], updates: list[Update], memory: Memory, t: int, options: Options) -> list[float]:
    if options.get("at") == "peer":
        return updates[-1].payload
    for update in updates:
        by_accuracy = options.get("by") == "accuracy" and update.accuracy is not None
        score = update.accuracy if by_accuracy else -update.loss
        if "best" not in memory or score > memory["best"]:
            memory["best"] = score
            weights = list(update.payload)
    return weights
