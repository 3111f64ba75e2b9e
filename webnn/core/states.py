"""The states of a run, and the reasons for which a volunteer waits."""

from __future__ import annotations

from enum import StrEnum


class RunState(StrEnum):
    """Where a run stands. `stopped`, `finished` and `failed` are final."""

    CREATED = "created"
    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "failed"

    @property
    def over(self) -> bool:
        return self in _OVER


_OVER = (RunState.STOPPED, RunState.FINISHED, RunState.FAILED)


class WaitReason(StrEnum):
    """Why there is no lease for a volunteer now."""

    PAUSED = "paused"
    NO_EXAMPLES = "no_examples"
    TOO_MANY_LEASES = "too_many_leases"
    NOT_STARTED = "not_started"
    FINISHED = "finished"
    ROUND = "round"

    @property
    def sentence(self) -> str:
        """The `message` of protocol `wait`."""
        return _SENTENCES[self]


_SENTENCES = {
    WaitReason.PAUSED: "The owner has paused the run; your device rests until it goes on.",
    WaitReason.NO_EXAMPLES: "Every example is out with other volunteers; you get the next that comes free.",
    WaitReason.TOO_MANY_LEASES: "This device already holds as much work as it can have at once.",
    WaitReason.NOT_STARTED: "The run has not started yet.",
    WaitReason.FINISHED: "The run is over. Thank you.",
    WaitReason.ROUND: "This round has all that it needs of this device; the next one begins when the others are done.",
}
