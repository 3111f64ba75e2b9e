"""The reducers once more, with lists of plain numbers: to be read beside the papers.

`reduce(vectors, options)` returns what every contribution becomes, with nothing remembered.
"""

from __future__ import annotations

import math
from statistics import fmean
from statistics import median as middle
from typing import Any

Rows = list[list[float]]


def liars(options: dict[str, Any], default: float, count: int, limit: int) -> int:
    return max(min(math.ceil(options.get("share", default) * count), limit), 0)


def median(rows: Rows, options: dict[str, Any]) -> Rows:
    return [[middle(column) for column in zip(*rows, strict=True)]] * len(rows)


def trimmed_mean(rows: Rows, options: dict[str, Any]) -> Rows:
    cut = liars(options, 0.2, len(rows), (len(rows) - 1) // 2)
    kept = [sorted(column)[cut : len(rows) - cut] for column in zip(*rows, strict=True)]
    return [[fmean(column) for column in kept]] * len(rows)


def square(a: list[float], b: list[float]) -> float:
    return sum((x - y) ** 2 for x, y in zip(a, b, strict=True))


def score(rows: Rows, place: int, f: int) -> float:
    apart = sorted(square(rows[place], other) for i, other in enumerate(rows) if i != place)
    return sum(apart[: max(len(rows) - f - 2, 1)])


def ranked(rows: Rows, f: int) -> list[int]:
    scores = [score(rows, place, f) for place in range(len(rows))]
    lengths = [square(row, [0.0] * len(row)) for row in rows]
    return sorted(range(len(rows)), key=lambda place: (round(scores[place] / (max(scores) or 1), 9), lengths[place]))


def krum(rows: Rows, options: dict[str, Any]) -> Rows:
    if len(rows) == 1:
        return rows
    return [rows[ranked(rows, liars(options, 0.3, len(rows), (len(rows) - 3) // 2))[0]]] * len(rows)


def multi_krum(rows: Rows, options: dict[str, Any]) -> Rows:
    if len(rows) == 1:
        return rows
    f = liars(options, 0.3, len(rows), (len(rows) - 3) // 2)
    chosen = [rows[place] for place in ranked(rows, f)[: len(rows) - f]]
    return [[fmean(column) for column in zip(*chosen, strict=True)]] * len(rows)


def bulyan(rows: Rows, options: dict[str, Any]) -> Rows:
    if len(rows) == 1:
        return rows
    f = liars(options, 0.3, len(rows), (len(rows) - 3) // 4)
    left, chosen = list(rows), []
    while len(chosen) < len(rows) - 2 * f:
        chosen.append(left.pop(ranked(left, f)[0] if len(left) > 1 else 0))
    made = []
    for column in zip(*chosen, strict=True):
        centre = middle(column)
        made.append(fmean(sorted(column, key=lambda value: abs(value - centre))[: len(chosen) - 2 * f]))
    return [made] * len(rows)


def clip(rows: Rows, options: dict[str, Any]) -> Rows:
    lengths = [math.sqrt(square(row, [0.0] * len(row))) for row in rows]
    bound = options.get("factor", 3.0) * middle(lengths)
    return [
        [x * min(1.0, bound / length) for x in row] if length else row
        for row, length in zip(rows, lengths, strict=True)
    ]


def centred_clipping(rows: Rows, options: dict[str, Any]) -> Rows:
    if len(rows) == 1:
        return rows
    centre, seen = [0.0] * len(rows[0]), []
    for _ in range(options.get("passes", 3)):
        lengths = [math.sqrt(square(row, centre)) for row in rows]
        radius = options.get("radius", middle([*seen, *lengths]))
        seen += [min(length, radius) for length in lengths]
        shares = [min(1.0, radius / length) if length else 1.0 for length in lengths]
        centre = [
            c + fmean(share * (row[j] - c) for row, share in zip(rows, shares, strict=True))
            for j, c in enumerate(centre)
        ]
    return [centre] * len(rows)


TWINS = {
    "median": median,
    "trimmed-mean": trimmed_mean,
    "krum": krum,
    "multi-krum": multi_krum,
    "bulyan": bulyan,
    "clip": clip,
    "centred-clipping": centred_clipping,
}
