"""How each array of weights is distributed, and how it changed, over the course of a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from webnn.core.events import Vector

BINS = 32
MAX_SAMPLES = 20_000
MAX_MOMENTS = 64


class Spec(Protocol):
    """A named array of the flat vector."""

    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...


class Histograms:
    """Moments in the order they came, thinned to every other one when there are too many.

    Arrays larger than MAX_SAMPLES are sampled evenly, so that a moment costs little whatever the model's size.
    """

    def __init__(self, specs: Sequence[Spec]) -> None:
        self.names = [spec.name for spec in specs]
        self._places: list[slice] = []
        start = 0
        for spec in specs:
            step = max(1, -(-spec.size // MAX_SAMPLES))
            self._places.append(slice(start, start + spec.size, step))
            start += spec.size
        self._moments: list[dict[str, Any]] = []
        self._before: list[Vector] | None = None
        self._stride = 1
        self._skipped = 0

    def add(self, seconds: float, version: int, weights: Vector) -> None:
        """Note the weights of `version`; some are left out once there are many."""
        self._skipped += 1
        if self._skipped < self._stride:
            return
        self._skipped = 0
        values = [np.array(weights[place]) for place in self._places]
        moment: dict[str, Any] = {"seconds": round(seconds, 2), "version": version}
        moment["weights"] = [describe(array) for array in values]
        before = self._before
        moment["updates"] = None if before is None else [describe(a - b) for a, b in zip(values, before, strict=True)]
        self._before = values
        self._moments.append(moment)
        if len(self._moments) > MAX_MOMENTS:
            self._moments = self._moments[::2]
            self._stride *= 2

    def snapshot(self) -> dict[str, Any]:
        """Write what `restore` needs, JSON-able; nothing of it changes any more."""
        return {"names": self.names, "stride": self._stride, "moments": list(self._moments)}

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Take up the moments of a `snapshot`, if it is of the same arrays."""
        if snapshot["names"] == self.names:
            self._stride = int(snapshot["stride"])
            self._moments = list(snapshot["moments"])

    def as_dict(self) -> dict[str, Any]:
        """Render as `histograms` of docs/protocol.md."""
        return {"names": self.names, "bins": BINS, "moments": list(self._moments)}


def describe(values: Vector) -> dict[str, Any]:
    """Lowest, highest, mean, deviation, and counts of BINS equal steps between the first two; finite numbers only."""
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return {"low": 0.0, "high": 0.0, "mean": 0.0, "deviation": 0.0, "counts": [0] * BINS}
    low, high = float(finite.min()), float(finite.max())
    if high > low:
        places = ((finite.astype(np.float64) - low) * (BINS / (high - low))).astype(np.intp)
        counts = np.bincount(np.minimum(places, BINS - 1), minlength=BINS).tolist()
    else:
        counts = [0] * BINS
        counts[BINS // 2] = int(finite.size)
    shown = [
        float(f"{value:.4g}") for value in (low, high, finite.mean(dtype=np.float64), finite.std(dtype=np.float64))
    ]
    return {"low": shown[0], "high": shown[1], "mean": shown[2], "deviation": shown[3], "counts": counts}
