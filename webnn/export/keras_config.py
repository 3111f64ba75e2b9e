"""A TF.js topology as the configuration that Keras 3 builds the same model from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from webnn.core.errors import WebNNError
from webnn.model.graph import nested_names
from webnn.model.hard_sigmoid import STEEPER
from webnn.model.keras import activation_name
from webnn.model.slots import MODELS, keras_class
from webnn.model.topology import input_configs

Json = dict[str, Any]

_DROPPED = frozenset(["batch_input_shape", "dtype", "implementation", "input_length", "input_dtype", "batch_size"])
_SNAKE = {"hardSigmoid": "hard_sigmoid", "logSoftmax": "log_softmax", "swish": "silu"}
_TFJS_DEFAULTS: Mapping[str, Json] = {
    "GRU": {"recurrent_activation": "hard_sigmoid", "reset_after": False},
    "LSTM": {"recurrent_activation": "hard_sigmoid"},
    "Softmax": {"axis": 1},
}
"""What TF.js takes where the JSON says nothing, and Keras takes otherwise."""
_RENAMED: Mapping[str, Mapping[str, str]] = {
    "LeakyReLU": {"alpha": "negative_slope"},
    "ThresholdedReLU": {"theta": "threshold"},
}


def keras_config(topology: Mapping[str, Any]) -> Json:
    """Return the configuration of Keras 3 for TF.js layers-model JSON; weights go in by `webnn.export.keras`.

    Initialisers are left out, since the weights are given. Raises `WebNNError("invalid_model")` naming the layer that
    Keras 3 computes in another way.
    """
    shapes = [tuple(config["batch_input_shape"]) for config in input_configs(dict(topology))]
    return _object("keras", *_model(topology, shapes if topology["class_name"] == "Sequential" else None))


def _model(model: Mapping[str, Any], shapes: Sequence[tuple[int | None, ...]] | None = None) -> tuple[str, Json]:
    config = model["config"]
    if model["class_name"] == "Sequential":
        layers = [_layer(layer) for layer in config["layers"]]
        shape = shapes[0] if shapes else config["layers"][0]["config"].get("batch_input_shape")
        if config["layers"][0]["class_name"] != "InputLayer" and shape is not None:
            layers.insert(0, _input(f"{config.get('name', 'model')}_input", shape))
        return "Sequential", {"name": config.get("name", "sequential"), "layers": layers}
    nested = nested_names(config["layers"])
    stacks = {layer["name"] for layer in config["layers"] if layer["class_name"] == "Sequential"}
    layers = [
        {**_layer(layer), "name": layer["name"], "inbound_nodes": _nodes(layer["inbound_nodes"], nested)}
        for layer in config["layers"]
    ]
    return "Functional", {
        "name": config.get("name", "model"),
        "layers": layers,
        "input_layers": config["input_layers"],
        "output_layers": [_later(end, stacks) for end in config["output_layers"]],
    }


def _nodes(nodes: Sequence[Sequence[Sequence[Any]]], nested: set[str]) -> list[list[list[Any]]]:
    return [[[*_later(entry, nested), {}] for entry in node] for node in nodes or ()]


def _later(end: Sequence[Any], nested: set[str]) -> list[Any]:
    """Name a tensor [layer, call, tensor]: Keras 3 counts the calls of a nested model from 0, TF.js from 1."""
    return [end[0], end[1] - 1 if end[0] in nested else end[1], end[2]]


def _layer(layer: Mapping[str, Any]) -> Json:
    name, config = layer["class_name"], layer["config"]
    if name in MODELS:
        return _object("keras", *_model(layer))
    if name == "InputLayer":
        return _input(config["name"], config["batch_input_shape"])
    if keras_class(layer) == "Sequential":
        return _object("keras", "Sequential", _steeper_activation(config))
    known = {**_TFJS_DEFAULTS.get(name, {}), **{key: value for key, value in config.items() if value is not None}}
    renamed = {_RENAMED.get(name, {}).get(key, key): value for key, value in known.items()}
    kept = {key: _value(key, value) for key, value in renamed.items() if _is_kept(name, key)}
    _check(name, kept)
    return _object("keras.layers", keras_class(layer), kept)


def _is_kept(class_name: str, key: str) -> bool:
    if class_name == "SpatialDropout1D" and key == "trainable":  # Keras 3 does not take it here
        return False
    return key not in _DROPPED and not key.endswith("_initializer")


def _value(key: str, value: Any) -> Any:
    if key == "layer":
        return _layer(value)
    if key.endswith("activation"):
        name = activation_name(value)
        return _SNAKE.get(name, name)
    for ending, module in (("_regularizer", "keras.regularizers"), ("_constraint", "keras.constraints")):
        if key.endswith(ending) and isinstance(value, Mapping):
            return _object(module, value["class_name"], dict(value["config"]))
    return value


def _steeper_activation(config: Mapping[str, Any]) -> Json:
    name = config["name"]
    steeper = {"name": f"{name}_steeper", "scale": STEEPER, "offset": 0.0}
    return {
        "name": name,
        "layers": [
            _object("keras.layers", "Rescaling", steeper),
            _object("keras.layers", "Activation", {"name": f"{name}_of_keras", "activation": "hard_sigmoid"}),
        ],
    }


def _input(name: str, shape: Sequence[int | None]) -> Json:
    return _object("keras.layers", "InputLayer", {"name": name, "batch_shape": list(shape), "dtype": "float32"})


def _object(module: str, class_name: str, config: Json) -> Json:
    if class_name == "Functional":
        module = "keras.src.models.functional"  # where Keras 3 itself says that it is
    registered = class_name if class_name == "Functional" else None
    return {"module": module, "class_name": class_name, "config": config, "registered_name": registered}


_DIFFERS: Mapping[str, tuple[Callable[[str, Json], bool], str]] = {
    "interpolation": (
        lambda _, config: config["interpolation"] == "bilinear",
        'bilinear enlarging starts from other corners in Keras 3 than in TF.js: use "nearest"',
    ),
    "activation": (
        lambda name, config: (
            config["activation"] == "gelu_new" or (name == "LSTM" and config["activation"] == "hard_sigmoid")
        ),
        "Keras 3 computes this activation otherwise: use another",
    ),
}


def _check(class_name: str, config: Json) -> None:
    for key, (differs, words) in _DIFFERS.items():
        if key in config and differs(class_name, config):
            raise WebNNError(
                "invalid_model",
                f"Layer {config.get('name', '')!r} ({class_name}) cannot be written for Keras: {words} "
                f"({key} is {config[key]!r}). The formats tfjs, safetensors and npz have it.",
            )
