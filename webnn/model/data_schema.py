"""The parts of a model file that concern data: loaders named with options, `split`, `preprocessing`; as JSON Schema.

What they do is in `webnn.data`, which has the same names and defaults.
"""

from __future__ import annotations

from collections.abc import Mapping

from webnn.model.vocabulary import ABOVE_0, BOOLEAN, COUNT, NUMBER, SEED, TEXT, Schema, closed, default, optional

_WORDS: Schema = {"type": "array", "items": TEXT}
_NAMES: Schema = {"type": "array", "items": TEXT, "minItems": 1}
_PATH: Schema = {"type": "string", "minLength": 1}
_PATHS: Schema = {"anyOf": [_PATH, {"type": "array", "items": _PATH, "minItems": 1}]}
_PAIR: Schema = {"type": "object", **closed({"inputs": _PATH, "targets": _PATH}), "required": ["inputs", "targets"]}
_SIZE: Schema = {"type": "array", "items": COUNT, "minItems": 2, "maxItems": 2}
_SHARE: Schema = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
_PLACE: Schema = default({"type": "integer", "minimum": 0}, 0)

_ABOUT: Mapping[str, Schema] = {
    "labelNames": optional(_NAMES),
    "licence": default(TEXT, "not stated"),
    "source": optional(TEXT),
}


def _loader(options: Mapping[str, Schema], required: tuple[str, ...], part: Schema) -> Schema:
    """Describe a loader; `part` is what names a split's files."""
    given = {"validation": optional(part), "test": optional(part)}
    return {"type": "object", **closed({**options, **given, **_ABOUT}), "required": list(required)}


LOADERS: Mapping[str, Schema] = {
    "csv": _loader(
        {
            "path": _PATH,
            "target": {"anyOf": [TEXT, _NAMES]},
            "columns": optional(_NAMES),
            "categorical": default(_WORDS, []),
            "kind": optional({"type": "string", "enum": ["class", "value"]}),
            "separator": default({"type": "string", "minLength": 1, "maxLength": 1}, ","),
        },
        ("path", "target"),
        _PATH,
    ),
    "npz": _loader(
        {"path": _PATH, "inputs": default(TEXT, "inputs"), "targets": default(TEXT, "targets")}, ("path",), _PATH
    ),
    "npy": _loader({"inputs": _PATH, "targets": _PATH}, ("inputs", "targets"), _PAIR),
    "idx": _loader({"inputs": _PATH, "targets": _PATH}, ("inputs", "targets"), _PAIR),
    "cifarBinary": _loader({"path": _PATHS, "classes": default({"enum": [10, 100]}, 10)}, ("path",), _PATHS),
    "imageFolder": _loader(
        {
            "path": _PATH,
            "size": optional(_SIZE),
            "colour": default({"type": "string", "enum": ["rgb", "grey"]}, "rgb"),
        },
        ("path",),
        _PATH,
    ),
}
"""Loaders that stand in `dataset` with their options."""

STEPS: Mapping[str, Schema] = {
    "scale": {
        "type": "object",
        **closed(
            {
                "factor": default(NUMBER, 1),
                "offset": default(NUMBER, 0),
                "to": {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2},
                "input": _PLACE,
            }
        ),
    },
    "standardise": {
        "type": "object",
        **closed({"per": default({"type": "string", "enum": ["channel", "all"]}, "channel"), "input": _PLACE}),
    },
    "oneHot": {"type": "object", **closed({"classes": optional(COUNT)})},
    "resize": {
        "type": "object",
        **closed({"height": COUNT, "width": COUNT, "input": _PLACE}),
        "required": ["height", "width"],
    },
    "zcaWhitening": {"type": "object", **closed({"epsilon": default(ABOVE_0, 0.01), "input": _PLACE})},
    "flip": {
        "type": "object",
        **closed({"horizontal": default(BOOLEAN, True), "vertical": default(BOOLEAN, False), "input": _PLACE}),
    },
    "crop": {"type": "object", **closed({"padding": default(COUNT, 4), "fill": default(NUMBER, 0), "input": _PLACE})},
    "rotate": {
        "type": "object",
        **closed(
            {
                "degrees": default({"type": "number", "exclusiveMinimum": 0, "maximum": 180}, 10),
                "fill": default(NUMBER, 0),
                "input": _PLACE,
            }
        ),
    },
}
"""Steps of `preprocessing`, each with its options."""

_PLAIN_STEPS = tuple(name for name in STEPS if name != "resize")


def dataset_schema() -> Schema:
    """Describe `dataset`: a name, or {NAME: options}, where NAME may be a loader."""
    return {
        "description": "The dataset's name, or {NAME: {OPTION: VALUE}}; NAME may be a loader, such as csv.",
        "anyOf": [
            {"type": "string", "minLength": 1},
            {
                "type": "object",
                "properties": dict(LOADERS),
                "additionalProperties": {"type": "object"},
                "minProperties": 1,
                "maxProperties": 1,
            },
        ],
    }


def preprocessing_schema() -> Schema:
    """Describe `preprocessing`."""
    step = {"type": "object", **closed(STEPS), "minProperties": 1, "maxProperties": 1}
    return {
        "description": "What is done to the inputs, in order: each step a name, or {NAME: {OPTION: VALUE}}.",
        "type": "array",
        "items": {"anyOf": [{"type": "string", "enum": list(_PLAIN_STEPS)}, step]},
    }


def split_properties() -> dict[str, Schema]:
    """Describe the keys of `split`."""
    return {
        "validation": default({"description": "The share that is held out to validate on.", **_SHARE}, 0.2),
        "test": default(
            {"description": "The share held out to the end.", "type": "number", "minimum": 0, "exclusiveMaximum": 1}, 0
        ),
        "stratified": {"description": "Each class alike; by default where there are classes.", **optional(BOOLEAN)},
        "seed": default({"description": "Decides which examples.", **SEED}, 0),
        "folds": {
            "description": "Cut into so many folds, and validate on one of them.",
            **optional({"type": "integer", "minimum": 2}),
        },
        "fold": default({"description": "Which fold, from 1.", **COUNT}, 1),
    }
