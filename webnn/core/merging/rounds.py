"""What the synchronous rules have in common: rounds, and how their leases are sized."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from webnn.core.merging.base import Match, Round
from webnn.core.merging.defaults import Defaults
from webnn.core.merging.options import Choice, Number, Option, Whole

MAX_ITERATIONS = 100_000
MAX_VOLUNTEERS = 100_000

LEASE_OPTIONS: Mapping[str, Option] = {
    "iterations": Whole(None, 1, MAX_ITERATIONS, "local steps of a lease; absent: what the run's leaseSeconds allow"),
    "match": Choice(tuple(Match), "what `iterations` are: those of every lease, or of the fastest device's"),
}

QUORUM_OPTIONS: Mapping[str, Option] = {
    "quorum": Whole(None, 1, MAX_VOLUNTEERS, "updates that close a round; absent: everyone's, less the backup"),
    "backup": Whole(0, 0, MAX_VOLUNTEERS, "volunteers of a round beyond those that it waits for"),
    "seconds": Number(30.0, 0, 86_400, above=True, what="a round closes after this time with what has come"),
}


@dataclass(frozen=True, kw_only=True)
class Rounds(Defaults):
    """Ends the leases of a round in one merge. The fields are those of `Round` and of `Strategy`."""

    quorum: int | None = None
    backup: int = 0
    seconds: float = 30.0
    lease_iterations: int | None = None
    match: Match = Match.ITERATIONS

    @property
    def collect(self) -> Round:
        return Round(self.quorum, self.backup, self.seconds)
