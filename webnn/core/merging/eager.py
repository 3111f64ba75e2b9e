"""What the rules of 2018 have in common: where they are applied, at the server or by the volunteers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import numpy as np

from webnn.core.events import Vector
from webnn.core.merging.base import Contribution, Crew, Local, Offer, State, Terms, Wants
from webnn.core.merging.defaults import Defaults
from webnn.core.merging.options import Choice, Option


class At(StrEnum):
    """Who merges: the server an update into its weights, or a volunteer another one's weights into its own."""

    SERVER = "server"
    PEER = "peer"


AT: Mapping[str, Option] = {"at": Choice(tuple(At), "who merges: the server, or each volunteer with another's weights")}


@dataclass(frozen=True)
class Eager(Defaults):
    """Merges each volunteer's weights as they come, keeps no memory, and takes a lone volunteer's weights whole.

    With `at` peer (WebNN report 2018, section 1.4) the run's weights are simply those that came last. A volunteer is
    handed the newest weights of another one and starts its lease from its own, merged with those by the rule, its own
    in the place of the server's W.
    """

    at: At = At.SERVER
    wants: ClassVar[Wants] = Wants.WEIGHTS
    takes_whole: ClassVar[bool] = True

    @property
    def hands_peers(self) -> bool:
        return self.at is At.PEER

    @property
    def has_terms(self) -> bool:
        return self.at is At.PEER

    def terms(self, crew: Crew) -> Terms | None:
        if self.at is At.SERVER or crew.local is None or crew.offer is None:
            return None
        return Terms(None, keep=1 - self.peer_share(crew.local, crew.offer))

    def merge(self, weights: Vector, contributions: Sequence[Contribution], iterations: int, state: State) -> None:
        if self.at is At.SERVER:
            self.merge_here(weights, contributions, iterations, state)
            return
        for contribution in contributions:
            if contribution.weight > 0:
                np.copyto(weights, contribution.payload[: len(weights)])

    @abstractmethod
    def merge_here(self, weights: Vector, contributions: Sequence[Contribution], iterations: int, state: State) -> None:
        """Fold updates into the server's weights; as `Strategy.merge`."""

    @abstractmethod
    def peer_share(self, local: Local, offer: Offer) -> float:
        """Give the part of the way that a volunteer goes from its own weights to another's; negative: away."""
