"""Runs that no task lives: they wait for their turn, are being prepared, or are over since long."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from webnn.core.errors import WebNNError
from webnn.core.states import RunState
from webnn.model.definition import ModelDefinition
from webnn.server.about import describe_stop
from webnn.server.info import RunInfo
from webnn.server.memory import NOTES
from webnn.server.metrics import History
from webnn.server.resuming import UNREADABLE, look_at_run
from webnn.store.journal import Journal


class Shown(Protocol):
    """What anyone may see of a run, whether it goes on or not."""

    info: RunInfo
    history: History

    @property
    def state(self) -> RunState: ...

    @property
    def reason(self) -> str | None: ...

    @property
    def notes(self) -> str: ...

    def status(self) -> dict[str, Any]:
        """The status object of docs/protocol.md."""


@dataclass(slots=True)
class StillRun:
    """A run as it stands on the disk. `numbers` are those of its status that are known."""

    info: RunInfo
    state: RunState
    reason: str | None = None
    history: History = field(default_factory=History)
    numbers: Mapping[str, Any] = field(default_factory=dict)
    notes: str = ""

    def status(self) -> dict[str, Any]:
        """Describe the run as `status` of docs/protocol.md does; what is not known is 0, or null."""
        return {
            "id": self.info.id,
            "name": self.info.name,
            "dataset": str(self.info.dataset["name"]),
            "state": self.state.value,
            "reason": self.reason,
            **_NOTHING_YET,
            **self.numbers,
        }


_NOTHING_YET: Mapping[str, Any] = {
    **dict.fromkeys(("version", "iterations", "examples", "merges", "volunteers", "volunteers_total"), 0),
    **dict.fromkeys(("bytes_in", "bytes_out", "changes", "num_weights"), 0),
    **dict.fromkeys(("epochs", "examples_per_second", "staleness", "learning_rate", "seconds", "progress"), 0.0),
    **dict.fromkeys(("loss", "accuracy", "best_accuracy", "seconds_left")),
    "outcomes": {},
    "merge": "",
}


def asked_run(
    run_id: str, definition: ModelDefinition, state: RunState = RunState.QUEUED, reason: str | None = None
) -> StillRun:
    """Make a run that has not begun, of which the model file says all that is known."""
    info = RunInfo(
        id=run_id,
        name=definition.name,
        description=definition.description,
        model={"name": definition.name},
        dataset={"name": definition.dataset},
        training={},
        about=_about(definition),
    )
    numbers = {"learning_rate": definition.learning_rate, "merge": definition.merge.name}
    return StillRun(info, state, reason, numbers=numbers)


def _about(definition: ModelDefinition) -> dict[str, Any]:
    return {
        **{name: getattr(definition, name) for name in ("owner", "purpose", "licence", "source")},
        "until": describe_stop(definition.training.stop),
        "lease_seconds": definition.training.lease_seconds,
    }


def past_run(folder: Path) -> StillRun | None:
    """Read a run that no process lives from its folder. None where that is none. Blocks."""
    found = look_at_run(folder)
    journal = Journal.look(folder) if found is not None and found.state != UNREADABLE else None
    if found is None or journal is None:
        return None
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        merges, iterations, examples = journal.merged()
        validation, training = journal.validations(), journal.training()
        outcomes, notes = journal.outcomes(), journal.fact(NOTES) or ""
    except (OSError, ValueError):
        return None
    finally:
        journal.close()
    history = History()
    history.replace(validation, training)
    last = validation[-1] if validation else [0.0, 0, 0, None, None, 0, False]
    accuracies = [point[4] for point in validation if point[4] is not None]
    numbers = {
        "version": last[1],
        "iterations": iterations,
        "examples": examples,
        "merges": merges,
        "outcomes": outcomes,
        "loss": last[3],
        "accuracy": last[4],
        "best_accuracy": max(accuracies, default=None),
        "seconds": max((last[0], *(point[0] for point in training[-1:]))),
        "progress": 1.0 if found.state == RunState.FINISHED else 0.0,
        "learning_rate": config.get("training", {}).get("learning_rate", 0.0),
        "merge": next(iter(config.get("merge", {})), ""),
        "num_weights": config.get("num_weights", 0),
    }
    return StillRun(
        _info_of(found.id, found.name, config), RunState(found.state), found.reason, history, numbers, notes
    )


def _info_of(run_id: str, name: str, config: Mapping[str, Any]) -> RunInfo:
    model = config.get("model", {})
    about = {key: model.get(key, "") for key in ("owner", "purpose", "licence", "source")}
    dataset = config.get("dataset", {"name": ""})
    return RunInfo(run_id, name, model.get("description", ""), {"name": name}, dataset, {}, about)


def not_here(run: Shown) -> WebNNError:
    """Say why what needs a living run cannot be had of this one."""
    words = {
        RunState.QUEUED: "it waits for its turn",
        RunState.CREATED: "it is being prepared",
    }.get(run.state, f"it is {run.state}, and its files are in the server's runs folder")
    return WebNNError("not_running", f"The run {run.info.id} does not go on: {words}.")
