"""Every merge rule in several settings, and contributions to feed them with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis.strategies import SearchStrategy

from tests.core.merging import twins
from tests.core.merging.twins import (
    auto,
    average,
    copy,
    dc_asgd,
    diloco,
    diloco_async,
    downpour,
    fedasync,
    fedavg,
    fedbuff,
    mimic,
    sync_sgd,
    weighted,
)
from webnn.core.events import Vector
from webnn.core.merging import Contribution, MergeSpec, Strategy, make_strategy
from webnn.core.metrics import Validation


def for_any(**drawn: SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Draw examples as hypothesis does, but few: there are many rules."""

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        return settings(max_examples=20, deadline=None)(given(**drawn)(test))

    return decorate


Twin = Callable[[list[float], list[twins.Update], dict[str, Any], int, dict[str, Any]], list[float]]

TWINS: dict[str, Twin] = {
    "auto": auto.merge,
    "average": average.merge,
    "weighted": weighted.merge,
    "mimic": mimic.merge,
    "copy": copy.merge,
    "fedavg": fedavg.merge,
    "sync-sgd": sync_sgd.merge,
    "downpour": downpour.merge,
    "dc-asgd": dc_asgd.merge,
    "fedasync": fedasync.merge,
    "fedbuff": fedbuff.merge,
    "diloco": diloco.merge,
    "diloco-async": diloco_async.merge,
}


@dataclass(frozen=True)
class Case:
    """A rule with options."""

    name: str
    options: dict[str, object]

    def make(self) -> Strategy:
        return make_strategy(MergeSpec(self.name, self.options))

    def __str__(self) -> str:
        return "-".join([self.name, *(f"{key}={value}" for key, value in self.options.items())])


CASES = [
    *(Case(name, {}) for name in TWINS),
    *(Case(name, {"at": "peer"}) for name in ("average", "weighted", "mimic", "copy")),
    Case("mimic", {"form": "code"}),
    Case("mimic", {"form": "printed"}),
    Case("copy", {"by": "accuracy"}),
    Case("sync-sgd", {"momentum": 0.9, "learningRate": 0.05, "quorum": 3, "backup": 1}),
    Case("downpour", {"optimizer": "sgd"}),
    Case("downpour", {"nPush": 2, "nFetch": 6}),
    Case("downpour", {"learningRate": 0.3, "initialAccumulator": 1.5}),
    Case("dc-asgd", {"form": "constant"}),
    Case("dc-asgd", {"form": "constant", "lambda": 1, "learningRate": 0.2}),
    Case("dc-asgd", {"decay": 0, "lambda": 0.5}),
    Case("fedasync", {"staleness": "hinge", "alpha": 1, "b": 1}),
    Case("fedasync", {"staleness": "constant", "alpha": 0.3}),
    Case("fedbuff", {"momentum": 0.5, "rate": 0.7, "staleness": "hinge", "a": 2}),
    Case("diloco", {"rate": 1, "momentum": 0}),
    Case("diloco-async", {"size": 2, "activation": 0.5}),
    Case("diloco-async", {"size": 1, "momentum": 0.5}),
]


def random_vector(rng: np.random.Generator, length: int, scale: float = 1.0) -> Vector:
    return (scale * rng.standard_normal(length)).astype(np.float32)


def random_contribution(rng: np.random.Generator, length: int, scale: float = 1.0) -> Contribution:
    """Draw one; no two have the same appraisal."""
    staleness = int(rng.integers(0, 12))
    return Contribution(
        lease_id=f"lease-{rng.integers(2**40)}",
        volunteer_id=f"volunteer-{rng.integers(8)}",
        payload=random_vector(rng, length, scale),
        base_iterations=int(rng.integers(0, 100)),
        iterations=int(rng.integers(1, 20)),
        num_examples=int(rng.integers(1, 1000)),
        staleness=staleness,
        whole=False,
        base_version=20 - staleness,
        learning_rate=float(rng.uniform(0.01, 0.2)),
        base=random_vector(rng, length, scale),
        appraisal=Validation(float(rng.uniform(0, 3)), float(rng.uniform(0, 1)), 100),
    )


def update_of(contribution: Contribution, num_trainable: int) -> twins.Update:
    assert contribution.base is not None
    assert contribution.appraisal is not None
    return twins.Update(
        payload=contribution.payload[:num_trainable].tolist(),
        base=contribution.base[:num_trainable].tolist(),
        p=contribution.position,
        iterations=contribution.iterations,
        num_examples=contribution.num_examples,
        staleness=contribution.staleness,
        rate=contribution.learning_rate,
        loss=contribution.appraisal.loss,
        accuracy=contribution.appraisal.accuracy,
    )


def with_payload(contribution: Contribution, payload: Sequence[float]) -> Contribution:
    return replace(contribution, payload=np.array(payload, np.float32))
