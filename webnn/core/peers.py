"""Whose weights the last versions are: what a volunteer is handed where volunteers exchange weights with each other."""

from __future__ import annotations

from dataclasses import dataclass

from webnn.core.metrics import Validation


@dataclass(frozen=True, slots=True)
class Made:
    """A version made of one volunteer's update: the iterations behind it, and how it was appraised, if it was."""

    version: int
    volunteer_id: str
    iterations: int
    appraisal: Validation | None


class Peers:
    """Remembers the last two versions, which the engine holds in any case."""

    def __init__(self) -> None:
        self._made: tuple[Made, ...] = ()

    def publish(self, made: Made) -> None:
        """Note the newest version."""
        self._made = (*self._made[-1:], made)

    def of(self, volunteer_id: str) -> Made | None:
        """The newest of them that is somebody else's, or else the newest; None before the first merge."""
        others = tuple(made for made in self._made if made.volunteer_id != volunteer_id) or self._made
        return others[-1] if others else None
