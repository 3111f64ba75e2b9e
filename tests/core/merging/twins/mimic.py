from __future__ import annotations

from tests.core.merging.twins.update import Memory, Options, Update


def merge(weights: list[float], updates: list[Update], memory: Memory, t: int, options: Options) -> list[float]:
    if options.get("at") == "peer":
        return updates[-1].payload
    form = options.get("form", "prose")
    for update in updates:
        d = update.p - t
        new = []
        for w, p in zip(weights, update.payload, strict=True):
            if form == "printed":
                new.append((w + (p - w if d > 0 else w - p)) / (abs(d) + 1))
            elif d > 0:
                new.append(w + (p - w) / (d + 1))
            elif d == 0 and form == "prose":
                new.append((w + p) / 2)
            else:
                new.append(w + (w - p) / (abs(d) + 1))
        weights = new
        t = max(t, update.p)
    return weights
