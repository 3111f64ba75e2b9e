"""When a run ends: the stop conditions, in code and in words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from webnn.core.config import StopConditions
from webnn.core.metrics import Validation
from webnn.core.states import RunState


class StopKind(StrEnum):
    """What ended a run."""

    ACCURACY = "accuracy"
    LOSS = "loss"
    SECONDS = "seconds"
    EPOCHS = "epochs"
    ITERATIONS = "iterations"
    OWNER = "owner"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a run ends, for programs and for people, and the state that it ends in."""

    kind: StopKind
    reason: str

    @property
    def state(self) -> RunState:
        match self.kind:
            case StopKind.OWNER:
                return RunState.STOPPED
            case StopKind.FAILURE:
                return RunState.FAILED
            case _:
                return RunState.FINISHED


def limit_reached(stop: StopConditions, seconds: float, iterations: int, *, epochs_done: bool) -> Ending | None:
    """Say which limit is reached; `seconds` is running time, `epochs_done` whether every example of every epoch is."""
    if stop.seconds is not None and seconds >= stop.seconds:
        return Ending(StopKind.SECONDS, f"The {stop.seconds:g} seconds asked for are over.")
    if stop.epochs is not None and epochs_done:
        return Ending(StopKind.EPOCHS, f"The {stop.epochs:g} epochs asked for are done.")
    if stop.iterations is not None and iterations >= stop.iterations:
        return Ending(StopKind.ITERATIONS, f"The {stop.iterations:,} iterations asked for are done.")
    return None


def target_met(stop: StopConditions, result: Validation) -> Ending | None:
    """Say which target a validation meets."""
    if stop.accuracy is not None and result.accuracy is not None and result.accuracy >= stop.accuracy:
        return Ending(
            StopKind.ACCURACY,
            f"Accuracy reached {result.accuracy:.4f} on {result.num_examples:,} held-out examples"
            f" ({stop.accuracy:g} was asked for).",
        )
    if stop.loss is not None and result.loss <= stop.loss:
        return Ending(
            StopKind.LOSS,
            f"Loss fell to {result.loss:.4f} on {result.num_examples:,} held-out examples"
            f" ({stop.loss:g} was asked for).",
        )
    return None


@dataclass(slots=True)
class Closing:
    """A run on its way to its end: it merges nothing new and waits, until `until` at most, for a last validation."""

    ending: Ending
    until: float
    failures: int = 0
