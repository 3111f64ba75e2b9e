"""What liars make of their honest work."""

from __future__ import annotations

import numpy as np

from webnn.core.events import Vector

HUGE, SCALED = 1e3, 1e6
LITTLE = 1.0
"""Standard deviations that colluders stay away from the mean."""


class Conspiracy:
    """What the liars of a simulation know of each other: the last honest work of each."""

    def __init__(self) -> None:
        self._work: dict[str, Vector] = {}

    def agree(self, volunteer_id: str, work: Vector) -> Vector:
        """The mean of all liars' work, pushed one way everywhere: mean - z deviation (Baruch 2019, Algorithm 3)."""
        self._work[volunteer_id] = work
        block = np.stack(list(self._work.values()))
        pushed: Vector = block.mean(axis=0) - np.float32(LITTLE) * block.std(axis=0)
        return pushed


class Liar:
    """Turns a volunteer's honest work (what it changes) into what it sends instead. `work` has no NaN in it."""

    def __init__(self, volunteer_id: str, lie: str, conspiracy: Conspiracy, rng: np.random.Generator) -> None:
        self._volunteer_id = volunteer_id
        self._lie = lie
        self._conspiracy = conspiracy
        self._rng = rng
        self._old: Vector | None = None

    def lied(self, work: Vector, base: Vector) -> Vector:
        """`base`: the weights that it was trained from, about."""
        match self._lie:
            case "nan":
                return np.full_like(work, np.nan)
            case "sign":
                return -work
            case "huge":
                return work * np.float32(HUGE)
            case "scaled":
                return work * np.float32(SCALED)
            case "base":
                return np.zeros_like(work)
            case "stale":
                self._old = work if self._old is None or len(self._old) != len(work) else self._old
                return self._old
            case "little":
                return self._conspiracy.agree(self._volunteer_id, work)
            case "random":
                return self._noise(base) - base
            case "labels":
                return work
            case _:
                return self._noise(work)

    def _noise(self, like: Vector) -> Vector:
        """Normal numbers of the same mean square."""
        scale = np.float32(np.sqrt(np.mean(np.square(like), dtype=np.float64)))
        return self._rng.standard_normal(len(like), np.float32) * scale
