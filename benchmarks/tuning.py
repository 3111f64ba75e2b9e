"""Choosing a setting, with the same budget for everyone: successive halving over two seeds.

All settings run on the first seed, the better third of them on the second too (Jamieson and Talwalkar 2016, arXiv
1502.07943); the least mean time to the target wins. A setting that needs longer than a cell has time for is out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from common import Cell, Lab, row_dict

SEEDS = (101, 102)
KEEP = 3


@dataclass(frozen=True)
class Choice:
    """The best of some settings, and what each one came to."""

    cell: Cell
    tried: list[dict[str, Any]]


def choose(lab: Lab, model: str, cells: Sequence[Cell], *, quick: bool) -> Choice:
    """Try every cell, and take the one that is soonest at the target."""
    first = lab.simulate(model, cells, SEEDS[:1])
    ranked = sorted(zip(cells, first, strict=True), key=lambda pair: _seconds(pair[1]))
    best = [cell for cell, _ in ranked[: 1 if quick else -(-len(cells) // KEEP)]]
    second = lab.simulate(model, best, SEEDS if not quick else SEEDS[:1])
    _, winner = min(zip(map(_seconds, second), best, strict=True), key=lambda pair: pair[0])
    tried = [
        {"setting": cell.settings[-1], **row_dict(*result)}
        for cell, result in [*zip(cells, first, strict=True), *zip(best, second, strict=True)]
    ]
    return Choice(winner, tried)


def _seconds(result: Any) -> float:
    seconds = result[0].seconds_to_target
    return inf if seconds is None else float(seconds)
