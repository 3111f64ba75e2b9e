"""`--set key=value`: changing a model definition by dotted paths."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from webnn.core.errors import WebNNError
from webnn.core.words import nearest
from webnn.model.definition import ModelDefinition, parse_model
from webnn.model.files import topology_of
from webnn.model.schema import model_schema

_CHOICES = {("dataset",), ("optimizer",), ("merge",), ("training", "schedule"), ("training", "clip")}
"""Places that hold exactly one of several names: setting another one replaces it."""

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def apply_settings(definition: ModelDefinition, settings: Sequence[str]) -> ModelDefinition:
    """Make a definition with `settings` laid over it, each `PATH=VALUE` such as `training.batchSize=32`,
    `layers[0].dense.units=64`, `merge=average` or `optimizer.adam.learningRate=0.001`.

    A value is JSON where it can be read as that, else text. Raises `WebNNError("settings")` for a path that does not
    exist (with the nearest known one) and `invalid_model` for a value that does not fit.
    """
    if not settings:
        return definition
    raw = copy.deepcopy(definition.raw)
    for setting in settings:
        path, separator, text = setting.partition("=")
        if not separator or not path.strip():
            raise WebNNError("settings", f'"{setting}" is not a setting: write KEY=VALUE, as in training.batchSize=32.')
        _assign(raw, _steps(path.strip()), _value(text.strip()), path.strip())
    origin = f"{definition.origin} with {', '.join(settings)}"
    return parse_model(raw, origin, definition.path, topology_of(raw, definition.path))


def setting_paths() -> list[str]:
    """List the paths that `--set` takes, layers aside."""
    return sorted(_paths(model_schema()["properties"], ""))


def _paths(properties: object, prefix: str) -> Iterator[str]:
    assert isinstance(properties, Mapping)
    for name, schema in properties.items():
        if name.startswith("$"):
            continue
        path = f"{prefix}{name}"
        yield path
        for option in (schema, *schema.get("anyOf", ())):
            if "properties" in option:
                yield from _paths(option["properties"], f"{path}.")


def _steps(path: str) -> tuple[str | int, ...]:
    steps = tuple(name or int(index) for name, index in _STEP.findall(path))
    return tuple(int(step) if isinstance(step, str) and step.isdigit() else step for step in steps)


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _assign(raw: dict[str, Any], steps: tuple[str | int, ...], value: object, path: str) -> None:
    _check_known(steps, path)
    place: Any = raw
    for depth, step in enumerate(steps[:-1]):
        place = _enter(place, steps[: depth + 1], step, path)
        if steps[: depth + 1] in _CHOICES and list(place) != [steps[depth + 1]]:
            place.clear()
    last = steps[-1]
    if isinstance(last, int):
        if not isinstance(place, list) or last >= len(place):
            raise WebNNError("settings", f"{path}: there is no entry {last} to set.")
        place[last] = value
    elif isinstance(place, dict):
        place[last] = value
    else:
        raise WebNNError("settings", f'{path}: "{last}" cannot be set inside {json.dumps(place)}.')


def _enter(place: Any, so_far: tuple[str | int, ...], step: str | int, path: str) -> Any:
    if isinstance(step, int):
        if not isinstance(place, list) or step >= len(place):
            raise WebNNError(
                "settings", f"{path}: there is no entry {step} of {so_far[-2] if len(so_far) > 1 else path}."
            )
        return place[step]
    if not isinstance(place, dict):
        raise WebNNError("settings", f'{path}: "{step}" cannot be set inside {json.dumps(place)}.')
    inner = place.setdefault(step, {})
    if isinstance(inner, str) and so_far in _CHOICES:
        inner = place[step] = {inner: {}}
    return inner


def _check_known(steps: tuple[str | int, ...], path: str) -> None:
    """Refuse paths whose beginning the schema does not have; deeper mistakes are the schema check's to explain."""
    known = setting_paths()
    top = {name for name in known if "." not in name}
    inside = {name.partition(".")[2] for name in known if name.startswith(f"{steps[0]}.")}
    missing_top = steps[0] not in top
    missing_key = steps[0] in ("training", "validation") and len(steps) > 1 and steps[1] not in inside
    if missing_top or missing_key:
        ends = {name.rpartition(".")[2]: name for name in known}
        near = nearest(path, known)
        if path in ends or near is not None:
            hint = f' Did you mean "{ends.get(path, near)}"?'
        else:
            hint = f" It begins with one of: {', '.join(sorted(top))}."
        raise WebNNError("settings", f'There is no setting "{path}".{hint}')
