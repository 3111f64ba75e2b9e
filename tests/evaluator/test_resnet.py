"""The bundled residual network trains, and its batch-norm statistics merge as averages."""

from __future__ import annotations

import numpy as np
import pytest

from webnn.core.merging import Contribution, make_strategy, merge_into
from webnn.core.merging.base import MergeSpec
from webnn.data import Dataset, Split
from webnn.data.dataset import dataset_description
from webnn.data.shards import encode_split
from webnn.evaluator.evaluator import Evaluator
from webnn.model.definition import load_model
from webnn.paths import bundled_models_dir

pytestmark = [pytest.mark.node, pytest.mark.asyncio(loop_scope="module")]


def images(count: int) -> Split:
    rng = np.random.default_rng(0)
    return Split(rng.integers(0, 256, (count, 32, 32, 3), np.uint8), rng.integers(0, 10, count).astype(np.uint8))


async def test_it_trains_and_its_statistics_are_averaged(evaluator: Evaluator) -> None:
    made = Dataset(
        train=images(16),
        validation=images(16),
        scale=1 / 255,
        label_names=tuple("0123456789"),
        licence="none",
        source="made for a test",
    )
    definition = load_model("cifar10-resnet", [bundled_models_dir()])
    built = await evaluator.build(definition, dict(dataset_description(made, "cifar10")), seed=1)
    report = await evaluator.check(next(encode_split(made.train)))
    assert np.isfinite(report.loss)
    assert report.warnings == ()
    statistics = [spec.name for spec in built.weights if not spec.trainable]
    assert len(statistics) == 2 * 9
    assert all("moving_" in name for name in statistics)
    assert built.frozen == ()

    weights = built.initial.copy()
    payload = built.initial + 1
    update = Contribution(
        lease_id="a",
        volunteer_id="v",
        payload=payload,
        base_iterations=0,
        iterations=30,
        num_examples=300,
        staleness=0,
        whole=False,
    )
    strategy = make_strategy(MergeSpec("weighted"))
    merge_into(strategy, weights, built.num_trainable, [update], 10, strategy.state(built.num_trainable))
    moved = weights - built.initial
    np.testing.assert_allclose(moved[: built.num_trainable], 0.75, rtol=1e-5)  # 30 iterations against 10
    np.testing.assert_allclose(moved[built.num_trainable :], 0.5, rtol=1e-5)  # the mean
