"""What is wrong with a model file, in one sentence that names the path, the value, and what to write instead."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from webnn.core.errors import WebNNError
from webnn.core.words import did_you_mean, nearest
from webnn.model.layers import REFUSED
from webnn.model.schema import model_schema

_MAX_VALUE = 80
_MAX_NAMES = 8
_TYPES = {
    "object": "an object {...}",
    "array": "a list [...]",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


def check_model(raw: object, origin: str) -> None:
    """Check a model file's contents against the published schema.

    Raises `WebNNError("invalid_model")`: one paragraph that begins with `origin` and names the path (such as
    `layers[2].conv2d.kernalSize`), the value there, the nearest known word, and what to change.
    """
    if not isinstance(raw, dict):
        raise WebNNError("invalid_model", f"{origin}: a model file holds one JSON object {{...}}, not {_shown(raw)}.")
    wrong = describe_problem(raw, _validator())
    if wrong is not None:
        raise WebNNError("invalid_model", f"{origin}: {wrong}")


def describe_problem(raw: object, validator: Draft202012Validator) -> str | None:
    """Say what is wrong with `raw`, the first thing in a sentence, and how much more there is; None where nothing is.

    The validator's schema may refer to the definitions of the model's schema.
    """
    problems = [_leaf(_problem(error)) for error in validator.iter_errors(raw)]
    if not problems:
        return None
    more = f" (Problems after this one: {len(problems) - 1}.)" if len(problems) > 1 else ""
    sentence = _sentence(min(problems, key=_order))
    if not sentence.isprintable():  # a key may hold line breaks
        sentence = sentence.encode("unicode_escape").decode("ascii")
    return f"{sentence}{more}"


@dataclass(frozen=True, slots=True)
class _Problem:
    """What a validator found: `rule` is the schema's keyword, `wanted` its value, `schema` what holds it."""

    path: tuple[str | int, ...]
    instance: Any
    rule: str
    wanted: Any
    schema: Mapping[str, Any]
    depth: int
    branches: Mapping[object, tuple[_Problem, ...]]


def _problem(error: ValidationError, depth: int = 0) -> _Problem:
    branches: dict[object, tuple[_Problem, ...]] = {}
    for inner in error.context or ():
        key = inner.schema_path[0]
        branches[key] = (*branches.get(key, ()), _problem(inner, len(inner.path)))
    return _Problem(
        path=tuple(error.absolute_path),
        instance=error.instance,
        rule=str(error.validator),
        wanted=error.validator_value,
        schema=error.schema if isinstance(error.schema, dict) else {},
        depth=depth,
        branches=branches,
    )


@lru_cache(maxsize=1)
def _validator() -> Draft202012Validator:
    return Draft202012Validator(model_schema())


def _order(problem: _Problem) -> tuple[int, list[str]]:
    """Misspelt keys first: they are often why something else seems missing."""
    return (0 if problem.rule == "additionalProperties" else 1, [str(step) for step in problem.path])


def _leaf(problem: _Problem) -> _Problem:
    """Go down into the branch of a choice that the writer seems to have meant."""
    while problem.branches:
        meant = [inside for inside in problem.branches.values() if not any(_of_other_kind(inner) for inner in inside)]
        if len(meant) != 1:
            break
        problem = min(meant[0], key=_order)
    return problem


def _of_other_kind(problem: _Problem) -> bool:
    """Whether this branch wants another kind of thing altogether, such as a text where an object stands."""
    if problem.depth > 0:
        return False
    if problem.rule == "enum":
        return not any(isinstance(choice, type(problem.instance)) for choice in problem.wanted)
    return problem.rule == "type"


def _sentence(problem: _Problem) -> str:
    path = _path(problem.path)
    where = path or "the file"
    match problem.rule:
        case "additionalProperties":
            return _unknown_key(problem, path, problem.schema.get("properties", {}))
        case "required":
            missing = next(key for key in problem.wanted if key not in problem.instance)
            return f'{where} lacks the key "{missing}": add it.'
        case "oneOf" if path == "":
            found = "both" if "layers" in problem.instance and "topology" in problem.instance else "neither"
            return f'the file must have either "layers" or "topology", but has {found}: keep or write one of them.'
        case "enum":
            return f"{where} is {_shown(problem.instance)}, which is not known.{_choices(problem)}"
        case "minProperties" | "maxProperties" | "minItems" | "maxItems" | "minLength":
            return f"{where} is {_shown(problem.instance)}: write {_wanted(problem.schema)}."
        case _:
            return f"{where} is {_shown(problem.instance)}, but it must be {_wanted(problem.schema)}."


def _unknown_key(problem: _Problem, path: str, known: Mapping[str, object]) -> str:
    key = next(key for key in problem.instance if key not in known)
    full = f"{path}.{key}" if path else key
    value = _shown(problem.instance[key])
    if key in REFUSED and path.startswith("layers["):
        return f"{full} (value {value}) has no place here. {REFUSED[key]}: remove the key."
    return f"{full} (value {value}) is not a known key.{did_you_mean(key, known)} Correct it or remove it."


def _choices(problem: _Problem) -> str:
    choices = [choice for choice in problem.wanted if isinstance(choice, str)]
    match = nearest(problem.instance, choices) if isinstance(problem.instance, str) else None
    hint = f' Did you mean "{match}"?' if match else ""
    return f"{hint} Known are: {', '.join(choices)}."


def _wanted(schema: Mapping[str, Any]) -> str:
    """Say in words what a schema wants."""
    if "$ref" in schema:
        return _wanted(model_schema()["$defs"][str(schema["$ref"]).rpartition("/")[2]])  # type: ignore[index]
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return " or ".join(_wanted(option) for option in schema[word])
    if "enum" in schema:
        return "one of " + ", ".join(json.dumps(choice) for choice in schema["enum"])
    words = _TYPES.get(str(schema.get("type", "")), "something else")
    if schema.get("maxProperties") == 1:
        return f"{words} with exactly one key ({_some(schema.get('properties', {})) or 'a name'})"
    if "items" in schema and schema.get("minItems") == schema.get("maxItems"):
        return f"a list of {schema['minItems']}, each {_wanted(schema['items'])}"
    return words + _bounds(schema)


def _some(names: Iterable[str]) -> str:
    """Join names, the first few of them where they are many."""
    known = list(names)
    return ", ".join(known) if len(known) <= _MAX_NAMES else ", ".join([*known[:_MAX_NAMES], "..."])


def _bounds(schema: Mapping[str, Any]) -> str:
    bounds = {
        "minimum": "of at least",
        "exclusiveMinimum": "of more than",
        "maximum": "of at most",
        "exclusiveMaximum": "of less than",
        "minItems": "with at least",
        "pattern": "that matches",
    }
    parts = [f"{words} {schema[key]}" for key, words in bounds.items() if key in schema]
    return " " + " and ".join(parts).replace(" and of ", " and ") if parts else ""


def _path(steps: Iterable[str | int]) -> str:
    """Join the steps of a path: `layers[2].conv2d.kernelSize`."""
    path = ""
    for step in steps:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else str(step)
    return path


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_VALUE else f"{text[: _MAX_VALUE - 3]}..."
