"""The two hard sigmoids: clip(0.2 x + 0.5, 0, 1) in TF.js and Keras 2, clip(x / 6 + 0.5, 0, 1) in Keras 3.

The second of 1.2 x is the first of x, so that a model keeps its predictions where the weights before one are scaled.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webnn.core.errors import WebNNError
from webnn.model.keras import activation_name
from webnn.model.slots import Slot

Json = dict[str, Any]
STEEPER = 1.2
"""From TF.js to Keras 3."""
FLATTER = 1 / STEEPER
"""From Keras 3 to TF.js."""
_GATES = {"LSTM": (True, True, False, True), "GRU": (True, True, False)}
"""Which blocks of a recurrent layer's columns go through `recurrent_activation`."""


def is_hard(activation: Any) -> bool:
    """Whether an activation, in any spelling, is a hard sigmoid."""
    return activation_name(activation) in ("hard_sigmoid", "hardSigmoid")


def steepened(array: NDArray[np.float32], slot: Slot, own: str, factor: float) -> NDArray[np.float32]:
    """Multiply what goes into a hard sigmoid by `factor`: the last weights before it, or some gates of a recurrent
    layer. Other weights are returned as they are.
    """
    config, gates = slot.config, _GATES.get(slot.class_name, (False,))
    if not own.endswith(("kernel", "bias")):
        return array
    plain = is_hard(config.get("activation"))
    gated = is_hard(config.get("recurrent_activation", "hard_sigmoid")) and slot.class_name in _GATES
    if not (plain or gated) or (slot.class_name == "SeparableConv2D" and own == "depthwise_kernel"):
        return array
    factors = [factor if (gated if gate else plain) else 1.0 for gate in gates]
    return array * np.repeat(np.asarray(factors, np.float32), array.shape[-1] // len(factors))


def flattened(topology: Json, origin: str) -> Json:
    """Put a scaling before the hard sigmoids of Keras 3 that are layers of their own, so that TF.js computes the same.

    Raises `WebNNError("invalid_model")` for those that cannot be met by that: in a graph, and as the activation of an
    LSTM, which is used twice.
    """
    config = topology["config"]
    layers: list[Json] = []
    for layer in config["layers"]:
        class_name, inside = layer["class_name"], layer["config"]
        if class_name in ("Sequential", "Functional"):
            layers.append({**layer, **flattened(layer, origin)})
            continue
        hard = is_hard(inside.get("activation"))
        if hard and (class_name == "LSTM" or (class_name == "Activation" and topology["class_name"] != "Sequential")):
            raise WebNNError(
                "invalid_model",
                f"{origin}: layer {inside.get('name', '')!r} ({class_name}) uses the hard sigmoid of Keras 3, which "
                "TF.js computes with another slope: use sigmoid, or put it into the layer before.",
            )
        if hard and class_name == "Activation":
            layers.append(_scaling(inside))
        layers.append(layer)
    return {**topology, "config": {**config, "layers": layers}}


def _scaling(activation: Mapping[str, Any]) -> Json:
    return {
        "class_name": "Rescaling",
        "config": {"name": f"{activation.get('name', 'hard')}_flatter", "scale": FLATTER, "offset": 0.0},
    }
