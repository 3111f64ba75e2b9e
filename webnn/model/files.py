"""Finding and reading model files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from webnn.core.errors import WebNNError
from webnn.core.words import did_you_mean


def list_models(search: Sequence[Path]) -> dict[str, Path]:
    """Find the model files in the folders of `search`, by name; an earlier folder hides a later one's."""
    found: dict[str, Path] = {}
    for folder in search:
        for path in sorted(folder.glob("*.json")):
            found.setdefault(path.stem, path)
    return found


def find_model(name: str, search: Sequence[Path]) -> Path:
    """Find a model file by name in the folders of `search`, or by a path that ends in `.json`.

    Raises `WebNNError("unknown_name")` with the nearest known name.
    """
    if name.endswith(".json"):
        path = Path(name)
        if path.is_file():
            return path
        raise WebNNError("unknown_name", f"There is no model file {path}.")
    known = list_models(search)
    if name in known:
        return known[name]
    folders = ", ".join(str(folder) for folder in search)
    raise WebNNError(
        "unknown_name", f'There is no model "{name}": no file {name}.json in {folders}.{did_you_mean(name, known)}'
    )


def topology_of(raw: object, path: Path | None) -> dict[str, Any] | None:
    """Read the file that a model's `topology` names, if it names one."""
    name = raw.get("topology") if isinstance(raw, dict) else None
    if not isinstance(name, str):
        return None
    file = (path.parent if path else Path()) / name
    if not file.is_file():
        raise WebNNError(
            "invalid_model", f'{path}: topology names "{name}", but there is no file {file}. Correct the path.'
        )
    topology = read_json(file)
    if not isinstance(topology, dict):
        raise WebNNError(
            "invalid_model", f"{file}: a topology is one JSON object, as model.to_json() of Keras writes it."
        )
    return topology


def read_json(path: Path) -> object:
    """Read strict JSON: no NaN, no key twice. Raises `WebNNError("invalid_model")` with the line and column."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise WebNNError("invalid_model", f"{path} cannot be read: {error}.") from error
    try:
        return json.loads(text, object_pairs_hook=_without_doubles, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise WebNNError(
            "invalid_model",
            f"{path}, line {error.lineno}, column {error.colno}: this is not valid JSON: {error.msg}. "
            "Often a comma or a quote is missing or one too many just before.",
        ) from error
    except _NotStrictError as error:
        raise WebNNError("invalid_model", f"{path}: {error}") from error
    except RecursionError as error:
        raise WebNNError("invalid_model", f"{path} is nested too deep.") from error


class _NotStrictError(ValueError):
    pass


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _NotStrictError(f'the key "{key}" stands twice in one object: remove one of them.')
        found[key] = value
    return found


def _refuse_constant(name: str) -> object:
    raise _NotStrictError(f"{name} is not a number in JSON: write a finite number.")
