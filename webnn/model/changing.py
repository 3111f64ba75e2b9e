"""What an owner may change in a run that goes on, as a model file writes it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator

from webnn.core.config import RunConfig
from webnn.core.errors import WebNNError
from webnn.model.checking import describe_problem
from webnn.model.definition import one_of
from webnn.model.schema import model_schema
from webnn.model.vocabulary import ABOVE_0, closed

_NAMES = {
    "learningRate": "learning_rate",
    "schedule": "schedule",
    "batchSize": "batch_size",
    "leaseSeconds": "lease_seconds",
    "stop": "stop",
}


@lru_cache(maxsize=1)
def settings_schema() -> dict[str, Any]:
    """Describe the body of `POST /api/v1/runs/RUN/settings` as JSON Schema: parts of the model file's."""
    model: Any = model_schema()
    training = model["properties"]["training"]["properties"]
    every = model["properties"]["validation"]["properties"]["everySeconds"]
    return {
        "type": "object",
        **closed(
            {
                "learningRate": {"description": "The initial rate, before the schedule.", **ABOVE_0},
                **{name: training[name] for name in ("schedule", "batchSize", "leaseSeconds", "stop")},
                "validation": {"type": "object", **closed({"everySeconds": every})},
                "merge": model["properties"]["merge"],
            }
        ),
        "minProperties": 1,
        "$defs": model["$defs"],
    }


@lru_cache(maxsize=1)
def _validator() -> Draft202012Validator:
    return Draft202012Validator(settings_schema())


def read_changes(raw: object) -> dict[str, Any]:
    """Read an owner's changes into those that `webnn.core.changing` takes.

    Raises `WebNNError("settings")`: a sentence that names the path, the value there, and the nearest known word.
    """
    if not isinstance(raw, dict) or not raw:
        raise WebNNError(
            "settings",
            f'The body is a JSON object of what to change, as in {{"learningRate": 0.1}}: {", ".join(_KEYS)}.',
        )
    wrong = describe_problem(raw, _validator())
    if wrong is not None:
        raise WebNNError("settings", wrong)
    _refuse_infinite(raw, "")
    changes = {core: raw[name] for name, core in _NAMES.items() if name in raw}
    if "everySeconds" in raw.get("validation", {}):
        changes["validate_every_seconds"] = raw["validation"]["everySeconds"]
    if "merge" in raw:
        rule, options = one_of(raw["merge"])
        changes["merge"] = {rule: options}
    return changes


def show_settings(config: RunConfig) -> dict[str, Any]:
    """Render what a run's settings are now by the names of a change; of a schedule the name alone."""
    return {
        "learningRate": config.learning_rate,
        "schedule": type(config.schedule).__name__.lower(),
        "batchSize": config.batch_size,
        "leaseSeconds": config.lease_seconds,
        "stop": asdict(config.stop),
        "validation": {"everySeconds": config.validate_every_seconds},
        "merge": {config.merge.name: dict(config.merge.options)},
    }


_KEYS = (*_NAMES, "validation", "merge")


def _refuse_infinite(value: object, path: str) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise WebNNError("settings", f"{path} is {value}, but it must be a finite number.")
    if isinstance(value, Mapping):
        for name, inner in value.items():
            _refuse_infinite(inner, f"{path}.{name}" if path else str(name))
