"""A run's curve as a small drawing, for pages that show it without a script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from webnn.server.metrics import Point

WIDTH, HEIGHT = 160, 48
"""The drawing's own units; a page stretches it as it likes."""

_MOST_POINTS = 80
_MARGIN = 2
_SECONDS, _LOSS, _ACCURACY = 0, 3, 4


@dataclass(frozen=True, slots=True)
class Sparkline:
    """`line` and `area` are the `d` of SVG paths; `first` and `last` the values that the curve goes from and to."""

    line: str
    area: str
    first: float
    last: float
    is_accuracy: bool


def draw_sparkline(validation: Sequence[Point]) -> Sparkline | None:
    """Draw the accuracy over time, or the loss where there is no accuracy; None where there are no two points.

    The axis of an accuracy ends at 1, and begins at the tenth below its lowest; a loss begins at 0.
    """
    is_accuracy = any(point[_ACCURACY] is not None for point in validation)
    column = _ACCURACY if is_accuracy else _LOSS
    known = [(float(point[_SECONDS]), float(point[column])) for point in validation if point[column] is not None]
    points = known[:: max(1, -(-len(known) // _MOST_POINTS))]
    if len(points) < 2:
        return None
    if points[-1] != known[-1]:
        points.append(known[-1])
    values = [value for _, value in points]
    low = int(10 * min(values)) / 10 if is_accuracy else min(0.0, *values)
    high = 1.0 if is_accuracy else max(values)
    start, end = points[0][0], points[-1][0]
    places = [(_between(at, start, end) * WIDTH, _height(_between(value, low, high))) for at, value in points]
    line = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    return Sparkline(line, f"{line}V{HEIGHT}H{places[0][0]:.1f}Z", values[0], values[-1], is_accuracy)


def _between(value: float, low: float, high: float) -> float:
    return (value - low) / (high - low) if high > low else 1.0


def _height(part: float) -> float:
    return HEIGHT - _MARGIN - part * (HEIGHT - 2 * _MARGIN)
