"""Models written elsewhere: JSON of tf.keras 2, Keras 3 or TF.js, rewritten so that TF.js 4.22 loads it.

What TF.js takes is the JSON of tf.keras 2: {"class_name": "Sequential" or "Functional", "config": {...}}. Keras 3
differs in how it writes shapes, number formats, the nodes of a graph, and a few names; `docs/models.md` lists what
cannot be taken.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NoReturn

from webnn.core.errors import WebNNError
from webnn.core.words import did_you_mean
from webnn.model.keras import CLASS_NAMES, RENAMED, rewrite_layer_config

Json = dict[str, Any]
Shapes = Sequence[Sequence[int]]
_MAX_DEPTH = 64


def convert_topology(raw: Mapping[str, Any], origin: str, input_shapes: Shapes | None = None) -> Json:
    """Return TF.js layers-model topology {"class_name", "config"} for the JSON of any of these:

    `model.to_json()` of tf.keras 2 or Keras 3, the `model_config` that an H5 file holds, or a TF.js `model.json` (with
    or without `modelTopology` round it). `input_shapes`, those of one example of each of the dataset's inputs, are
    checked against the model's, and fill them in where a Sequential model has none. `raw` is left alone.

    Raises `WebNNError("invalid_model")`, beginning with `origin` and naming the layer, for what is no such model, and
    for layers and options that TF.js does not have.
    """
    model = _unwrapped(raw, origin)
    try:
        rewritten = _Rewriter(origin).model(model, 0)
        if input_shapes is not None:
            _fit_inputs(rewritten, input_shapes, origin)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise WebNNError(
            "invalid_model",
            f"{origin}: this model's JSON is not as Keras or TF.js writes it ({type(error).__name__}: {error}): "
            "export it again with model.to_json().",
        ) from error
    return rewritten


def _unwrapped(raw: Mapping[str, Any], origin: str) -> Mapping[str, Any]:
    """Take off what may stand round a model: a file's other parts, the training configuration, the weights."""
    if raw.get("format") == "graph-model":
        raise WebNNError(
            "invalid_model",
            f"{origin}: this is a TF.js graph model, which cannot be trained: convert the Keras model with "
            "--output_format=tfjs_layers_model.",
        )
    for key in ("modelTopology", "model_config"):
        inner = raw.get(key)
        if isinstance(inner, Mapping):
            raw = inner
    if "class_name" not in raw or "config" not in raw:
        raise WebNNError(
            "invalid_model",
            f'{origin}: this is not the JSON of a layers model: it needs the keys "class_name" and "config", as '
            "model.to_json() of Keras writes them.",
        )
    return raw


class _Rewriter:
    """Rewrites one model's JSON; `origin` begins its errors."""

    def __init__(self, origin: str) -> None:
        self.origin = origin

    def refuse(self, message: str) -> NoReturn:
        raise WebNNError("invalid_model", f"{self.origin}: {message}")

    def model(self, model: Mapping[str, Any], depth: int) -> Json:
        if depth > _MAX_DEPTH:
            self.refuse("models are nested too deep.")
        name, config = model["class_name"], model["config"]
        if name == "Sequential":
            if isinstance(config, list):
                config = {"layers": config}
            layers = [self.layer(layer, depth) for layer in self.layers(config)]
            shape = config.get("build_input_shape")
            if depth > 0 and shape and "batch_input_shape" not in layers[0]["config"] and not _is_model(layers[0]):
                layers[0]["config"]["batch_input_shape"] = list(shape)
            return {"class_name": name, "config": {"name": config.get("name", "sequential"), "layers": layers}}
        if name in ("Functional", "Model"):
            return {"class_name": "Functional", "config": self.graph(config, depth)}
        self.refuse(
            f"{name} is not a model that can be trained here: make it Sequential or functional, not subclassed."
        )

    def layers(self, config: Mapping[str, Any]) -> list[Any]:
        layers = config.get("layers")
        if not isinstance(layers, list) or not layers:
            self.refuse("the model has no layers.")
        return layers

    def graph(self, config: Mapping[str, Any], depth: int) -> Json:
        layers = []
        nested = {layer.get("name"): layer["class_name"] for layer in self.layers(config) if _is_model(layer)}
        stacks = {name for name, kind in nested.items() if kind == "Sequential"} if _is_keras_3(config) else set()
        for layer in self.layers(config):
            rewritten = self.layer(layer, depth)
            name = layer.get("name") or rewritten["config"].get("name")
            if not isinstance(name, str):
                self.refuse(f"a layer of class {rewritten['class_name']} has no name, so the graph cannot be drawn.")
            nodes = [self.node(node, name, nested) for node in layer.get("inbound_nodes", ())]
            layers.append({**rewritten, "name": name, "inbound_nodes": nodes})
        return {
            "name": config.get("name", "model"),
            "layers": layers,
            "input_layers": self.ends(config.get("input_layers"), "input_layers"),
            "output_layers": [
                _from_one(end, stacks) for end in self.ends(config.get("output_layers"), "output_layers")
            ],
        }

    def layer(self, layer: Any, depth: int) -> Json:
        if not isinstance(layer, Mapping) or not isinstance(layer.get("config"), (Mapping, list)):
            self.refuse('a layer is an object with the keys "class_name" and "config".')
        name = layer.get("class_name")
        if name in ("Sequential", "Functional", "Model"):
            return self.model(layer, depth + 1)
        config = layer["config"]
        what = f"layer {config.get('name', '')!r} ({name})"
        name = RENAMED.get(str(name), name)
        if name == "ReLU" and config.get("threshold") and not config.get("max_value"):
            name = "ThresholdedReLU"
            config = {"name": config.get("name"), "theta": config["threshold"]}
        if name not in CLASS_NAMES:
            self.refuse(f"{what} is of a kind that TF.js does not have.{did_you_mean(str(name), CLASS_NAMES)}")
        problem, rewritten = rewrite_layer_config(str(name), config)
        if problem:
            self.refuse(f"{what}: {problem}")
        if "layer" in rewritten:  # TimeDistributed and Bidirectional
            rewritten["layer"] = self.layer(rewritten["layer"], depth + 1)
        return {"class_name": name, "config": rewritten}

    def node(self, node: Any, name: str, nested: Collection[Any]) -> list[Any]:
        """Return one call of a layer as TF.js reads it: [[layer, node, tensor, {}], ...]."""
        if isinstance(node, Mapping):  # Keras 3
            tensors = _tensors(node.get("args"))
            if any(_tensors(value) for value in (node.get("kwargs") or {}).values()):
                self.refuse(f"layer {name!r} is called with tensors as named arguments, which TF.js cannot do.")
            histories = [tensor["config"]["keras_history"] for tensor in tensors]
            return [[*_from_one(history, nested), {}] for history in histories]
        if isinstance(node, list) and node and isinstance(node[0], str):  # one input, not wrapped in a list
            node = [node]
        try:
            return [[entry[0], entry[1], entry[2], _plain(entry[3] if len(entry) > 3 else {})] for entry in node]
        except (TypeError, IndexError, KeyError):
            self.refuse(f"layer {name!r} has inbound_nodes that cannot be read.")

    def ends(self, ends: Any, key: str) -> list[Any]:
        """Return `input_layers` or `output_layers` as a list of [layer, node, tensor]."""
        if isinstance(ends, Mapping):
            ends = list(ends.values())
        if isinstance(ends, list) and ends and isinstance(ends[0], str):
            ends = [ends]
        if not isinstance(ends, list) or not ends:
            self.refuse(f"the model's {key} cannot be read.")
        return [list(end) for end in ends]


