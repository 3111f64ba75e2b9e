"""Which weights a model has: their names in TF.js and their places in Keras files, told from the topology alone.

TF.js and Keras give a layer the same arrays in the same shapes; they differ in how they name and order them. A Keras
file numbers layers by class in the order in which Keras sorts a graph, which is why that order is worked out here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from webnn.model.graph import layers_in_order

Json = dict[str, Any]
MODELS = frozenset(["Sequential", "Functional", "Model"])
RECURRENT = frozenset(["LSTM", "GRU", "SimpleRNN"])
_STATISTICS = ("moving_mean", "moving_variance")
_KERNELS = {
    "Conv1D": ("kernel",),
    "Conv2D": ("kernel",),
    "Conv2DTranspose": ("kernel",),
    "Dense": ("kernel",),
    "DepthwiseConv2D": ("depthwise_kernel",),
    "GRU": ("kernel", "recurrent_kernel"),
    "LSTM": ("kernel", "recurrent_kernel"),
    "SeparableConv2D": ("depthwise_kernel", "pointwise_kernel"),
    "SimpleRNN": ("kernel", "recurrent_kernel"),
}
_OTHERS = {"Embedding": ("embeddings",), "PReLU": ("alpha",)}


@dataclass(frozen=True, slots=True)
class Slot:
    """The weights of one layer that has some.

    `scope`: what TF.js puts before their names; `path`: where they are in a `.keras` file; `top`: the layer of the
    outermost model that they are in; `names`: their own names, in the order that Keras and TF.js both have.
    """

    scope: str
    path: tuple[str, ...]
    top: str
    class_name: str
    config: Mapping[str, Any]
    names: tuple[str, ...]
    trainable: bool

    def trains(self, name: str) -> bool:
        """Whether training changes the weight `name`."""
        return self.trainable and name not in _STATISTICS


@dataclass(frozen=True, slots=True)
class Place:
    """One weight: its name in the flat vector, and the slot's own name of it."""

    name: str
    slot: Slot
    own: str


def weight_slots(topology: Mapping[str, Any]) -> tuple[Slot, ...]:
    """Find the slots of TF.js layers-model JSON (`webnn.model.topology.convert_topology`), in the order of Keras."""
    return tuple(_slots_of_model(topology, (), None, True))


def weight_places(topology: Mapping[str, Any]) -> tuple[Place, ...]:
    """Name a topology's weights in the order of the flat vector, trainable ones first; repeated names are numbered."""
    slots = weight_slots(topology)
    pairs = [(slot, own) for slot in slots for own in slot.names]
    used: dict[str, int] = {}
    places = []
    for slot, own in sorted(pairs, key=lambda pair: not pair[0].trains(pair[1])):
        name = f"{slot.scope}/{own}"
        used[name] = used.get(name, 0) + 1
        places.append(Place(name if used[name] == 1 else f"{name}_{used[name]}", slot, own))
    return tuple(places)


def keras_class(layer: Mapping[str, Any]) -> str:
    """Name the Keras class that stands for a layer in an export."""
    name = layer["class_name"]
    if name == "Activation" and layer["config"].get("activation") in ("hard_sigmoid", "hardSigmoid"):
        return "Sequential"  # see webnn.export.keras_config
    return {"Model": "Functional", "ThresholdedReLU": "ReLU"}.get(name, str(name))


def own_names(class_name: str, config: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the weights of a layer of this class: none for one that has none."""
    if class_name in _KERNELS:
        return (*_KERNELS[class_name], *(["bias"] if config.get("use_bias", True) else []))
    if class_name in ("BatchNormalization", "LayerNormalization"):
        scaled = ["gamma"] if config.get("scale", True) else []
        centred = ["beta"] if config.get("center", True) else []
        return (*scaled, *centred, *(_STATISTICS if class_name == "BatchNormalization" else ()))
    return _OTHERS.get(class_name, ())


def _slots_of_model(
    model: Mapping[str, Any], path: tuple[str, ...], top: str | None, trainable: bool
) -> Iterator[Slot]:
    used: dict[str, int] = {}
    trainable = trainable and model["config"].get("trainable", True) is not False
    for layer in layers_in_order(model):
        place = (*path, "layers", _numbered(_snake(keras_class(layer)), used))
        name = str(layer["config"].get("name") or layer.get("name"))
        yield from _slots_of_layer(layer, name, place, top or name, trainable)


def _slots_of_layer(
    layer: Mapping[str, Any], scope: str, path: tuple[str, ...], top: str, trainable: bool
) -> Iterator[Slot]:
    class_name, config = layer["class_name"], layer["config"]
    if class_name in MODELS:
        yield from _slots_of_model(layer, path, top, trainable)
        return
    trainable = trainable and config.get("trainable", True) is not False
    if class_name == "TimeDistributed":
        yield from _slots_of_layer(config["layer"], scope, (*path, "layer"), top, trainable)
    elif class_name == "Bidirectional":
        inner = config["layer"]
        for direction in ("forward", "backward"):
            inside = f"{scope}/{direction}_{inner['config'].get('name', '')}"
            yield from _slots_of_layer(inner, inside, (*path, f"{direction}_layer"), top, trainable)
    else:
        names = own_names(class_name, config)
        if names:
            place = (*path, "cell") if class_name in RECURRENT else path
            yield Slot(scope, place, top, class_name, config, names, trainable)


def _numbered(name: str, used: dict[str, int]) -> str:
    """Number a repeated name as Keras does: `dense`, `dense_1`."""
    count = used.get(name, -1) + 1
    used[name] = count
    return name if count == 0 else f"{name}_{count}"


def _snake(class_name: str) -> str:
    """Spell a class as Keras names its group: `Conv2DTranspose` is `conv2d_transpose`, `PReLU` `p_re_lu`."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", class_name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
