"""Saving a run as the model's files."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from webnn.export import export_run
from webnn.model.changing import show_settings
from webnn.server.prepare import PreparedRun
from webnn.server.run_task import RunTask


def save_run(prepared: PreparedRun, task: RunTask, status: dict[str, Any]) -> Path:
    """Write the files of a run as it stands; returns their folder. Blocks; raises `OSError` when the disk refuses."""
    final = task.current
    best = task.best.weights if task.best is not None else None
    latest = task.run.latest
    validated = {"best": task.run.best, "final": latest if latest and latest.version == final.version else None}
    return export_run(
        prepared.folder,
        prepared.definition,
        prepared.built,
        final.weights,
        best,
        {**prepared.record, "settings": show_settings(task.run.config), "changes": task.memory.changes},
        task.history.as_dict(),
        {
            **status,
            "contribution": prepared.taken.keeper.journal.contribution(),
            "notes": task.memory.notes,
            "validated": {name: asdict(one) for name, one in validated.items() if one is not None},
        },
    )
