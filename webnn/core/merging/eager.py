"""What the rules of 2018 have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from webnn.core.merging.base import Contribution, Immediate, State, Wants


class Eager:
    """Merges each volunteer's weights as they come, keeps no memory, and takes a lone volunteer's weights whole."""

    wants: ClassVar[Wants] = Wants.WEIGHTS
    collect: ClassVar[Immediate] = Immediate()
    takes_whole: ClassVar[bool] = True

    def state(self, num_trainable: int) -> State:
        return {}

    def iterations_after(self, iterations: int, contributions: Sequence[Contribution]) -> int:
        """Count t <- max(t, p)."""
        return max(iterations, *(contribution.position for contribution in contributions))
