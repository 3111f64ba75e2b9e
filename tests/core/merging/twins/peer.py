"""What a volunteer starts from where it merges another's weights into its own: each rule with the parts changed."""

from __future__ import annotations


def start(rule: str, own: list[float], p: int, other: list[float], t: int, *, other_is_better: bool) -> list[float]:
    if rule == "average":
        return [(x + y) / 2 for x, y in zip(own, other, strict=True)]
    if rule == "weighted":
        return [(x * p + y * t) / (p + t) for x, y in zip(own, other, strict=True)]
    if rule == "copy":
        return other if other_is_better else own
    lead = t - p
    if lead == 0:
        return [(x + y) / 2 for x, y in zip(own, other, strict=True)]
    sign = 1 if lead > 0 else -1
    return [x + sign * (y - x) / (abs(lead) + 1) for x, y in zip(own, other, strict=True)]
