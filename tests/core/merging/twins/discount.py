from __future__ import annotations

from tests.core.merging.twins.update import Options


def s(staleness: int, options: Options) -> float:
    form = options.get("staleness", "polynomial")
    if form == "constant":
        return 1.0
    if form == "polynomial":
        return 1 / (staleness + 1) ** options.get("a", 0.5)
    a, b = options.get("a", 10), options.get("b", 4)
    return 1.0 if staleness <= b else 1 / (a * (staleness - b) + 1)
