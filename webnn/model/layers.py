"""The layers that a model file may use, as `tf.layers.*` of TF.js 4.22 takes them: arguments, and axes in and out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from webnn.model.vocabulary import (
    ABOVE_0,
    BOOLEAN,
    COUNT,
    INTEGER,
    NUMBER,
    RATE,
    Schema,
    default,
    reference,
)


@dataclass(frozen=True, slots=True)
class LayerKind:
    """One kind of layer. `arguments`: a schema for each key; `required`: those without a default.

    `axes`: how many axes one example must have on its way in (2 for a sequence, 3 for an image), None for any number;
    `gives`: how many it has on its way out, None for as many as came in (`webnn.model.fit` knows the exceptions).
    `keeps_shape`: the output's shape is the input's.
    """

    arguments: Mapping[str, Schema] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    axes: int | None = None
    gives: int | None = None
    keeps_shape: bool = False


_ACTIVATION = reference("activation")
_INITIALIZER = reference("initializer")
_REGULARIZER = reference("regularizer")
_CONSTRAINT = reference("constraint")
_DATA_FORMAT = reference("dataFormat")
_PADDING = reference("padding")
_LINE = reference("countOrOne")
_PLANE = reference("countOrPair")
_BORDER = reference("border")
_AXIS: Schema = {"anyOf": [INTEGER, {"type": "array", "items": INTEGER, "minItems": 1}]}


def _weights(*names: str, initial: Mapping[str, str]) -> dict[str, Schema]:
    """Return initialiser, regulariser and constraint of each named weight, with TF.js's default initialisers."""
    arguments: dict[str, Schema] = {}
    for name in names:
        arguments[f"{name}Initializer"] = default(_INITIALIZER, initial[name])
        arguments[f"{name}Regularizer"] = _REGULARIZER
        arguments[f"{name}Constraint"] = _CONSTRAINT
    return arguments


_BIAS = {"useBias": default(BOOLEAN, True)}
_ACTIVATED = {"activation": default(_ACTIVATION, "linear")}
_DENSE = {**_ACTIVATED, **_BIAS, **_weights("kernel", "bias", initial={"kernel": "glorotNormal", "bias": "zeros"})}
_DEPTHWISE = {"depthwise": "glorotNormal", "bias": "zeros"}
_SEPARABLE = {"depthwise": "glorotUniform", "pointwise": "glorotUniform", "bias": "zeros"}


def _convolution(size: Schema, weights: Mapping[str, Schema], data_format: bool = True) -> dict[str, Schema]:
    return {
        "kernelSize": size,
        "strides": default(size, 1),
        "padding": default(_PADDING, "valid"),
        **({"dataFormat": default(_DATA_FORMAT, "channelsLast")} if data_format else {}),
        "dilationRate": default(size, 1),
        **_ACTIVATED,
        **_BIAS,
        **weights,
    }


def _pooling(size: Schema, *, plane: bool) -> dict[str, Schema]:
    arguments = {"poolSize": default(size, 2), "strides": size, "padding": default(_PADDING, "valid")}
    return {**arguments, "dataFormat": default(_DATA_FORMAT, "channelsLast")} if plane else arguments


def _recurrent(*, gated: bool) -> dict[str, Schema]:
    return {
        "units": COUNT,
        "activation": default(_ACTIVATION, "tanh"),
        **({"recurrentActivation": default(_ACTIVATION, "hardSigmoid")} if gated else {}),
        **_BIAS,
        **_weights(
            "kernel",
            "recurrent",
            "bias",
            initial={"kernel": "glorotNormal", "recurrent": "orthogonal", "bias": "zeros"},
        ),
        "returnSequences": default(BOOLEAN, False),
        "goBackwards": default(BOOLEAN, False),
        "unroll": default(BOOLEAN, False),
    }


_KERNEL = _weights("kernel", "bias", initial={"kernel": "glorotNormal", "bias": "zeros"})
_IMAGE_SIZE = {"dataFormat": default(_DATA_FORMAT, "channelsLast")}
_NORMALIZED = {
    "epsilon": default(ABOVE_0, 0.001),
    "center": default(BOOLEAN, True),
    "scale": default(BOOLEAN, True),
    "betaInitializer": default(_INITIALIZER, "zeros"),
    "gammaInitializer": default(_INITIALIZER, "ones"),
    "betaRegularizer": _REGULARIZER,
    "gammaRegularizer": _REGULARIZER,
}

