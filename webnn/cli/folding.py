"""`wnn train NAME --folds K`: a cross-validation, K runs one after the other, and what they come to together."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import click

from webnn.cli.exits import ExitCode
from webnn.cli.happenings import Finished, Happening, Preparing
from webnn.cli.reporters import Reporter
from webnn.cli.settings import TrainSettings
from webnn.core.errors import WebNNError
from webnn.model.definition import load_model

LONGEST_NAME = 60
MEASURES = ("accuracy", "loss")


@dataclass(slots=True)
class Listener:
    """Passes on what is told, and remembers how the run ended."""

    reporter: Reporter
    finished: Finished | None = field(default=None)

    def tell(self, happening: Happening) -> None:
        if isinstance(happening, Finished):
            self.finished = happening
        self.reporter.tell(happening)

    def close(self) -> None:
        self.reporter.close()


def fold_settings(settings: TrainSettings, name: str, fold: int) -> TrainSettings:
    """The settings of one fold's run, which is named after it."""
    count = settings.folds
    overrides = (
        *settings.overrides,
        f"split.folds={count}",
        f"split.fold={fold}",
        f"name={name[:LONGEST_NAME]}-fold-{fold}-of-{count}",
    )
    return replace(settings, folds=None, overrides=overrides)


def check_folds(settings: TrainSettings) -> None:
    """Refuse what does not go together. Raises `WebNNError("settings")`."""
    if settings.resume:
        raise WebNNError(
            "settings",
            "--folds starts runs anew, so --resume does not go with it. To go on with one fold, give its settings: "
            "--resume --set split.folds=5 --set split.fold=2 --set name=NAME-fold-2-of-5.",
        )


def model_name(settings: TrainSettings) -> str:
    """Return the name of the model file's model, settings on the command line included."""
    from webnn.cli.places import model_search
    from webnn.model.settings import apply_settings

    return apply_settings(load_model(settings.name, model_search()), settings.overrides).name


def announce(reporter: Reporter, fold: int, count: int) -> None:
    reporter.tell(Preparing(f"Fold {fold} of {count}"))


def summary(finished: Sequence[Finished]) -> dict[str, Any]:
    """Mean and (sample) standard deviation of what the folds reached on their whole validation splits."""
    found: dict[str, Any] = {"folds": len(finished)}
    for name in MEASURES:
        values = [getattr(one, name) for one in finished]
        known = [value for value in values if value is not None and math.isfinite(value)]
        if len(known) < len(values) or not known:
            found[name] = None
            continue
        deviation = statistics.stdev(known) if len(known) > 1 else None
        found[name] = {"mean": statistics.fmean(known), "std": deviation}
    return found


def tell_folds(finished: Sequence[Finished], count: int, *, json_lines: bool) -> None:
    """Print what each fold reached, and all together."""
    if json_lines:
        for number, one in enumerate(finished, start=1):
            values = {name: _finite(getattr(one, name)) for name in MEASURES}
            export = None if one.export is None else str(one.export.absolute())
            line = {"event": "fold", "fold": number, **values, "iterations": one.iterations, "export": export}
            click.echo(json.dumps(line))
        click.echo(json.dumps({"event": "folds", "wanted": count, **summary(finished)}))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{len(finished)} of {count} folds", title_justify="left")
    for column in ("fold", "accuracy", "loss", "iterations"):
        table.add_column(column, justify="left" if column == "fold" else "right", no_wrap=True)
    for number, one in enumerate(finished, start=1):
        table.add_row(str(number), _share(one.accuracy), _number(one.loss), f"{one.iterations:,}")
    together = summary(finished)
    accuracy, loss = together["accuracy"], together["loss"]
    table.add_section()
    table.add_row("mean ± std", _spread(accuracy, _share), _spread(loss, _number), "")
    Console(highlight=False, soft_wrap=True).print(table)


def first_failure(codes: Sequence[ExitCode]) -> ExitCode:
    return next((code for code in codes if code is not ExitCode.OK), ExitCode.OK)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.2f} %"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _spread(found: dict[str, float | None] | None, words: Any) -> str:
    if found is None:
        return "-"
    return words(found["mean"]) if found["std"] is None else f"{words(found['mean'])} ± {words(found['std'])}"
