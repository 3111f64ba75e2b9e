"""What Prometheus reads at `/metrics`: the server and its runs, in the text format 0.0.4.

https://prometheus.io/docs/instrumenting/exposition_formats
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from webnn import __version__
from webnn.core.leases import Outcome
from webnn.core.states import RunState
from webnn.server.resources import memory_in_use

if TYPE_CHECKING:
    from webnn.server.run_task import RunTask

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_STATUS = (
    ("iterations", "webnn_iterations_total", "counter", "Optimiser steps merged."),
    ("examples", "webnn_examples_total", "counter", "Examples whose training was merged."),
    ("merges", "webnn_merges_total", "counter", "Updates merged into the weights."),
    ("bytes_in", "webnn_received_bytes_total", "counter", "Payload that clients sent."),
    ("bytes_out", "webnn_sent_bytes_total", "counter", "Payload that clients were sent."),
    ("volunteers_total", "webnn_volunteers_seen_total", "counter", "Volunteers that ever joined."),
    ("seconds", "webnn_run_seconds_total", "counter", "Running time, pauses excluded."),
    ("volunteers", "webnn_volunteers", "gauge", "Volunteers that are connected."),
    ("version", "webnn_version", "gauge", "The version of the weights."),
    ("epochs", "webnn_epochs", "gauge", "Passes over the training set."),
    ("progress", "webnn_progress_ratio", "gauge", "Progress towards the nearest stop condition, 0 to 1."),
    ("loss", "webnn_validation_loss", "gauge", "Loss at the last validation."),
    ("accuracy", "webnn_validation_accuracy", "gauge", "Accuracy at the last validation, 0 to 1."),
    ("best_accuracy", "webnn_best_validation_accuracy", "gauge", "The best accuracy so far, 0 to 1."),
    ("learning_rate", "webnn_learning_rate", "gauge", "The learning rate that leases get now."),
    ("staleness", "webnn_staleness", "gauge", "Merges between an update's base and what it is merged into, averaged."),
    ("num_weights", "webnn_weights", "gauge", "Numbers in the model."),
)
"""Keys of the status of docs/protocol.md, and the metric that each one is."""


@dataclass(slots=True)
class Family:
    """A metric and its samples, each with its labels."""

    name: str
    kind: str
    words: str
    samples: list[tuple[Mapping[str, str], float]] = field(default_factory=list)

    def add(self, value: Any, **labels: str) -> None:
        """Add a sample; nothing where `value` is not known."""
        if isinstance(value, (int, float)):
            self.samples.append((labels, float(value)))

    def lines(self) -> list[str]:
        """Render; nothing where there are no samples."""
        if not self.samples:
            return []
        return [
            f"# HELP {self.name} {_escape(self.words)}",
            f"# TYPE {self.name} {self.kind}",
            *(f"{self.name}{_labels(labels)} {_number(value)}" for labels, value in self.samples),
        ]


def expose(tasks: Iterable[RunTask], lag_seconds: float | None) -> str:
    """Write what is so now of the runs and of this process; `lag_seconds` is the event loop's."""
    families = [*run_families(list(tasks)), *process_families()]
    lag = Family(
        "webnn_event_loop_lag_seconds", "gauge", "The longest that the event loop was late in the last minute."
    )
    lag.add(lag_seconds)
    info = Family("webnn_info", "gauge", "The version of WebNN.")
    info.add(1, version=__version__)
    return "".join(f"{line}\n" for family in (info, *families, lag) for line in family.lines())


def run_families(tasks: list[RunTask]) -> list[Family]:
    """Gather the metrics of all runs: samples of one metric stand together."""
    statuses = [(task, task.status()) for task in tasks]
    families = []
    for key, name, kind, words in _STATUS:
        family = Family(name, kind, words)
        for _, status in statuses:
            family.add(status.get(key), **_of(status))
        families.append(family)
    outcomes = Family(
        "webnn_updates_total", "counter", "Leases by how they ended; `merged` are the updates that count."
    )
    states = Family("webnn_run_state", "gauge", "1 for the state that the run is in.")
    leases = Family("webnn_leases", "gauge", "Leases that are out.")
    queued = Family("webnn_events_queued", "gauge", "Events that wait to be handled.")
    for task, status in statuses:
        for outcome in Outcome:
            outcomes.add(status["outcomes"].get(outcome.value, 0), **_of(status), outcome=outcome.value)
        for state in RunState:
            states.add(int(status["state"] == state.value), **_of(status), state=state.value)
        leases.add(task.open_leases, **_of(status))
        queued.add(task.queued, **_of(status))
    return [*families, outcomes, states, leases, queued]


def process_families() -> list[Family]:
    """Gather this process's own, under the names that Prometheus's clients have for them."""
    memory = Family("process_resident_memory_bytes", "gauge", "Resident memory.")
    memory.add(memory_in_use())
    cpu = Family("process_cpu_seconds_total", "counter", "Processor time, of the server alone.")
    cpu.add(time.process_time())
    files = Family("process_open_fds", "gauge", "Open files and sockets.")
    files.add(open_files())
    return [memory, cpu, files]


def open_files() -> int | None:
    """Count this process's file descriptors; None where the system does not tell."""
    if sys.platform == "win32":
        return None
    for place in ("/proc/self/fd", "/dev/fd"):
        if Path(place).is_dir():
            return len(os.listdir(place)) - 1  # noqa: PTH208 (one is the listing's own)
    return None


def _of(status: Mapping[str, Any]) -> dict[str, str]:
    return {"run": str(status["id"]), "model": str(status["name"])}


def _labels(labels: Mapping[str, str]) -> str:
    inside = ",".join(f'{name}="{_escape(value, quotes=True)}"' for name, value in labels.items())
    return f"{{{inside}}}" if inside else ""


def _escape(text: str, *, quotes: bool = False) -> str:
    text = text.replace("\\", "\\\\").replace("\n", "\\n")
    return text.replace('"', '\\"') if quotes else text


def _number(value: float) -> str:
    if math.isfinite(value):
        return f"{value:.0f}" if value == int(value) and abs(value) < 2**53 else repr(value)
    return "NaN" if math.isnan(value) else ("+Inf" if value > 0 else "-Inf")
