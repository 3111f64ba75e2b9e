"""Time series made here: sums of a few sine waves with noise; what comes next?

Options: `examples` (4,000), `steps` (24, the length of what is seen), `waves` (3 at most in one series), `noise` (0.02,
its standard deviation beside waves of 0.2 to 1), `validation`, the share held out (0.2), and `seed` (0).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from webnn.data import Dataset, Split, read_options

DEFAULTS = {"examples": 4000, "steps": 24, "waves": 3, "noise": 0.02, "validation": 0.2, "seed": 0}


def load(options: Mapping[str, object], data_dir: Path) -> Dataset:
    """Series float32 [steps, 1] within about -3..3, and the next value [1]. Each example is a series of its own."""
    settings = read_options(options, DEFAULTS)
    rng = np.random.default_rng(int(settings["seed"]))  # type: ignore[call-overload]
    count, steps = int(settings["examples"]), int(settings["steps"])  # type: ignore[call-overload]
    series = _series(rng, count, steps + 1, int(settings["waves"]))  # type: ignore[call-overload]
    series += rng.normal(0, float(settings["noise"]), series.shape)  # type: ignore[arg-type]
    inputs, targets = series[:, :-1, None].astype(np.float32), series[:, -1:].astype(np.float32)
    held_out = max(1, round(count * float(settings["validation"])))  # type: ignore[arg-type]
    return Dataset(
        train=Split(inputs[held_out:], targets[held_out:]),
        validation=Split(inputs[:held_out], targets[:held_out]),
        licence="CC0 1.0",
        source="Made by WebNN from random numbers: nothing was measured.",
    )


def _series(rng: np.random.Generator, count: int, steps: int, waves: int) -> NDArray[np.float64]:
    """Return [count, steps] sums of 1 to `waves` waves of 4 to 40 steps."""
    heights = rng.uniform(0.2, 1, (count, waves)) * (np.arange(waves) < rng.integers(1, waves + 1, (count, 1)))
    periods = np.exp(rng.uniform(np.log(4), np.log(40), (count, waves)))
    phases = rng.uniform(0, 2 * np.pi, (count, waves))
    angles = 2 * np.pi * np.arange(steps) / periods[..., None] + phases[..., None]
    summed: NDArray[np.float64] = (heights[..., None] * np.sin(angles)).sum(axis=1)
    return summed
