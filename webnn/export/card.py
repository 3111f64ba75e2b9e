"""The model card of a run: what the network is for, what it was made of, and how far it may be trusted.

After Mitchell et al. (2019), Model Cards for Model Reporting: its headings, as far as a run knows the answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from webnn.core.words import count
from webnn.model.definition import ModelDefinition

ROWS = 12
_BARS = "▁▂▃▄▅▆▇█"
_WIDTH = 60

_TEXT = """# Model card: {name}

{description}

## Intended use

{purpose}

Not for decisions about people, or where an error does harm, unless somebody who knows the matter has tested it for
that.

## The model

| | |
|---|---|
{model}

## Data

{data}

## Training

{training}

{changes}## What was contributed

{contribution}

## The course

{curve}

## Evaluation

{evaluation}

`wnn evaluate {run}` counts precision, recall and F1 for each class.

## Limitations

- It was measured on held-out examples of the same source as those it learned from; other data may differ.
- It was trained by volunteers' devices. Updates were checked for form and for being finite, and merged by the rule
  above; every measure here is the server's own. Whether volunteers meant well cannot be told from the weights alone.
- Nobody has looked at how it treats groups of people differently.
"""


def model_card(
    definition: ModelDefinition,
    config: Mapping[str, Any],
    history: Mapping[str, Sequence[Sequence[Any]]],
    summary: Mapping[str, Any],
) -> str:
    """Write the card; arguments are those of `export_run`. `summary["contribution"]` may have `volunteers` and
    `device_seconds`; `config["changes"]` what the owner changed in the run's course.
    """
    dataset = config.get("dataset")
    return _TEXT.format(
        name=definition.name,
        run=summary.get("id", definition.name),
        description=definition.description or "A neural network.",
        purpose=definition.purpose or "*Not said. Write it here, or as `purpose` in the model file.*",
        model=_rows(_model(definition, config, summary)),
        data=_data(definition.dataset, dataset if isinstance(dataset, Mapping) else {}),
        training=_table(("setting", "value"), _settings(definition, config)),
        changes=_changes(config.get("changes") or ()),
        contribution=_contribution(summary),
        curve=_curve(history.get("validation", ())),
        evaluation=_evaluation(summary),
    )


def sparkline(values: Sequence[float]) -> str:
    """Draw numbers as bars of text, at most 60 of them."""
    if not values:
        return ""
    step = max(1, -(-len(values) // _WIDTH))
    shown = [*values[::step]]
    low, high = min(shown), max(shown)
    scale = (len(_BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(_BARS[round((value - low) * scale)] for value in shown)


def _model(definition: ModelDefinition, config: Mapping[str, Any], summary: Mapping[str, Any]) -> list[tuple[str, Any]]:
    weights = config.get("num_weights", summary.get("num_weights"))
    return [
        ("owner", definition.owner or "*not said*"),
        ("licence", definition.licence or "*not said*"),
        ("from", definition.source or "*not said*"),
        ("parameters", "" if weights is None else f"{weights:,}"),
        ("loss", definition.loss),
        ("made by", f"WebNN {config.get('webnn', '')}".strip()),
        ("began", config.get("created", "")),
    ]


def _data(name: str, dataset: Mapping[str, Any]) -> str:
    known = [("name", f"`{name}`")]
    known += [(key, str(dataset[key])) for key in ("source", "licence") if dataset.get(key)]
    for key, label in (("num_examples", "trained on"), ("validation_examples", "held out")):
        if dataset.get(key) is not None:
            known.append((label, count(dataset[key], "example")))
    labels = dataset.get("label_names")
    if labels:
        known.append(("classes", ", ".join(map(str, labels[:50])) + (" ..." if len(labels) > 50 else "")))
    return _table(("", ""), known)


def _settings(definition: ModelDefinition, config: Mapping[str, Any]) -> list[tuple[str, Any]]:
    training, merge = config.get("training", {}), config.get("merge", {})
    options = {**definition.optimizer_options}
    rows: list[tuple[str, Any]] = [(f"optimizer `{definition.optimizer_name}`", _inline(options))]
    rows += [(key.replace("_", " "), _inline(value)) for key, value in training.items()]
    rows += [(f"merge rule `{name}`", _inline(chosen)) for name, chosen in merge.items()]
    return [*rows, ("seed", config.get("seed", ""))]


def _changes(changes: Sequence[Mapping[str, Any]]) -> str:
    if not changes:
        return ""
    rows = [(f"{float(change.get('seconds', 0)):.0f} s", change.get("words", "")) for change in changes]
    return f"The owner changed while it went on:\n\n{_table(('at', 'what'), rows)}\n\n"


def _contribution(summary: Mapping[str, Any]) -> str:
    given = summary.get("contribution") or {}
    rows = [
        ("volunteers", _number(given.get("volunteers", summary.get("volunteers_total")))),
        ("examples trained on and merged", _number(summary.get("examples"))),
        ("optimiser steps", _number(summary.get("iterations"))),
        ("merges", _number(summary.get("merges"))),
        ("time of volunteers' devices", _duration(given.get("device_seconds"))),
        ("time from start to end", _duration(summary.get("seconds"))),
    ]
    return _table(("", ""), [(name, value) for name, value in rows if value])


def _curve(points: Sequence[Sequence[Any]]) -> str:
    """The validations: bars of all of them, and a table of some, the first and the last among them."""
    if not points:
        return "Nothing was validated."
    lines = []
    for column, name in ((4, "accuracy"), (3, "loss")):
        values = [float(point[column]) for point in points if point[column] is not None]
        if values:
            lines.append(f"    {name:8} {sparkline(values)}  {values[0]:.4g} to {values[-1]:.4g}")
    places = sorted({round(place * (len(points) - 1) / (ROWS - 1)) for place in range(ROWS)})
    rows = [
        (f"{points[i][0]:.0f}", f"{points[i][2]:,}", _fraction(points[i][3]), _fraction(points[i][4])) for i in places
    ]
    return "\n".join([*lines, "", _table(("seconds", "iterations", "loss", "accuracy"), rows)])


def _evaluation(summary: Mapping[str, Any]) -> str:
    rows = []
    for name, one in (summary.get("validated") or {}).items():
        result = one["result"]
        examples = f"{'all' if one['whole'] else 'a sample of'} {count(result['num_examples'], 'held-out example')}"
        rows.append((name, _fraction(result["accuracy"]), _fraction(result["loss"]), examples))
    return _table(("weights", "accuracy", "loss", "on"), rows) if rows else "Nothing was validated."


def _table(heading: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [f"| {' | '.join(heading)} |", f"|{'---|' * len(heading)}"]
    return "\n".join([*lines, _rows(rows)])


def _rows(rows: Sequence[Sequence[Any]]) -> str:
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows)


def _cell(value: Any) -> str:
    """One line that no table breaks at."""
    return " ".join(str(value).split()).replace("|", "\\|")


def _inline(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_inline(part)}" for name, part in value.items()) or "as it comes"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _number(value: Any) -> str:
    return "" if value is None else f"{value:,.0f}"


def _fraction(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    hours, rest = divmod(round(seconds), 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours:,} h {minutes} min"
    return f"{minutes} min {left} s" if minutes else f"{left} s"
