"""Small line charts as SVG, written by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 168, 36, 48
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#6b4c9a", "#7f7f7f")
"""Okabe and Ito's, which colour-blind readers can tell apart, and two more."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its name, and its points as (x, y). `dashed`: something to compare with."""

    name: str
    points: Sequence[tuple[float, float]]
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """What is along an axis, from `low` to `high`."""

    name: str
    low: float
    high: float

    def place(self, value: float, start: float, end: float) -> float:
        span = self.high - self.low or 1.0
        return start + (min(max(value, self.low), self.high) - self.low) / span * (end - start)

    def ticks(self) -> list[float]:
        """About five round numbers."""
        span = self.high - self.low
        if span <= 0:
            return [self.low]
        step = 10 ** math.floor(math.log10(span / 5))
        step *= next(factor for factor in (1, 2, 5, 10) if span / (step * factor) <= 6)
        first = math.ceil(self.low / step - 1e-9)
        return [index * step for index in range(first, math.floor(self.high / step + 1e-9) + 1)]


def draw(title: str, x: Axis, y: Axis, lines: Sequence[Line]) -> str:
    """Draw `lines` as an SVG document."""
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"',
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="20" font-size="14" font-weight="bold">{escape(title)}</text>',
    ]
    for tick in x.ticks():
        at = x.place(tick, LEFT, right)
        parts.append(f'<path d="M{at:.1f} {TOP}V{bottom}" stroke="#ddd"/>')
        parts.append(f'<text x="{at:.1f}" y="{bottom + 16}" text-anchor="middle">{tick:.6g}</text>')
    for tick in y.ticks():
        at = y.place(tick, bottom, TOP)
        parts.append(f'<path d="M{LEFT} {at:.1f}H{right}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{tick:.6g}</text>')
    parts.append(f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 10}" text-anchor="middle">{escape(x.name)}</text>')
    middle = (TOP + bottom) / 2
    parts.append(
        f'<text x="16" y="{middle}" text-anchor="middle" transform="rotate(-90 16 {middle})">{escape(y.name)}</text>'
    )
    for number, line in enumerate(lines):
        parts += _line(number, line, x, y)
    return "\n".join([*parts, "</svg>", ""])


def _line(number: int, line: Line, x: Axis, y: Axis) -> list[str]:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    colour = "#999" if line.dashed else COLOURS[number % len(COLOURS)]
    dash = ' stroke-dasharray="5 4"' if line.dashed else ""
    places = [(x.place(a, LEFT, right), y.place(b, bottom, TOP)) for a, b in line.points if math.isfinite(b)]
    path = " ".join(f"{a:.1f},{b:.1f}" for a, b in places)
    height = TOP + 8 + 18 * number
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.8"{dash}/>',
        *(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="2.5" fill="{colour}"/>' for a, b in places if len(places) < 12),
        f'<path d="M{right + 12} {height}h18" stroke="{colour}" stroke-width="2"{dash}/>',
        f'<text x="{right + 36}" y="{height + 4}">{escape(line.name)}</text>',
    ]
