"""What a simulation leaves: JSON, CSV and two figures."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from webnn.sim.experiment import Plan, Row, Trial
from webnn.sim.figure import Axis, Line, draw

POINT_COLUMNS = ("merge", "volunteers", "seed", "seconds", "version", "iterations", "loss", "accuracy", "whole")


def result_dict(name: str, plan: Plan, target: float | None, rows: Sequence[Row]) -> dict[str, Any]:
    """Make the object that ends `wnn simulate --json`."""
    return {
        "event": "result",
        "name": name,
        "target": target,
        "seeds": list(plan.seeds),
        "population": plan.population.describe(),
        "rows": [row.as_dict() for row in rows],
    }


def write_report(
    folder: Path, result: Mapping[str, Any], plan: Plan, rows: Sequence[Row], trials: Sequence[Trial]
) -> list[Path]:
    """Write `result.json`, `rows.csv`, `points.csv`, `accuracy.svg` and `speedup.svg` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "result.json": json.dumps(result, indent=1) + "\n",
        "rows.csv": _csv(list(rows[0].as_dict()) if rows else [], [list(row.as_dict().values()) for row in rows]),
        "points.csv": _csv(POINT_COLUMNS, _point_rows(trials)),
        "accuracy.svg": accuracy_figure(result["name"], plan, trials),
    }
    if any(row.speedup is not None for row in rows):
        texts["speedup.svg"] = speedup_figure(result["name"], rows)
    paths = []
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
        paths.append(folder / name)
    return paths


def accuracy_figure(name: str, plan: Plan, trials: Sequence[Trial]) -> str:
    """Draw accuracy against virtual time for the largest number of volunteers, one line a rule (of the first seed)."""
    most, seed = max(plan.volunteers), plan.seeds[0]
    shown = [trial for trial in trials if trial.volunteers == most and trial.seed == seed]
    lines = [
        Line(trial.merge, [(p.seconds, p.accuracy) for p in trial.outcome.points if p.accuracy is not None])
        for trial in shown
    ]
    end = max((x for line in lines for x, _ in line.points), default=1.0)
    lowest = min((y for line in lines for _, y in line.points), default=0.0)
    y = Axis("accuracy, held out", min(lowest, 0.9), 1.0)
    return draw(f"{name}, {most} volunteers", Axis("virtual seconds", 0.0, end), y, lines)


def speedup_figure(name: str, rows: Sequence[Row]) -> str:
    """Draw speed-up over the best single volunteer against volunteers, one line a rule, beside the ideal."""
    merges = list(dict.fromkeys(row.merge for row in rows))
    most = max(row.volunteers for row in rows)
    lines = [
        Line(merge, [(row.volunteers, row.speedup) for row in rows if row.merge == merge and row.speedup is not None])
        for merge in merges
    ]
    lines.append(Line("ideal", [(1, 1), (most, most)], dashed=True))
    axis = Axis("speed-up over the best single volunteer", 0.0, float(most))
    return draw(name, Axis("volunteers", 0.0, float(most)), axis, lines)


def _point_rows(trials: Sequence[Trial]) -> list[list[Any]]:
    return [
        [trial.merge, trial.volunteers, trial.seed, *(getattr(point, column) for column in POINT_COLUMNS[3:])]
        for trial in trials
        for point in trial.outcome.points
    ]


def _csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()
