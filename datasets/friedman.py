"""Friedman's first regression problem, made here: five of ten numbers matter, two of them together.

y = 10 sin(pi x1 x2) + 20 (x3 - 0.5)^2 + 10 x4 + 5 x5 + noise. Options: `examples` (4,000), `noise` (1, its standard
deviation; those of y are about 5), `validation`, the share held out (0.2), and `seed` (0).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from webnn.data import Dataset, Split, read_options

DEFAULTS = {"examples": 4000, "noise": 1.0, "validation": 0.2, "seed": 0}
MEAN, SPREAD = 14.4, 4.9
"""Of y, about: targets are (y - MEAN) / SPREAD."""


def load(options: Mapping[str, object], data_dir: Path) -> Dataset:
    """Inputs float32 [10] from 0 to 1, shifted to -0.5..0.5; targets float32 [1] of mean 0 and spread 1, about."""
    settings = read_options(options, DEFAULTS)
    rng = np.random.default_rng(int(settings["seed"]))  # type: ignore[call-overload]
    x = rng.random((int(settings["examples"]), 10))  # type: ignore[call-overload]
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    y += rng.normal(0, float(settings["noise"]), len(x))  # type: ignore[arg-type]
    inputs, targets = x.astype(np.float32), ((y - MEAN) / SPREAD)[:, None].astype(np.float32)
    held_out = max(1, round(len(x) * float(settings["validation"])))  # type: ignore[arg-type]
    return Dataset(
        train=Split(inputs[held_out:], targets[held_out:]),
        validation=Split(inputs[:held_out], targets[:held_out]),
        shift=-0.5,
        licence="CC0 1.0",
        source="Made by WebNN after J. H. Friedman (1991), Multivariate Adaptive Regression Splines, eq. 61",
    )
