"""What a run tells those who started it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from webnn.core.metrics import Validation
from webnn.core.states import RunState


@dataclass(frozen=True, slots=True)
class ValidationNews:
    """A version was validated; `seconds` on the run's clock, `iterations` merged by then."""

    seconds: float
    version: int
    iterations: int
    whole: bool
    result: Validation


@dataclass(frozen=True, slots=True)
class StateNews:
    """The run is in another state; `reason` in words."""

    state: RunState
    reason: str


@dataclass(frozen=True, slots=True)
class StatusNews:
    """The status object of docs/protocol.md, about once a second."""

    status: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class HarmNews:
    """Validation fell beyond chance, `reason` in words; the run went back to `version` (None: it could not)."""

    version: int | None
    reason: str


News = ValidationNews | StateNews | StatusNews | HarmNews
