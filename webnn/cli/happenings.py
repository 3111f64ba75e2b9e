"""What a command tells of a run while it lasts: a closed set of values that reporters turn into lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Preparing:
    """A step before the run starts, in words."""

    message: str


@dataclass(frozen=True, slots=True)
class Downloading:
    """`done` of `total` bytes of a file are here; `total` None where the source does not say."""

    name: str
    done: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Listening:
    """The server answers at `url`; `join_url` is what volunteers open, `watch_url` shows the run."""

    url: str
    join_url: str
    watch_url: str
    run: str
    public: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ValidationPoint:
    """One validation by the evaluator. `seconds` on the run's clock; `whole`: over the whole validation split."""

    version: int
    iterations: int
    loss: float
    accuracy: float | None
    seconds: float
    num_examples: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Harmed:
    """Validation fell beyond chance, `reason` in words; the run went back to `version` (None: it could not)."""

    version: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Live:
    """The run's status object, as docs/protocol.md describes it; about once a second."""

    status: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stopping:
    """Ctrl-C was pressed once: the run is being stopped and saved."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The run is over. `accuracy` and `loss` are validation's last; `export` is the folder with the model's files."""

    reason: str
    state: str
    accuracy: float | None
    loss: float | None
    iterations: int
    merges: int
    seconds: float
    volunteers: int
    export: Path | None
    files: tuple[tuple[str, Path], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Refused:
    """The run cannot be, for a reason that the person can mend; `code` as in `webnn.core.errors`."""

    code: str
    message: str


Happening = Preparing | Downloading | Listening | ValidationPoint | Harmed | Live | Stopping | Finished | Refused
