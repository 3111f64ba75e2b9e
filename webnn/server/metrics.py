"""A run's history: points for the charts, bounded by thinning, and rates over the last moments."""

from __future__ import annotations

import csv
import io
import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from webnn.core.metrics import TrainingMetrics, Validation

Point = list[Any]
"""A row of docs/protocol.md: numbers, with None where one is not known or not finite."""


def finite(value: float | None) -> float | None:
    """`value`, or None for what JSON and frames cannot carry."""
    return value if value is not None and math.isfinite(value) else None


class Series:
    """Points in the order they came, and how many came in all.

    Beyond `max_points` the older half is thinned to half: of four neighbours the two whose `column` is lowest and
    highest stay, so that a chart keeps its shape and its spikes. `recent` are never thinned: they are for those who follow live.
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

    def since(self, count: int) -> list[Point]:
        """The points that came after the first `count`, as far as they are still at hand."""
        missing = self.count - count
        return list(self._recent)[-missing:] if missing > 0 else []


def thin(points: Sequence[Point], column: int) -> list[Point]:
    """Half of `points`: the first stays, and of each four the extremes of `column` in their order."""
    kept = list(points[:1])
    for first in range(1, len(points), 4):
        four = points[first : first + 4]
        order = sorted(range(len(four)), key=lambda i: math.inf if four[i][column] is None else four[i][column])
        kept += [four[i] for i in sorted({order[0], order[-1]})]
    return kept


class Window:
    """A sum over the last `seconds`, as a rate. Times are seconds on the run's clock."""

    def __init__(self, seconds: float = 20.0) -> None:
        self._seconds = seconds
        self._amounts: deque[tuple[float, int]] = deque()
        self._sum = 0

    def add(self, now: float, amount: int) -> None:
        if self._amounts and now - self._amounts[-1][0] < self._seconds / 200:
            time, last = self._amounts[-1]
            self._amounts[-1] = (time, last + amount)
        else:
            self._amounts.append((now, amount))
        self._sum += amount

    def rate(self, now: float) -> float:
        """The amount a second; over less than the window while less time than that has passed."""
        while self._amounts and self._amounts[0][0] < now - self._seconds:
            self._sum -= self._amounts.popleft()[1]
        return self._sum / max(1.0, min(self._seconds, now))


@dataclass(frozen=True, slots=True)
class MergedUpdate:
    """What a merge of one update adds to the history."""

    iterations: int
    num_examples: int
    staleness: int
    metrics: TrainingMetrics


class History:
    """Validation and training points of a run, the staleness of its last merges and its speed."""

    def __init__(self, max_validations: int = 10_000, max_training: int = 4000) -> None:
        self.validation = Series(3, max_validations)
        self.training = Series(2, max_training)
        self._staleness: deque[int] = deque(maxlen=100)
        self._examples = Window()
        self.last: Validation | None = None

    def validated(self, now: float, version: int, iterations: int, result: Validation, whole: bool) -> Point:
        """Note a validation; `iterations` are those behind `version`. The point is returned."""
        accuracy = finite(result.accuracy)
        point = [round(now, 3), version, iterations, finite(result.loss), accuracy, result.num_examples, whole]
        self.validation.add(point)
        self.last = result
        return point

    def merged(self, now: float, update: MergedUpdate) -> None:
        """Note a merged update; its `iterations` are the run's after it."""
        loss, accuracy = finite(update.metrics.loss), finite(update.metrics.accuracy)
        self.training.add([round(now, 3), update.iterations, loss, accuracy, update.staleness])
        self._staleness.append(update.staleness)
        self._examples.add(now, update.num_examples)

    def staleness(self) -> float:
        """The mean of the last 100 merges; 0 before the first."""
        return sum(self._staleness) / len(self._staleness) if self._staleness else 0.0

    def examples_per_second(self, now: float) -> float:
        return self._examples.rate(now)

    def as_dict(self) -> dict[str, list[Point]]:
        """Render as `history` of docs/protocol.md."""
        return {"validation": list(self.validation.points), "training": list(self.training.points)}


CSV_COLUMNS = ("kind", "seconds", "version", "iterations", "loss", "accuracy", "num_examples", "whole", "staleness")


def history_csv(history: Mapping[str, Sequence[Point]]) -> str:
    """Write both kinds of points as CSV rows in the order of time, empty where a kind has no such column."""
    names = {
        "validation": ("seconds", "version", "iterations", "loss", "accuracy", "num_examples", "whole"),
        "training": ("seconds", "iterations", "loss", "accuracy", "staleness"),
    }
    rows = [
        {"kind": kind, **dict(zip(names[kind], point, strict=True))} for kind in names for point in history.get(kind, ())
    ]
    text = io.StringIO()
    writer = csv.DictWriter(text, CSV_COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted(rows, key=lambda row: row["seconds"]))
    return text.getvalue()
