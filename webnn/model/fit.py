"""Whether a model fits its dataset, as far as that can be told without building it.

The evaluator builds the model and trains one real batch afterwards; what is told here is told in better words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from webnn.core.errors import WebNNError
from webnn.model.definition import ModelDefinition
from webnn.model.layers import LAYERS, LayerKind
from webnn.model.vocabulary import CLASS_LOSSES

_AXES = {1: "a list of numbers [n]", 2: "a sequence [steps, features]", 3: "an image [height, width, channels]"}


def check_fit(definition: ModelDefinition, dataset: Mapping[str, Any]) -> None:
    """Check `definition` against the protocol's `dataset` (`webnn.data.dataset.dataset_description`).

    Raises `WebNNError("invalid_model")`: a loss that the targets do not allow, a layer that
    takes inputs with another number of axes, or a last layer whose units are not the dataset's classes.
    """
    targets = dataset["targets"]
    if targets["kind"] == "values":
        _check_values(definition, dataset)
    if definition.layers is not None:
        shape = _through_layers(definition, dataset)
        _check_output(definition, dataset, shape)


def check_stop(definition: ModelDefinition, dataset: Mapping[str, Any]) -> None:
    """Refuse to stop at an accuracy where there is none, which would be never. Raises `WebNNError("invalid_model")`."""
    if definition.training.stop.accuracy is not None and not has_accuracy(definition.loss, dataset["targets"]):
        _refuse(
            definition,
            f"training.stop.accuracy is {definition.training.stop.accuracy}, but values that are compared by "
            f"{definition.loss} have no accuracy: stop by loss, epochs or seconds.",
        )


def has_accuracy(loss: str, targets: Mapping[str, Any]) -> bool:
    """Whether a model's outputs can be right or wrong: classes, or a chance for each label."""
    return targets["kind"] == "class" or loss.endswith("Crossentropy")


def _refuse(definition: ModelDefinition, message: str) -> NoReturn:
    raise WebNNError("invalid_model", f"{definition.origin}: {message}")


def _check_values(definition: ModelDefinition, dataset: Mapping[str, Any]) -> None:
    """Refuse losses that compare classes, where targets are neither class ids nor rows with a share for each class."""
    one_value = list(dataset["targets"]["shape"]) in ([], [1])
    if definition.loss == "sparseCategoricalCrossentropy" or (definition.loss in CLASS_LOSSES and one_value):
        _refuse(
            definition,
            f'loss is "{definition.loss}", which compares classes, but the targets of {dataset["name"]} are '
            'values: use a loss such as "meanSquaredError", or give 1-D integer class ids as targets.',
        )


def _through_layers(definition: ModelDefinition, dataset: Mapping[str, Any]) -> list[int | None]:
    """Follow the shape of one example through the layers; None where a size is not told here."""
    inputs = dataset["inputs"]
    if len(inputs) != 1:
        _refuse(
            definition,
            f"the dataset {dataset['name']} has {len(inputs)} inputs, and layers make a model with one: write it with "
            " the functional API of Keras or TF.js and give its JSON as topology.",
        )
    shape: list[int | None] = list(inputs[0]["shape"])
    for position, entry in enumerate(definition.layers or ()):
        (name, arguments) = next(iter(entry.items()))
        kind = LAYERS[name]
        if kind.axes is not None and len(shape) != kind.axes:
            first = "the dataset's examples have" if position == 0 else "what comes in here has"
            _refuse(
                definition,
                f"layers[{position}].{name} takes {_AXES[kind.axes]}, but {first} the shape {_shown(shape)}: "
                f"{_advice(kind.axes, shape)}",
            )
        shape = _after(name, kind, arguments, shape)
    return shape


def _after(name: str, kind: LayerKind, arguments: Mapping[str, Any], shape: list[int | None]) -> list[int | None]:
    if kind.keeps_shape:
        return shape
    after: list[int | None]
    match name:
        case "dense":
            after = [*shape[:-1], arguments["units"]]
        case "flatten":
            after = [_product(shape)]
        case "reshape":
            after = [size if size > 0 else None for size in arguments["targetShape"]]
        case "embedding":
            after = [*shape, arguments["outputDim"]]
        case "repeatVector":
            after = [arguments["n"], *shape]
        case "permute":
            after = [shape[axis - 1] if axis <= len(shape) else None for axis in arguments["dims"]]
        case "lstm" | "gru" | "simpleRNN":
            after = [shape[0], arguments["units"]] if arguments.get("returnSequences") else [arguments["units"]]
        case "globalMaxPooling1d" | "globalAveragePooling1d" | "globalMaxPooling2d" | "globalAveragePooling2d":
            after = [shape[-1] if arguments.get("dataFormat") != "channelsFirst" else None]
        case "depthwiseConv2d":
            after = [None] * len(shape)
        case _:
            after = [*[None] * (len(shape) - 1), arguments.get("filters", shape[-1])]
            if arguments.get("dataFormat") == "channelsFirst":
                after = [None] * len(shape)
    return after


def _check_output(definition: ModelDefinition, dataset: Mapping[str, Any], shape: list[int | None]) -> None:
    """Compare the shape of the last layer's output with that of the targets."""
    targets, name = dataset["targets"], dataset["name"]
    wanted = _wanted_output(definition.loss, targets)
    if len(shape) != len(wanted):
        _refuse(
            definition,
            f"the last layer gives the shape {_shown(shape)} for each example, but the targets of {name} want "
            f'{_shown(wanted)}: put {{"flatten": {{}}}} before the last dense layer.',
        )
    last = shape[-1]
    if last is None or wanted[-1] is None or last == wanted[-1]:
        return
    what = f"{wanted[-1]} classes" if targets["kind"] == "class" else f"targets of {wanted[-1]}"
    _refuse(
        definition,
        f"the last layer gives {last} numbers for each example, but the dataset {name} has {what}: give the last layer "
        f"{wanted[-1]} unit{'' if wanted[-1] == 1 else 's'}.",
    )


def _wanted_output(loss: str, targets: Mapping[str, Any]) -> list[int | None]:
    if targets["kind"] == "values":
        return list(targets["shape"]) or [1]
    two_classes = targets["num_classes"] == 2  # one probability is enough for two classes
    return [None if two_classes and loss not in CLASS_LOSSES else targets["num_classes"]]


def _product(shape: list[int | None]) -> int | None:
    product = 1
    for size in shape:
        if size is None:
            return None
        product *= size
    return product


def _shown(shape: list[int | None]) -> str:
    return "[" + ", ".join("?" if size is None else str(size) for size in shape) + "]"


def _advice(axes: int, shape: list[int | None]) -> str:
    if axes == 1:
        return 'put {"flatten": {}} before it.'
    return 'put {"reshape": {"targetShape": [...]}} before it, or give the dataset\'s inputs that shape.'
