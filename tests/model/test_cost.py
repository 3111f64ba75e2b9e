"""The cost of a model is what its shapes say."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from webnn.model.cost import estimate_cost
from webnn.model.vocabulary import OPTIMIZERS


@dataclass(frozen=True)
class Weight:
    shape: tuple[int, ...]
    trainable: bool = True


@dataclass(frozen=True)
class Layer:
    output_shape: tuple[int | None, ...]


WEIGHTS = [Weight((10, 20)), Weight((20,)), Weight((20,), trainable=False)]
LAYERS = [Layer((None, 4, 5)), Layer((None, 20))]


def test_a_small_model_by_hand() -> None:
    cost = estimate_cost(
        WEIGHTS, LAYERS, batch_size=8, optimizer="adam", example_bytes=10, examples_per_lease=100, upload="int8"
    )
    assert (cost.parameters, cost.trainable) == (240, 220)
    assert (cost.weight_bytes, cost.gradient_bytes, cost.optimizer_bytes) == (960, 880, 1760)
    assert cost.activation_bytes == 4 * 8 * 40
    assert cost.memory_bytes == 960 + 880 + 1760 + 1280 + 3 * 960
    assert (cost.download_bytes, cost.upload_bytes, cost.shard_bytes) == (480, 240, 1000)
    assert cost.lease_bytes == 1720


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimiser_is_known(optimizer: str) -> None:
    assert estimate_cost(WEIGHTS, LAYERS, batch_size=1, optimizer=optimizer).optimizer_bytes % (4 * 220) == 0
