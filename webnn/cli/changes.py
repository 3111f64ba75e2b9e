"""`KEY=VALUE` words of `wnn set`, as the body of a change of settings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from webnn.core.errors import WebNNError
from webnn.core.words import did_you_mean

STOPS = ("accuracy", "loss", "seconds", "epochs", "iterations")
KEYS = ("learningRate", "schedule", "batchSize", "leaseSeconds", "validation", "merge", "stop")
DEEP = ("schedule", "merge")


def read_changes(words: Sequence[str]) -> dict[str, Any]:
    """Read `learningRate=0.01`, `stop.accuracy=0.9`, `merge=weighted`, `merge.RULE.OPTION=VALUE`, `schedule=cosine`.

    A value is JSON where it can be read as that, else text. Raises `WebNNError("settings")` with the nearest word.
    """
    if not words:
        raise WebNNError("settings", "Say what to change: KEY=VALUE, as in learningRate=0.01.")
    changes: dict[str, Any] = {}
    for word in words:
        path, separator, text = word.partition("=")
        steps = path.strip().split(".")
        if not separator or not all(steps):
            raise WebNNError("settings", f'"{word}" is no change: write KEY=VALUE, as in learningRate=0.01.')
        _check(steps, path)
        _put(changes, steps, _value(steps, text.strip()), path)
    return changes


def _check(steps: Sequence[str], path: str) -> None:
    if steps[0] not in KEYS:
        raise WebNNError("settings", f'"{path}" cannot be changed while a run goes on.{did_you_mean(steps[-1], KEYS)}')
    if steps[0] == "stop" and (len(steps) != 2 or steps[1] not in STOPS):
        raise WebNNError("settings", f'"{path}" is no stop condition.{did_you_mean(steps[-1], STOPS)}')
    if steps[0] == "validation" and steps[1:] != ["everySeconds"]:
        raise WebNNError("settings", f'"{path}" cannot be changed while a run goes on: validation.everySeconds can.')
    if steps[0] not in ("stop", "validation", *DEEP) and len(steps) > 1:
        raise WebNNError("settings", f'"{path}": {steps[0]} has nothing inside.')


def _put(changes: dict[str, Any], steps: Sequence[str], value: Any, path: str) -> None:
    place = changes
    for step in steps[:-1]:
        place = place.setdefault(step, {})
        if not isinstance(place, dict):
            raise WebNNError("settings", f'"{path}" says again, and otherwise, what {step} is.')
    place[steps[-1]] = value


def _value(steps: Sequence[str], text: str) -> Any:
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        value = text
    return {value: {}} if list(steps) == ["merge"] and isinstance(value, str) else value