def _is_model(layer: Any) -> bool:
    return isinstance(layer, Mapping) and layer.get("class_name") in ("Sequential", "Functional", "Model")


def _is_keras_3(config: Mapping[str, Any]) -> bool:
    """Whether a graph's calls are written as Keras 3 writes them."""
    return any(isinstance(node, Mapping) for layer in config["layers"] for node in layer.get("inbound_nodes") or ())


def _from_one(end: Sequence[Any], nested: Collection[Any]) -> list[Any]:
    """Name a tensor [layer, call, tensor] as TF.js does: the calls of a nested model count from 1, not from 0."""
    return [end[0], end[1] + 1 if end[0] in nested else end[1], end[2]]


def _tensors(value: Any) -> list[Mapping[str, Any]]:
    """Find the tensors in the arguments of a call, in order."""
    if isinstance(value, Mapping):
        if value.get("class_name") == "__keras_tensor__":
            return [value]
        return [tensor for inner in value.values() for tensor in _tensors(inner)]
    if isinstance(value, list):
        return [tensor for inner in value for tensor in _tensors(inner)]
    return []


def _plain(arguments: Any) -> Json:
    """Keep the arguments of a call that say something."""
    return {key: value for key, value in (arguments or {}).items() if value is not None}


def _fit_inputs(model: Json, input_shapes: Shapes, origin: str) -> None:
    """Give a Sequential model without an input shape the dataset's; check the shapes of one that has them."""
    inputs = input_configs(model)
    if len(inputs) != len(input_shapes):
        raise WebNNError(
            "invalid_model",
            f"{origin}: the model has {len(inputs)} inputs and the dataset {len(input_shapes)}: they must be as many.",
        )
    for config, shape in zip(inputs, input_shapes, strict=True):
        given = config.get("batch_input_shape")
        if given is None:
            config["batch_input_shape"] = [None, *shape]
        elif len(given) != len(shape) + 1 or any(a not in (None, b) for a, b in zip(given[1:], shape, strict=True)):
            raise WebNNError(
                "invalid_model",
                f"{origin}: the model's input {config.get('name', '')!r} takes the shape {given[1:]}, but examples of "
                f"the dataset have {list(shape)}: change one of the two.",
            )


def input_configs(model: Json) -> list[Json]:
    """Find the configurations that say what comes in, in the order of the model's inputs."""
    config = model["config"]
    if model["class_name"] == "Sequential":
        first = config["layers"][0]
        return input_configs(first) if first["class_name"] in ("Sequential", "Functional") else [first["config"]]
    by_name = {layer["name"]: layer for layer in config["layers"]}
    return [by_name[end[0]]["config"] for end in config["input_layers"] if end[0] in by_name]
