"""A model that was built before need not be built again before the server answers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from webnn.evaluator.results import BuiltModel, LayerSummary, WeightSpec
from webnn.server.rebuilding import NAME, keep_built, known_built
from webnn.store.checkpoint import write_checkpoint

BUILT = BuiltModel(
    topology={"class_name": "Sequential"},
    weights=(WeightSpec("dense/kernel", (2, 3), True), WeightSpec("norm/mean", (3,), False)),
    num_weights=9,
    num_trainable=6,
    layers=(LayerSummary("dense", "Dense", (None, 3), 6),),
    config={"name": "x", "num_weights": 9},
    initial=np.ones(9, np.float32),
)


def test_built_model_comes_back_without_its_initial_weights(tmp_path: Path) -> None:
    keep_built(tmp_path, BUILT, "request")
    write_checkpoint(tmp_path / "checkpoint", np.ones(9, np.float32), {}, {"version": 1})
    again = known_built(tmp_path, "request", "checkpoint")
    assert again == BUILT
    assert again is not None
    assert again.initial.tolist() == [0] * 9


def test_another_request_or_version_or_a_run_without_checkpoints_is_built_again(tmp_path: Path) -> None:
    assert known_built(tmp_path, "request", "checkpoint") is None
    keep_built(tmp_path, BUILT, "request")
    assert known_built(tmp_path, "request", "checkpoint") is None
    write_checkpoint(tmp_path / "checkpoint", np.ones(9, np.float32), {}, {"version": 1})
    assert known_built(tmp_path, "request", "checkpoint") is not None
    assert known_built(tmp_path, "another", "checkpoint") is None
    kept = json.loads((tmp_path / NAME).read_text())
    (tmp_path / NAME).write_text(json.dumps({**kept, "webnn": "0.0.0"}))
    assert known_built(tmp_path, "request", "checkpoint") is None
    (tmp_path / NAME).write_text("{")
    assert known_built(tmp_path, "request", "checkpoint") is None
