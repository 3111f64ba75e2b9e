"""The small print of Keras layer configurations: what TF.js 4.22 calls otherwise, and what it does not have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Json = dict[str, Any]

CLASS_NAMES = frozenset(
    [
        "Activation",
        "Add",
        "AlphaDropout",
        "Average",
        "AveragePooling1D",
        "AveragePooling2D",
        "BatchNormalization",
        "Bidirectional",
        "Concatenate",
        "Conv1D",
        "Conv2D",
        "Conv2DTranspose",
        "Cropping2D",
        "Dense",
        "DepthwiseConv2D",
        "Dot",
        "Dropout",
        "ELU",
        "Embedding",
        "Flatten",
        "GRU",
        "GaussianDropout",
        "GaussianNoise",
        "GlobalAveragePooling1D",
        "GlobalAveragePooling2D",
        "GlobalMaxPooling1D",
        "GlobalMaxPooling2D",
        "InputLayer",
        "LSTM",
        "LayerNormalization",
        "LeakyReLU",
        "Masking",
        "MaxPooling1D",
        "MaxPooling2D",
        "Maximum",
        "Minimum",
        "Multiply",
        "PReLU",
        "Permute",
        "ReLU",
        "RepeatVector",
        "Rescaling",
        "Reshape",
        "SeparableConv2D",
        "SimpleRNN",
        "Softmax",
        "SpatialDropout1D",
        "ThresholdedReLU",
        "TimeDistributed",
        "UpSampling2D",
        "ZeroPadding2D",
    ]
)
"""Layer classes of TF.js that can be trained."""

RENAMED = {"BatchNormalizationV1": "BatchNormalization", "BatchNormalizationV2": "BatchNormalization"}

_ACTIVATIONS = {"silu": "swish"}
_TFJS_ACTIVATIONS = frozenset(
    [
        "elu",
        "relu",
        "selu",
        "relu6",
        "linear",
        "sigmoid",
        "hard_sigmoid",
        "softplus",
        "softsign",
        "tanh",
        "softmax",
        "log_softmax",
        "swish",
        "mish",
        "gelu",
        "gelu_new",
        "hardSigmoid",
        "logSoftmax",
    ]
)
_INITIALIZERS = {
    "LecunNormal": "LeCunNormal",
    "LecunUniform": "LeCunUniform",
    "IdentityInitializer": "Identity",
    "OrthogonalInitializer": "Orthogonal",
}
_DROPPED = frozenset(
    [
        "batch_shape",
        "build_input_shape",
        "dtype",
        "keras_version",
        "module",
        "optional",
        "quantization_config",
        "ragged",
        "registered_name",
        "renorm_clipping",
        "shared_object_id",
        "sparse",
        "zero_output_for_mask",
        "backward_layer",
    ]
)


def rewrite_layer_config(class_name: str, config: Mapping[str, Any]) -> tuple[str | None, Json]:
    """Return (what TF.js cannot do, or None; the configuration as TF.js wants it)."""
    rewritten = {key: _value(key, value) for key, value in config.items() if key not in _DROPPED}
    shape = config.get("batch_input_shape", config.get("batch_shape"))
    if shape is not None:
        rewritten["batch_input_shape"] = list(shape)
    if isinstance(rewritten.get("axis"), list) and len(rewritten["axis"]) == 1:
        rewritten["axis"] = rewritten["axis"][0]
    if class_name == "LeakyReLU" and "negative_slope" in rewritten:
        rewritten["alpha"] = rewritten.pop("negative_slope")
    return _problem(class_name, rewritten), rewritten


def activation_name(value: Any) -> Any:
    """Return an activation's plain TF.js name, where Keras 3 may write an object round it."""
    if isinstance(value, Mapping):
        inner = value.get("config")
        value = inner if isinstance(inner, str) else value.get("class_name")
    return _ACTIVATIONS.get(value, value) if isinstance(value, str) else value


def _value(key: str, value: Any) -> Any:
    if key.endswith("activation"):
        return activation_name(value)
    if key == "layer":
        return value
    if isinstance(value, Mapping) and "class_name" in value:
        return _object(value)
    return value


def _object(value: Mapping[str, Any]) -> Json:
    """Rewrite an initialiser, regulariser or constraint."""
    name, config = value["class_name"], dict(value.get("config") or {})
    if name in ("L1", "L2"):
        strength = float(config.get(name.lower(), 0.01))
        return {"class_name": "L1L2", "config": {"l1": 0.0, "l2": 0.0, name.lower(): strength}}
    if name == "VarianceScaling" and config.get("distribution") == "untruncated_normal":
        config["distribution"] = "normal"
    kept = {key: inner for key, inner in config.items() if key not in _DROPPED and not key.endswith("_axes")}
    return {"class_name": _INITIALIZERS.get(name, name), "config": kept}


_NO_GROUPS = "TF.js has no grouped convolutions"
_CHECKS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "groups": (lambda value: value in (None, 1), _NO_GROUPS),
    "keepdims": (lambda value: not value, "TF.js cannot keep the pooled axes: use a Reshape layer"),
    "rms_scaling": (lambda value: not value, "TF.js has no RMS scaling"),
    "renorm": (lambda value: not value, "TF.js has no batch renormalisation"),
    "threshold": (lambda value: not value, "TF.js has no ReLU with a threshold and a largest value"),
    "negative_slope": (lambda value: not value, "TF.js has no ReLU with a negative slope: use LeakyReLU"),
    "stateful": (lambda value: not value, "examples come in random order, so no state can be kept: stateful=False"),
    "noise_shape": (lambda value: value is None, "a noise_shape is not supported"),
}


def _problem(class_name: str, config: Mapping[str, Any]) -> str | None:
    for key, (accepted, message) in _CHECKS.items():
        if key in config and not accepted(config[key]):
            return f"{message} ({key} is {config[key]!r})."
    for key, value in config.items():
        if key.endswith("activation") and value is not None and value not in _TFJS_ACTIVATIONS:
            return f"the activation {value!r} is not one of TF.js's."
    return None
