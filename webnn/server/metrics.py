"""A run's history: points for the charts, bounded by thinning."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from typing import Any

from webnn.core.effects import Merged
from webnn.core.metrics import Validation
from webnn.core.status import finite

Point = list[Any]
"""A row of docs/protocol.md: numbers, with None where one is not known or not finite."""

MOST_NEWS = 64
"""Points of one series that a `live` message carries: a thousand volunteers merge four hundred times between two, and
each of them would be told of all.
"""


class Series:
    """Points in the order they came, and how many came in all.

    Beyond `max_points` the older half is thinned to half: of four neighbours the two whose `column` is lowest and
    highest stay, so that a chart keeps its shape and its spikes. `recent` are never thinned: they are for those who
    follow. Charts that are followed live get `news` of them, thinned too where more came at once than a chart can use.
    """

    def __init__(self, column: int, max_points: int, max_recent: int = 1000) -> None:
        self._column = column
        self._max_points = max_points
        self._recent: deque[Point] = deque(maxlen=max_recent)
        self.points: list[Point] = []
        self.count = 0

    def add(self, point: Point) -> None:
        self.points.append(point)
        self._recent.append(point)
        self.count += 1
        if len(self.points) > self._max_points:
            half = len(self.points) // 2
            self.points[:half] = thin(self.points[:half], self._column)

    def replace(self, points: Sequence[Point]) -> None:
        """Start anew with these points."""
        self.points.clear()
        self._recent.clear()
        self.count = 0
        for point in points:
            self.add(point)

    def since(self, count: int) -> list[Point]:
        """The points that came after the first `count`, as far as they are still at hand."""
        missing = self.count - count
        return list(self._recent)[-missing:] if missing > 0 else []

    def news(self, seen: int, count: int) -> list[Point]:
        """Those of the first `count` that came after the first `seen`, at most `MOST_NEWS` of them."""
        points = self.since(seen)
        later = self.count - count
        points = points[: len(points) - later] if later < len(points) else []
        while len(points) > MOST_NEWS:
            points = thin(points, self._column)
        return points


def thin(points: Sequence[Point], column: int) -> list[Point]:
    """Half of `points`: the first stays, and of each four the extremes of `column` in their order."""
    kept = list(points[:1])
    for first in range(1, len(points), 4):
        four = points[first : first + 4]
        order = sorted(range(len(four)), key=lambda i: math.inf if four[i][column] is None else four[i][column])
        kept += [four[i] for i in sorted({order[0], order[-1]})]
    return kept


def validation_point(seconds: float, version: int, iterations: int, result: Validation, whole: bool) -> Point:
    """Make a validation point of docs/protocol.md."""
    loss, accuracy = finite(result.loss), finite(result.accuracy)
    return [round(seconds, 3), version, iterations, loss, accuracy, result.num_examples, whole]


def training_point(seconds: float, iterations: int, merged: Merged) -> Point:
    """Make a training point of docs/protocol.md."""
    loss, accuracy = finite(merged.metrics.loss), finite(merged.metrics.accuracy)
    return [round(seconds, 3), iterations, loss, accuracy, merged.staleness]


class History:
    """Validation and training points of a run. Times are seconds of running time."""

    def __init__(self, max_validations: int = 2000, max_training: int = 2000) -> None:
        self.validation = Series(3, max_validations)
        self.training = Series(2, max_training)

    def validated(self, seconds: float, version: int, iterations: int, result: Validation, whole: bool) -> None:
        """Note a validation of `version`; `iterations` had been merged when it was asked for."""
        self.validation.add(validation_point(seconds, version, iterations, result, whole))

    def merged(self, seconds: float, iterations: int, merged: Merged) -> None:
        """Note a merged update; `iterations` have been merged with it."""
        self.training.add(training_point(seconds, iterations, merged))

    def replace(self, validation: Sequence[Point], training: Sequence[Point]) -> None:
        """Forget all points for those of a journal."""
        for series, points in ((self.validation, validation), (self.training, training)):
            series.replace(points)

    def as_dict(self) -> dict[str, list[Point]]:
        """Render as `history` of docs/protocol.md."""
        return {"validation": list(self.validation.points), "training": list(self.training.points)}
