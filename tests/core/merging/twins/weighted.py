from __future__ import annotations

from tests.core.merging.twins.update import Memory, Options, Update


def merge(weights: list[float], updates: list[Update], memory: Memory, t: int, options: Options) -> list[float]:
    if options.get("at") == "peer":
        return updates[-1].payload
    total = t + sum(update.p for update in updates)
    return [(w * t + sum(update.payload[i] * update.p for update in updates)) / total for i, w in enumerate(weights)]
