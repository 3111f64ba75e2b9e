"""What a model costs a device that trains it: parameters, memory, bytes on the wire, told from its shapes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

BYTES_PER_NUMBER: Mapping[str, float] = {"f32": 4, "f16": 2, "int8": 1}
"""On the wire, by the encoding of `docs/protocol.md`; the scales of int8 are not counted."""
_SLOTS: Mapping[str, float] = {
    "sgd": 0,
    "momentum": 1,
    "adagrad": 1,
    "muon": 1,
    "adadelta": 2,
    "adam": 2,
    "adamax": 2,
    "rmsprop": 2,
}
"""Numbers that an optimiser keeps for each trained weight; `rmsprop` with `centered` has one more."""
_HELD_COPIES = 3
"""Of the flat vector beside the backend's own: what a lease started from, its result, and that on the wire."""


class Weight(Protocol):
    """One weight of a built model."""

    @property
    def shape(self) -> Sequence[int]: ...

    @property
    def trainable(self) -> bool: ...


class Layer(Protocol):
    """One layer of a built model; None in `output_shape` is the number of examples."""

    @property
    def output_shape(self) -> Sequence[int | None]: ...


@dataclass(frozen=True, slots=True)
class Cost:
    """What a volunteer's device needs. Counts of float32 numbers, and bytes.

    `gradient_bytes` and `optimizer_bytes` are for the trained weights; `activation_bytes` for one batch, each layer's
    output being kept until the way back. `download_bytes` and `upload_bytes` are those of one lease's weights;
    `shard_bytes` of its examples, which a device fetches once and keeps.
    """

    parameters: int
    trainable: int
    weight_bytes: int
    gradient_bytes: int
    optimizer_bytes: int
    activation_bytes: int
    held_bytes: int
    download_bytes: int
    upload_bytes: int
    shard_bytes: int

    @property
    def memory_bytes(self) -> int:
        """At most, while a batch is trained; a GPU's padding and a browser itself come on top."""
        parts = (self.weight_bytes, self.gradient_bytes, self.optimizer_bytes, self.activation_bytes, self.held_bytes)
        return sum(parts)

    @property
    def lease_bytes(self) -> int:
        """What one lease moves both ways, when its examples are new to the device."""
        return self.download_bytes + self.upload_bytes + self.shard_bytes


def estimate_cost(
    weights: Sequence[Weight],
    layers: Sequence[Layer],
    *,
    batch_size: int,
    optimizer: str,
    example_bytes: int = 0,
    examples_per_lease: int = 0,
    download: str = "f16",
    upload: str = "f16",
) -> Cost:
    """Estimate what training takes: `weights` and `layers` are those of `webnn.evaluator.results.BuiltModel`.

    `optimizer` is a name of `webnn.model.vocabulary.OPTIMIZERS`; `example_bytes` those of one example as stored;
    `download` and `upload` are encodings, a key of BYTES_PER_NUMBER. Raises `KeyError` for unknown names.
    """
    sizes = [(math.prod(weight.shape), weight.trainable) for weight in weights]
    parameters = sum(size for size, _ in sizes)
    trainable = sum(size for size, trains in sizes if trains)
    outputs = sum(math.prod(size for size in layer.output_shape[1:] if size) for layer in layers)
    return Cost(
        parameters=parameters,
        trainable=trainable,
        weight_bytes=4 * parameters,
        gradient_bytes=4 * trainable,
        optimizer_bytes=int(4 * _SLOTS[optimizer] * trainable),
        activation_bytes=4 * batch_size * outputs,
        held_bytes=4 * _HELD_COPIES * parameters,
        download_bytes=int(BYTES_PER_NUMBER[download] * parameters),
        upload_bytes=int(BYTES_PER_NUMBER[upload] * parameters),
        shard_bytes=example_bytes * examples_per_lease,
    )
