"""What the evaluator answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod

from webnn.core.events import Vector


@dataclass(frozen=True, slots=True)
class WeightSpec:
    """One named array of the flat vector."""

    name: str
    shape: tuple[int, ...]
    trainable: bool

    @property
    def size(self) -> int:
        return prod(self.shape)


@dataclass(frozen=True, slots=True)
class LayerSummary:
    """One layer as a person reads it; None in `output_shape` is the number of examples."""

    name: str
    class_name: str
    output_shape: tuple[int | None, ...]
    parameters: int


@dataclass(frozen=True, slots=True)
class BuiltModel:
    """A model that TF.js built. `weights` are in the order of the flat vector: trainable ones first.

    `topology` is TF.js layers-model JSON; `config` is the `model` of the protocol's `welcome`; `initial` has
    `num_weights` float32 numbers and must not be written to.
    """

    topology: Mapping[str, object]
    weights: tuple[WeightSpec, ...]
    num_weights: int
    num_trainable: int
    layers: tuple[LayerSummary, ...]
    config: Mapping[str, object]
    initial: Vector = field(compare=False, repr=False)

    @property
    def frozen(self) -> tuple[tuple[int, int], ...]:
        """The spans [start, end) of weights that stay as they are: not trainable, and no moving statistics; those of
        a frozen batch normalisation are.
        """
        frozen_norms = {
            spec.name.rpartition("/")[0]
            for spec in self.weights
            if not spec.trainable and spec.name.rpartition("/")[2] in ("gamma", "beta")
        }
        spans, start = [], 0
        for spec in self.weights:
            layer, _, own = spec.name.rpartition("/")
            if not spec.trainable and (not own.startswith("moving_") or layer in frozen_norms):
                spans.append((start, start + spec.size))
            start += spec.size
        return tuple(spans)


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What one training step on a real batch showed.

    `memory_bytes` estimates what a device needs at most to train (weights, gradients, optimiser state, activations);
    `seconds_per_step` is measured here, on one thread of wasm, after a first step that is not counted.
    `warnings` are sentences about what will train but looks like a slip.
    """

    parameters: int
    memory_bytes: int
    seconds_per_step: float
    loss: float
    warnings: tuple[str, ...] = ()