LAYERS: Mapping[str, LayerKind] = {
    # dense and embedding
    "dense": LayerKind({"units": COUNT, **_DENSE}, ("units",)),
    "embedding": LayerKind(
        {
            "inputDim": COUNT,
            "outputDim": COUNT,
            **_weights("embeddings", initial={"embeddings": "randomUniform"}),
            "maskZero": default(BOOLEAN, False),
        },
        ("inputDim", "outputDim"),
    ),
    # convolutions
    "conv1d": LayerKind(
        {"filters": COUNT, **_convolution(_LINE, _KERNEL, data_format=False)}, ("filters", "kernelSize"), 2
    ),
    "conv2d": LayerKind({"filters": COUNT, **_convolution(_PLANE, _KERNEL)}, ("filters", "kernelSize"), 3),
    "conv2dTranspose": LayerKind({"filters": COUNT, **_convolution(_PLANE, _KERNEL)}, ("filters", "kernelSize"), 3),
    "separableConv2d": LayerKind(
        {
            "filters": COUNT,
            "depthMultiplier": default(COUNT, 1),
            **_convolution(_PLANE, _weights("depthwise", "pointwise", "bias", initial=_SEPARABLE)),
        },
        ("filters", "kernelSize"),
        3,
    ),
    "depthwiseConv2d": LayerKind(
        {
            "depthMultiplier": default(COUNT, 1),
            **_convolution(_PLANE, _weights("depthwise", "bias", initial=_DEPTHWISE)),
        },
        ("kernelSize",),
        3,
    ),
    # pooling
    "maxPooling1d": LayerKind(_pooling(_LINE, plane=False), axes=2),
    "averagePooling1d": LayerKind(_pooling(_LINE, plane=False), axes=2),
    "maxPooling2d": LayerKind(_pooling(_PLANE, plane=True), axes=3),
    "averagePooling2d": LayerKind(_pooling(_PLANE, plane=True), axes=3),
    "globalMaxPooling1d": LayerKind(axes=2, gives=1),
    "globalAveragePooling1d": LayerKind(axes=2, gives=1),
    "globalMaxPooling2d": LayerKind(_IMAGE_SIZE, axes=3, gives=1),
    "globalAveragePooling2d": LayerKind(_IMAGE_SIZE, axes=3, gives=1),
    # shape
    "flatten": LayerKind(_IMAGE_SIZE, gives=1),
    "reshape": LayerKind({"targetShape": {"type": "array", "items": INTEGER, "minItems": 1}}, ("targetShape",)),
    "permute": LayerKind({"dims": {"type": "array", "items": COUNT, "minItems": 1}}, ("dims",)),
    "repeatVector": LayerKind({"n": COUNT}, ("n",), 1, 2),
    "zeroPadding2d": LayerKind({"padding": default(_BORDER, 1), **_IMAGE_SIZE}, axes=3),
    "cropping2D": LayerKind({"cropping": _BORDER, **_IMAGE_SIZE}, ("cropping",), 3),
    "upSampling2d": LayerKind(
        {
            "size": default({"type": "array", "items": COUNT, "minItems": 2, "maxItems": 2}, [2, 2]),
            "interpolation": default({"type": "string", "enum": ["nearest", "bilinear"]}, "nearest"),
            **_IMAGE_SIZE,
        },
        axes=3,
    ),
    # activations
    "activation": LayerKind({"activation": _ACTIVATION}, ("activation",), keeps_shape=True),
    "elu": LayerKind(keeps_shape=True),
    "leakyReLU": LayerKind({"alpha": default(NUMBER, 0.3)}, keeps_shape=True),
    "prelu": LayerKind(
        {**_weights("alpha", initial={"alpha": "zeros"}), "sharedAxes": _AXIS},
        keeps_shape=True,
    ),
    "reLU": LayerKind({"maxValue": ABOVE_0}, keeps_shape=True),
    "softmax": LayerKind({"axis": default(_AXIS, 1)}, keeps_shape=True),
    "thresholdedReLU": LayerKind({"theta": default(NUMBER, 1)}, keeps_shape=True),
    # noise
    "dropout": LayerKind({"rate": RATE, "noiseShape": {"type": "array", "items": COUNT}}, ("rate",), keeps_shape=True),
    "spatialDropout1d": LayerKind({"rate": RATE}, ("rate",), 2, keeps_shape=True),
    "gaussianNoise": LayerKind({"stddev": ABOVE_0}, ("stddev",), keeps_shape=True),
    "gaussianDropout": LayerKind({"rate": RATE}, ("rate",), keeps_shape=True),
    "alphaDropout": LayerKind({"rate": RATE}, ("rate",), keeps_shape=True),
    # normalisation
    "batchNormalization": LayerKind(
        {
            "axis": default(INTEGER, -1),
            "momentum": default(RATE, 0.99),
            **_NORMALIZED,
            "movingMeanInitializer": default(_INITIALIZER, "zeros"),
            "movingVarianceInitializer": default(_INITIALIZER, "ones"),
            "betaConstraint": _CONSTRAINT,
            "gammaConstraint": _CONSTRAINT,
        },
        keeps_shape=True,
    ),
    "layerNormalization": LayerKind({"axis": default(_AXIS, -1), **_NORMALIZED}, keeps_shape=True),
    # recurrent
    "simpleRNN": LayerKind(_recurrent(gated=False), ("units",), 2, 1),
    "gru": LayerKind(_recurrent(gated=True), ("units",), 2, 1),
    "lstm": LayerKind({**_recurrent(gated=True), "unitForgetBias": default(BOOLEAN, True)}, ("units",), 2, 1),
}

REFUSED: Mapping[str, str] = {
    "inputShape": "The input shape comes from the dataset",
    "batchInputShape": "The input shape comes from the dataset",
    "inputDim": "The input shape comes from the dataset",
    "batchSize": "The batch size stands under training.batchSize",
    "dtype": "Models are trained in float32",
    "seed": "Dropout masks are drawn from the seed of each lease",
    "recurrentDropout": "Masks inside recurrent layers cannot be drawn again for a lease; put a dropout layer before",
    "stateful": "Examples come in random order, so no state is kept between batches",
}
"""Layer arguments of TF.js that have no place here, and why; for an error's sentence."""


def layer_schema(kind: LayerKind) -> Schema:
    """Describe the arguments of one kind of layer as JSON Schema."""
    common: dict[str, Schema] = {"name": {"type": "string", "minLength": 1}, "trainable": default(BOOLEAN, True)}
    schema: Schema = {
        "type": "object",
        "properties": {**kind.arguments, **common},
        "additionalProperties": False,
    }
    return {**schema, "required": list(kind.required)} if kind.required else schema
