"""The JSON Schema of model files (draft 2020-12). `model.schema.json` beside this file is its published copy, for
editors.

`python -m webnn.model` prints what belongs in it.
"""

from __future__ import annotations

from importlib.resources import files

from webnn.core.merging import merge_schema
from webnn.core.robust import robust_schema
from webnn.core.schedule import schedule_schema
from webnn.model.data_schema import dataset_schema, preprocessing_schema, split_properties
from webnn.model.layers import LAYERS, layer_schema
from webnn.model.vocabulary import (
    ABOVE_0,
    ACTIVATIONS,
    BOOLEAN,
    CONSTRAINTS,
    COUNT,
    INITIALIZERS,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    REGULARIZERS,
    TEXT,
    Schema,
    closed,
    default,
    named,
    optional,
    reference,
)

PUBLISHED_NAME = "model.schema.json"
DEFAULT_STOP_EPOCHS = 20
DEFAULT_REPLAY_SHARE = 0.05


def model_schema() -> dict[str, object]:
    """Make the schema as this installation knows it: the merge rules of other packages are in it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "WebNN model",
        "description": "What to train, on which dataset, and how. docs/models.md explains each key.",
        "type": "object",
        **closed(_properties()),
        "required": ["dataset"],
        "oneOf": [{"required": ["layers"]}, {"required": ["topology"]}],
        "$defs": _definitions(),
    }


def published_schema() -> str:
    """Read the published copy, `model.schema.json`."""
    return files("webnn.model").joinpath(PUBLISHED_NAME).read_text("utf-8")


def _properties() -> dict[str, Schema]:
    merge = merge_schema()
    return {
        "$schema": _text("The address of this schema, for editors."),
        "name": _text(
            "Shown to people and used in file names; by default the file's own name.", pattern=r"^[\w.-]{1,80}$"
        ),
        "description": _text("A sentence for volunteers."),
        "source": _text("Where the model comes from: a paper, a page."),
        "owner": _text("Who asks for help: shown to volunteers before they start."),
        "purpose": _text("What the trained model is for: shown to volunteers before they start."),
        "licence": _text("Under which terms the trained model will be available."),
        "dataset": dataset_schema(),
        "split": _section("How the examples are split anew, instead of as the dataset has them.", split_properties()),
        "preprocessing": preprocessing_schema(),
        "layers": {
            "description": "A stack of layers, each {LAYER: {ARGUMENT: VALUE}} with TF.js's own names.",
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                **closed({name: reference(f"layer.{name}") for name in LAYERS}),
                "minProperties": 1,
                "maxProperties": 1,
            },
        },
        "topology": {
            "description": "Instead of layers: Keras or TF.js layers-model JSON, inline or as a path beside this file.",
            "anyOf": [{"type": "object"}, {"type": "string", "minLength": 1}],
        },
        "initialWeights": _text(
            "A .safetensors or .npz file, or a TF.js model.json, to start from, as a path beside this file."
        ),
        "loss": default({"description": "What is minimised.", "type": "string", "enum": list(LOSSES)}, LOSSES[0]),
        "metrics": {
            "description": "What is measured besides the loss; by default accuracy where the loss compares classes.",
            "type": "array",
            "items": {"type": "string", "enum": list(METRICS)},
        },
        "optimizer": default(named(OPTIMIZERS, tuple(OPTIMIZERS), "The rule that volunteers train by."), "adam"),
        "training": _section("How volunteers train.", _training()),
        "validation": _section("How often the model is measured on held-out examples.", _validation()),
        "checkpoint": _section("How often the run is written down, so that a crash loses little.", _checkpoint()),
        "merge": default(named(_options(merge), tuple(merge), "How updates become one model."), "weighted"),
        "robust": default(_reducer(), None),
    }


def _training() -> dict[str, Schema]:
    return {
        "batchSize": default({"description": "Examples in one step.", **COUNT}, 64),
        "leaseSeconds": default({"description": "How long a device trains between updates.", **ABOVE_0}, 3),
        "schedule": default({"description": "How the learning rate changes.", **reference("schedule")}, "constant"),
        "stop": default(
            _section("When the run is finished: whichever comes first.", _stop()), {"epochs": DEFAULT_STOP_EPOCHS}
        ),
        "overlap": default(
            {"description": "Each lease is trained with the examples of the next one too.", **BOOLEAN}, False
        ),
        "clip": {
            "description": "Gradients cut to a norm of all of them, or each number to [-value, value].",
            **optional(
                {
                    "type": "object",
                    **closed({"norm": ABOVE_0, "value": ABOVE_0}),
                    "minProperties": 1,
                    "maxProperties": 1,
                }
            ),
        },
    }


def _stop() -> dict[str, Schema]:
    share: Schema = {"type": "number", "exclusiveMinimum": 0, "maximum": 1}
    return {
        "accuracy": {"description": "Mean validation accuracy, 0 to 1, that is enough.", **optional(share)},
        "loss": {"description": "Mean validation loss that is low enough.", **optional(ABOVE_0)},
        "seconds": {"description": "Seconds of running, pauses excluded.", **optional(ABOVE_0)},
        "epochs": {"description": "Passes over the training set.", **optional(ABOVE_0)},
        "iterations": {"description": "Optimiser steps merged.", **optional(COUNT)},
    }


def _validation() -> dict[str, Schema]:
    return {
        "everySeconds": default({"description": "Seconds between validations.", **ABOVE_0}, 2),
        "everyVersions": default({"description": "Also after this many merges.", **optional(COUNT)}, None),
        "examples": default({"description": "Examples in one, drawn once from the split.", **COUNT}, 2000),
        "replayShare": default(
            {
                "description": "Part of the evaluator's time for training leases again, to compare; 0: none.",
                **{"type": "number", "minimum": 0, "maximum": 1},
            },
            DEFAULT_REPLAY_SHARE,
        ),
    }


def _checkpoint() -> dict[str, Schema]:
    return {
        "everySeconds": default({"description": "Seconds between checkpoints.", **ABOVE_0}, 30),
        "keep": default({"description": "Newest checkpoints that are kept, besides the best.", **COUNT}, 3),
    }


def _definitions() -> dict[str, Schema]:
    pair: Schema = {"type": "array", "items": COUNT, "minItems": 2, "maxItems": 2}
    size: Schema = {"type": "integer", "minimum": 0}
    two_sizes: Schema = {"type": "array", "items": size, "minItems": 2, "maxItems": 2}
    return {
        **{f"layer.{name}": layer_schema(kind) for name, kind in LAYERS.items()},
        "activation": {"type": "string", "enum": list(ACTIVATIONS)},
        "initializer": named(INITIALIZERS, tuple(name for name in INITIALIZERS if name != "constant"), "First values."),
        "regularizer": named(REGULARIZERS, tuple(REGULARIZERS), "A penalty added to the loss."),
        "constraint": named(CONSTRAINTS, tuple(CONSTRAINTS), "A bound kept after each step."),
        "padding": {"type": "string", "enum": ["valid", "same", "causal"]},
        "dataFormat": {"type": "string", "enum": ["channelsLast", "channelsFirst"]},
        "countOrOne": {"anyOf": [COUNT, {"type": "array", "items": COUNT, "minItems": 1, "maxItems": 1}]},
        "countOrPair": {"anyOf": [COUNT, pair]},
        "border": {
            "anyOf": [
                size,
                {"type": "array", "items": {"anyOf": [size, two_sizes]}, "minItems": 2, "maxItems": 2},
            ]
        },
        "schedule": schedule_schema(),
    }


def _options(merge: dict[str, dict[str, object]]) -> dict[str, dict[str, object]]:
    options = {}
    for name, schema in merge.items():
        properties = schema["properties"]
        assert isinstance(properties, dict)
        options[name] = properties
    return options


def _reducer() -> Schema:
    reducers = robust_schema()
    return optional(named(reducers, tuple(reducers), "What makes updates robust against liars before they are merged."))


def _section(description: str, properties: dict[str, Schema]) -> Schema:
    return {"description": description, "type": "object", **closed(properties)}


def _text(description: str, **more: object) -> Schema:
    return {"description": description, **TEXT, **more}
