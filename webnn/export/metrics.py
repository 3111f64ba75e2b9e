"""A run's history as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

CSV_COLUMNS = ("kind", "seconds", "version", "iterations", "loss", "accuracy", "num_examples", "whole", "staleness")
"""Empty where a kind of point has no such number; the README of a run's folder says what each means."""

_POINTS = {
    "validation": ("seconds", "version", "iterations", "loss", "accuracy", "num_examples", "whole"),
    "training": ("seconds", "iterations", "loss", "accuracy", "staleness"),
}


def history_csv(history: Mapping[str, Sequence[Sequence[Any]]]) -> str:
    """Write the points of a `history` (`docs/protocol.md`) in the order of time, a row each."""
    rows = [
        {"kind": kind, **dict(zip(columns, point, strict=True))}
        for kind, columns in _POINTS.items()
        for point in history.get(kind, ())
    ]
    text = io.StringIO()
    writer = csv.DictWriter(text, CSV_COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted(rows, key=lambda row: float(row["seconds"])))
    return text.getvalue()
