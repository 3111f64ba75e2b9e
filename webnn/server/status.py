"""A run's status object, as everyone is shown it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from webnn.server.run_task import RunTask


def run_status(task: RunTask) -> dict[str, Any]:
    """Describe a run as `status` of docs/protocol.md does."""
    core = task.run.status(task.now)
    return {
        "id": task.info.id,
        "name": task.info.name,
        "dataset": str(task.info.dataset["name"]),
        "state": task.state.value,
        "reason": task.reason,
        "version": core.version,
        "iterations": core.iterations,
        "epochs": core.epochs,
        "examples": core.examples,
        "merges": core.merges,
        "volunteers": core.volunteers,
        "volunteers_total": core.volunteers_total,
        "examples_per_second": core.examples_per_second,
        "staleness": core.staleness,
        "outcomes": {outcome.value: count for outcome, count in core.outcomes.items()},
        "loss": core.loss,
        "accuracy": core.accuracy,
        "best_accuracy": core.best_accuracy,
        "learning_rate": core.learning_rate,
        "bytes_in": task.traffic.bytes_in,
        "bytes_out": task.traffic.bytes_out,
        "seconds": core.seconds,
        "seconds_left": core.seconds_left,
        "progress": core.progress,
        "merge": core.merge,
        "changes": len(task.memory.changes),
        "num_weights": core.num_weights,
    }
