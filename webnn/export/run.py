"""The files of a finished run, in its folder."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from webnn.core.events import Vector
from webnn.export.card import model_card
from webnn.export.metrics import history_csv
from webnn.export.readme import readme
from webnn.export.weights import NamedShape, write_safetensors, write_tfjs
from webnn.model.definition import ModelDefinition


class Built(Protocol):
    """A model as the evaluator built it: TF.js topology, and its weights in the order of the flat vector."""

    @property
    def topology(self) -> Mapping[str, object]: ...

    @property
    def weights(self) -> Sequence[NamedShape]: ...


def export_run(  # noqa: PLR0917 - a finished run is all of these
    folder: Path,
    definition: ModelDefinition,
    built: Built,
    final: Vector,
    best: Vector | None,
    config: Mapping[str, Any],
    history: Mapping[str, Sequence[Sequence[Any]]],
    summary: Mapping[str, Any],
) -> Path:
    """Write a run's results into `folder`; returns it.

    `final` and `best` (the version that validated best; None where none was validated) are flat float32 vectors;
    `config` is what the run was told, `history` and `summary` the protocol's `history` and `status`; `validated` in the
    latter has the `core.validation.VersionResult` of `final` and `best` as dicts, where there is one. Files of an
    earlier export are written over. Raises `OSError` when the disk refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    vectors = {"final": final} if best is None else {"final": final, "best": best}
    for name, vector in vectors.items():
        metadata = {"model": definition.name, "run": str(summary.get("id", "")), "which": name}
        write_safetensors(folder / f"{name}.safetensors", vector, built.weights, metadata)
        write_tfjs(folder / name, vector, built.topology, built.weights)
    _write_json(folder / "model-definition.json", definition.raw)
    _write_json(folder / "config.json", config)
    (folder / "metrics.csv").write_text(history_csv(history), encoding="utf-8")
    text = readme(definition, built.weights, config, summary, tuple(vectors))
    (folder / "README.md").write_text(text, encoding="utf-8")
    (folder / "MODEL_CARD.md").write_text(model_card(definition, config, history, summary), encoding="utf-8")
    return folder


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write aside, then rename: a run cannot be taken up again without its `config.json`."""
    aside = path.with_name(f".{path.name}.part")
    with aside.open("w", encoding="utf-8") as file:
        file.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
