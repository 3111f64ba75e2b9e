"""The words of model files other than layers: activations, initialisers, losses, optimisers, each as JSON Schema.

Names and options are those of TF.js 4.22 (`tf.initializers`, `tf.regularizers`, `tf.constraints`, `tf.train`).
"""

from __future__ import annotations

from collections.abc import Mapping

Schema = dict[str, object]


def reference(name: str) -> Schema:
    """Refer to a definition of the schema by name."""
    return {"$ref": f"#/$defs/{name}"}


def named(options: Mapping[str, Mapping[str, object]], plain: tuple[str, ...], what: str) -> Schema:
    """Describe a choice: a name that needs no options (one of `plain`), or {NAME: {OPTION: VALUE}} with exactly one."""
    properties = {name: {"type": "object", **closed(known)} for name, known in options.items()}
    return {
        "description": what,
        "anyOf": [
            {"type": "string", "enum": list(plain)},
            {"type": "object", **closed(properties), "minProperties": 1, "maxProperties": 1},
        ],
    }


def closed(properties: Mapping[str, object]) -> Schema:
    """Describe an object that has these properties and no others."""
    return {"properties": dict(properties), "additionalProperties": False}


def optional(schema: Schema) -> Schema:
    """Describe the same, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


NUMBER: Schema = {"type": "number"}
AT_LEAST_0: Schema = {"type": "number", "minimum": 0}
ABOVE_0: Schema = {"type": "number", "exclusiveMinimum": 0}
RATE: Schema = {"type": "number", "minimum": 0, "exclusiveMaximum": 1}
INTEGER: Schema = {"type": "integer"}
COUNT: Schema = {"type": "integer", "minimum": 1}
BOOLEAN: Schema = {"type": "boolean"}
TEXT: Schema = {"type": "string"}
SEED: Schema = {"type": "integer", "minimum": 0}


def default(schema: Schema, value: object) -> Schema:
    """Note the value that an absent key stands for."""
    return {**schema, "default": value}


ACTIVATIONS = (
    "elu",
    "gelu",
    "hardSigmoid",
    "linear",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "softmax",
    "softplus",
    "softsign",
    "swish",
    "tanh",
)

_NORMAL = {"mean": default(NUMBER, 0), "stddev": default(ABOVE_0, 0.05), "seed": SEED}
INITIALIZERS: Mapping[str, Mapping[str, object]] = {
    "zeros": {},
    "ones": {},
    "constant": {"value": NUMBER},
    "randomNormal": _NORMAL,
    "truncatedNormal": _NORMAL,
    "randomUniform": {"minval": default(NUMBER, -0.05), "maxval": default(NUMBER, 0.05), "seed": SEED},
    "varianceScaling": {
        "scale": default(ABOVE_0, 1),
        "mode": default({"type": "string", "enum": ["fanIn", "fanOut", "fanAvg"]}, "fanIn"),
        "distribution": default({"type": "string", "enum": ["normal", "uniform", "truncatedNormal"]}, "normal"),
        "seed": SEED,
    },
    "glorotNormal": {"seed": SEED},
    "glorotUniform": {"seed": SEED},
    "heNormal": {"seed": SEED},
    "heUniform": {"seed": SEED},
    "leCunNormal": {"seed": SEED},
    "leCunUniform": {"seed": SEED},
    "orthogonal": {"gain": default(NUMBER, 1), "seed": SEED},
    "identity": {"gain": default(NUMBER, 1)},
}
REGULARIZERS: Mapping[str, Mapping[str, object]] = {
    "l1": {"l1": default(AT_LEAST_0, 0.01)},
    "l2": {"l2": default(AT_LEAST_0, 0.01)},
    "l1l2": {"l1": default(AT_LEAST_0, 0.01), "l2": default(AT_LEAST_0, 0.01)},
}
CONSTRAINTS: Mapping[str, Mapping[str, object]] = {
    "maxNorm": {"maxValue": default(ABOVE_0, 2), "axis": default(INTEGER, 0)},
    "minMaxNorm": {
        "minValue": default(AT_LEAST_0, 0),
        "maxValue": default(ABOVE_0, 1),
        "rate": default({"type": "number", "minimum": 0, "maximum": 1}, 1),
        "axis": default(INTEGER, 0),
    },
    "nonNeg": {},
    "unitNorm": {"axis": default(INTEGER, 0)},
}

CLASS_LOSSES = ("categoricalCrossentropy", "sparseCategoricalCrossentropy")
"""Losses that compare a probability for each class with a class id."""
LOSSES = (
    *CLASS_LOSSES,
    "binaryCrossentropy",
    "categoricalHinge",
    "cosineProximity",
    "hinge",
    "kullbackLeiblerDivergence",
    "logcosh",
    "meanAbsoluteError",
    "meanAbsolutePercentageError",
    "meanSquaredError",
    "meanSquaredLogarithmicError",
    "poisson",
    "squaredHinge",
)
METRICS = ("accuracy",)

_EPSILON = default(ABOVE_0, 1e-7)
OPTIMIZERS: Mapping[str, Mapping[str, object]] = {
    "sgd": {"learningRate": default(ABOVE_0, 0.01)},
    "momentum": {
        "learningRate": default(ABOVE_0, 0.01),
        "momentum": default(RATE, 0.9),
        "useNesterov": default(BOOLEAN, False),
    },
    "adagrad": {"learningRate": default(ABOVE_0, 0.01), "initialAccumulatorValue": default(ABOVE_0, 0.1)},
    "adadelta": {"learningRate": default(ABOVE_0, 0.001), "rho": default(RATE, 0.95), "epsilon": _EPSILON},
    "adam": {
        "learningRate": default(ABOVE_0, 0.001),
        "beta1": default(RATE, 0.9),
        "beta2": default(RATE, 0.999),
        "epsilon": _EPSILON,
    },
    "adamax": {
        "learningRate": default(ABOVE_0, 0.002),
        "beta1": default(RATE, 0.9),
        "beta2": default(RATE, 0.999),
        "epsilon": _EPSILON,
        "decay": default(AT_LEAST_0, 0),
    },
    "muon": {"learningRate": default(ABOVE_0, 0.02), "momentum": default(RATE, 0.9)},
    "rmsprop": {
        "learningRate": default(ABOVE_0, 0.001),
        "decay": default(RATE, 0.9),
        "momentum": default(RATE, 0),
        "epsilon": _EPSILON,
        "centered": default(BOOLEAN, False),
    },
}
