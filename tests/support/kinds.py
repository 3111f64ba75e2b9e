"""Small models that between them hold every layer kind, for tests that take each one through a format."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webnn.data import Dataset, Split
from webnn.data.dataset import dataset_description
from webnn.data.shards import encode_examples
from webnn.model.definition import ModelDefinition, parse_model
from webnn.model.vocabulary import ACTIVATIONS

Layers = list[dict[str, Any]]
IMAGE = (7, 6, 2)
SEQUENCE = (5, 4)
CONV: dict[str, Any] = {"conv2d": {"filters": 3, "kernelSize": 3, "padding": "same"}}
DENSE: dict[str, Any] = {"dense": {"units": 6}}
HEAD: dict[str, Any] = {"dense": {"units": 2}}
PLANES = re.compile(
    "repeat|reshape|conv|crop|zero|up|(max|average)Pool|batchNormalization-of|lstm-of|sep|depth|spatial|permute|dense-of"
)
BATCH_NORM: dict[str, Any] = {"batchNormalization": {}}


@dataclass(frozen=True)
class Kind:
    """A model of one sort, given as `layers` or as a `topology`, and the shape of one example."""

    shape: tuple[int, ...]
    layers: Layers | None = None
    topology: dict[str, Any] | None = None
    gives: tuple[int, ...] = (2,)
    tokens: int | None = None

    def definition(self, name: str) -> ModelDefinition:
        flat = [{"flatten": {}}] if PLANES.match(name) else []
        body = {"topology": self.topology} if self.layers is None else {"layers": [*self.layers, *flat, HEAD]}
        return parse_model({"name": name, "dataset": "made", "loss": "meanSquaredError", **body}, f"{name}.json")

    def inputs(self, count: int = 5) -> NDArray[np.float32]:
        """Return examples [count, ...shape] about 0, or token ids."""
        rng = np.random.default_rng(7)
        if self.tokens is not None:
            return rng.integers(0, self.tokens, (count, *self.shape)).astype(np.float32)
        return rng.normal(0, 1.5, (count, *self.shape)).astype(np.float32)


def _layer(class_name: str, name: str, inbound: list[str] | None = None, **config: Any) -> dict[str, Any]:
    layer: dict[str, Any] = {"class_name": class_name, "config": {"name": name, **config}}
    if inbound is not None:
        layer |= {"name": name, "inbound_nodes": [[[source, 0, 0, {}] for source in inbound]] if inbound else []}
    return layer


def _graph(layers: list[dict[str, Any]], output: str) -> dict[str, Any]:
    ends = {"input_layers": [["image", 0, 0]], "output_layers": [[output, 0, 0]]}
    return {"class_name": "Functional", "config": {"name": "graph", "layers": layers, **ends}}


def _stack(*layers: dict[str, Any], shape: tuple[int, ...]) -> dict[str, Any]:
    first, *rest = layers
    first["config"]["batch_input_shape"] = [None, *shape]
    return {"class_name": "Sequential", "config": {"name": "stack", "layers": [first, *rest]}}


def _conv(name: str, inbound: list[str], filters: int = 3, **config: Any) -> dict[str, Any]:
    return _layer("Conv2D", name, inbound, filters=filters, kernel_size=[3, 3], padding="same", **config)


RESIDUAL = _graph(
    [
        _layer("Activation", "sum_relu", ["sum"], activation="relu"),
        _layer("InputLayer", "image", [], batch_input_shape=[None, *IMAGE]),
        _conv("z_first", ["image"]),
        _layer("BatchNormalization", "norm_z", ["z_first"]),
        _conv("a_second", ["norm_z"]),
        _layer("BatchNormalization", "norm_a", ["a_second"]),
        _conv("m_short", ["image"]),
        _layer("Add", "sum", ["norm_a", "m_short"]),
        _layer("GlobalAveragePooling2D", "pool", ["sum_relu"]),
        _layer("Dense", "out", ["pool"], units=3, activation="softmax"),
    ],
    "out",
)
_INNER = _stack(
    _layer("Dense", "inside", units=4, activation="hard_sigmoid"), _layer("BatchNormalization", "norm"), shape=(8,)
)
_INNER["config"]["name"] = "inner"
_RESIDUAL_INSIDE = json.loads(json.dumps(RESIDUAL))
_RESIDUAL_INSIDE["config"]["name"] = "residual"
_HEAD = json.loads(json.dumps(_INNER))
NESTED_GRAPH = _graph(
    [
        _layer("InputLayer", "image", [], batch_input_shape=[None, *IMAGE]),
        {**_RESIDUAL_INSIDE, "name": "residual", "inbound_nodes": [[["image", 0, 0, {}]]]},
        _layer("Dense", "beside", ["image"], units=2),
        _layer("GlobalMaxPooling2D", "most", ["beside"]),
        {
            **_layer("Concatenate", "both"),
            "name": "both",
            "inbound_nodes": [[["residual", 1, 0, {}], ["most", 0, 0, {}]]],
        },
        _layer("Dense", "out", ["both"], units=3),
    ],
    "out",
)
NESTED_LAST = _graph(
    [
        _layer("InputLayer", "image", [], batch_input_shape=[None, *IMAGE]),
        _layer("GlobalMaxPooling2D", "most", ["image"]),
        _layer("Dense", "wide", ["most"], units=8),
        {**_HEAD, "name": "inner", "inbound_nodes": [[["wide", 0, 0, {}]]]},
    ],
    "inner",
)
NESTED_LAST["config"]["output_layers"] = [["inner", 1, 0]]
_LSTM = _layer("LSTM", "forward_lstm", units=3, return_sequences=True, recurrent_activation="hard_sigmoid")


def _kinds() -> dict[str, Kind]:
    kinds = {
        f"activation-{name}": Kind(
            (8,), [{"dense": {"units": 6, "activation": name}}, {"activation": {"activation": name}}]
        )
        for name in ACTIVATIONS
    }
    for name, arguments in {
        "elu": {}, "leakyReLU": {"alpha": 0.2}, "prelu": {"alphaInitializer": "randomNormal"}, "reLU": {"maxValue": 1},
        "softmax": {}, "thresholdedReLU": {"theta": 0.4}, "layerNormalization": {}, "batchNormalization": {},
        "dropout": {"rate": 0.4}, "alphaDropout": {"rate": 0.2}, "gaussianDropout": {"rate": 0.2},
        "gaussianNoise": {"stddev": 0.2}, "repeatVector": {"n": 3}, "reshape": {"targetShape": [2, 3]},
    }.items():  # fmt: skip
        kinds[name] = Kind((8,), [DENSE, {name: arguments}])
    for name, arguments in {
        "conv2d": {"filters": 4, "kernelSize": [2, 3], "strides": [2, 1], "activation": "hardSigmoid"},
        "conv2dTranspose": {"filters": 3, "kernelSize": 3, "strides": 2, "padding": "same"},
        "separableConv2d": {"filters": 3, "kernelSize": 3, "depthMultiplier": 2, "activation": "hardSigmoid"},
        "depthwiseConv2d": {"kernelSize": 3, "strides": 2, "padding": "same", "depthMultiplier": 2},
        "cropping2D": {"cropping": 1}, "zeroPadding2d": {"padding": [1, 2]}, "upSampling2d": {"size": [2, 3]},
        "maxPooling2d": {"poolSize": 3, "strides": 2, "padding": "same"},
        "averagePooling2d": {"poolSize": 2, "padding": "same"},
        "globalAveragePooling2d": {}, "globalMaxPooling2d": {}, "batchNormalization": {"scale": False}, "flatten": {},
    }.items():  # fmt: skip
        kinds[f"{name}-of-images"] = Kind(IMAGE, [CONV, {name: arguments}])
    for name, arguments in {
        "conv1d": {"filters": 3, "kernelSize": 3, "padding": "same", "useBias": False},
        "maxPooling1d": {"poolSize": 2}, "averagePooling1d": {"poolSize": 2}, "globalAveragePooling1d": {},
        "globalMaxPooling1d": {}, "spatialDropout1d": {"rate": 0.4}, "permute": {"dims": [2, 1]},
        "simpleRNN": {"units": 3, "activation": "hardSigmoid"},
        "lstm": {"units": 3, "returnSequences": True, "goBackwards": True},
        "gru": {"units": 3}, "dense": {"units": 3},
    }.items():  # fmt: skip
        kinds[f"{name}-of-sequences"] = Kind(SEQUENCE, [{"dense": {"units": 3}}, {name: arguments}])
    kinds |= {
        "embedding": Kind((6,), [{"embedding": {"inputDim": 9, "outputDim": 3}}, {"gru": {"units": 2}}], tokens=9),
        "masked": Kind(
            (6,), [{"embedding": {"inputDim": 9, "outputDim": 3, "maskZero": True}}, {"lstm": {"units": 2}}], tokens=9
        ),
        "frozen": Kind(
            (8,),
            [
                {"dense": {"units": 5, "trainable": False}},
                {"batchNormalization": {"trainable": False}},
                DENSE,
                BATCH_NORM,
            ],
        ),
        "residual": Kind(IMAGE, topology=RESIDUAL, gives=(3,)),
        "nested": Kind((8,), topology=_stack(_INNER, _layer("Dense", "out", units=2), shape=(8,))),
        "nested-graph": Kind(IMAGE, topology=NESTED_GRAPH, gives=(3,)),
        "nested-last": Kind(IMAGE, topology=NESTED_LAST, gives=(4,)),
        "bidirectional": Kind(
            SEQUENCE,
            topology=_stack(
                _layer("Bidirectional", "both", layer=_LSTM, merge_mode="concat"),
                _layer("TimeDistributed", "each", layer=_layer("Dense", "inner", units=2)),
                shape=SEQUENCE,
            ),
            gives=(5, 2),
        ),
        "gru-reset-after": Kind(
            SEQUENCE,
            topology=_stack(
                _layer("Bidirectional", "both", layer=_layer("GRU", "gru", units=2, reset_after=True)), shape=SEQUENCE
            ),
            gives=(4,),
        ),
        "masking": Kind(
            SEQUENCE,
            topology=_stack(
                _layer("Masking", "mask", mask_value=0.0),
                _layer("GRU", "gru", units=2, recurrent_activation="sigmoid"),
                shape=SEQUENCE,
            ),
        ),
    }
    return kinds


KINDS = _kinds()


def described(inputs: NDArray[np.float32], gives: tuple[int, ...]) -> tuple[dict[str, Any], bytes]:
    """Return the protocol's description of a dataset of these inputs and targets [*gives], and its one shard."""
    split = Split(inputs, np.zeros((len(inputs), *gives), np.float32))
    dataset = Dataset(train=split, validation=split, licence="none", source="made for a test")
    return dict(dataset_description(dataset, "made")), encode_examples(split, np.arange(len(inputs)))
