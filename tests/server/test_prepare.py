"""From a model file to exported files, with the real evaluator and a real headless volunteer."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from webnn.core.errors import WebNNError
from webnn.data import Preparation
from webnn.evaluator.worker import WorkerPool
from webnn.model import ModelDefinition, apply_settings, load_model
from webnn.paths import bundled_datasets_dir, bundled_models_dir
from webnn.server.config import ServerConfig
from webnn.server.prepare import PrepareRequest, Step, prepare_run
from webnn.server.service import TrainingServer
from webnn.store.checkpoint import read_checkpoint


def _request(tmp_path: Path, definition: ModelDefinition) -> PrepareRequest:
    return PrepareRequest(definition, [tmp_path, bundled_datasets_dir()], tmp_path / "data", tmp_path / "runs", seed=5)


@pytest.mark.node
async def test_run_is_prepared_trained_by_a_worker_and_saved(tmp_path: Path) -> None:
    definition = apply_settings(
        load_model("digits-mlp", [bundled_models_dir()]),
        ['training.stop={"iterations": 60}', "training.leaseSeconds=0.2", "validation.everySeconds=0.2"],
    )
    told: list[object] = []
    prepared = await prepare_run(_request(tmp_path, definition), told.append)
    assert any(isinstance(step, Step) and "digits" in step.message for step in told)
    config = json.loads((prepared.folder / "config.json").read_text())
    assert (config["seed"], config["model"]["name"]) == (5, "digits-mlp")
    async with (
        TrainingServer(prepared, ServerConfig(tmp_path / "runs", port=0)) as server,
        WorkerPool(server.listening.join_url, 1),
    ):
        finished = await asyncio.wait_for(server.wait_finished(), 60)
    assert finished.iterations >= 60
    assert finished.accuracy is not None
    assert finished.accuracy > 0.5
    assert finished.export == prepared.folder
    names = {path.relative_to(prepared.folder).as_posix() for path in prepared.folder.rglob("*") if path.is_file()}
    assert {"final.safetensors", "best.safetensors", "final/model.json", "metrics.csv", "README.md"} <= names
    final = server.run_task.current
    arrays = load_file(prepared.folder / "final.safetensors")
    assert sum(array.size for array in arrays.values()) == len(final.weights)
    checkpoint = read_checkpoint(prepared.folder / "checkpoint")
    assert checkpoint is not None
    np.testing.assert_array_equal(checkpoint.weights, final.weights)
    assert checkpoint.manifest["version"] == final.version


async def test_dataset_that_raises_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def load(options, data_dir):\n    raise KeyError('x')\n")
    definition = replace(load_model("digits-mlp", [bundled_models_dir()]), dataset="broken")
    with pytest.raises(WebNNError, match=r"broken\.py, line 2") as refused:
        await prepare_run(_request(tmp_path, definition))
    assert refused.value.code == "invalid_dataset"
    assert not (tmp_path / "runs").exists()


def _line(tmp_path: Path) -> ModelDefinition:
    """A regression on a table that stands beside its model file, whitened."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 2)) * (1, 20) + (5, -40)
    y = 3 * x[:, 0] - 0.1 * x[:, 1] + 2
    rows = "\n".join(f"{a},{b},{c}" for (a, b), c in zip(x, y, strict=True))
    (tmp_path / "line.csv").write_text(f"a,b,y\n{rows}\n")
    raw = {
        "dataset": {"csv": {"path": "line.csv", "target": "y"}},
        "split": {"validation": 0.1},
        "preprocessing": ["standardise", {"zcaWhitening": {"epsilon": 1e-6}}],
        "layers": [{"dense": {"units": 1}}],
        "loss": "meanSquaredError",
        "optimizer": {"sgd": {"learningRate": 0.1}},
        "training": {"batchSize": 16, "leaseSeconds": 0.2, "overlap": True, "stop": {"loss": 0.01, "iterations": 5000}},
        "validation": {"everySeconds": 0.2},
    }
    (tmp_path / "line.json").write_text(json.dumps(raw))
    return load_model(str(tmp_path / "line.json"), [])


@pytest.mark.node
async def test_regression_on_a_table_stops_by_loss_and_its_preprocessing_is_saved(tmp_path: Path) -> None:
    prepared = await prepare_run(_request(tmp_path, _line(tmp_path)))
    async with (
        TrainingServer(prepared, ServerConfig(tmp_path / "runs", port=0)) as server,
        WorkerPool(server.listening.join_url, 2),
    ):
        finished = await asyncio.wait_for(server.wait_finished(), 60)
    assert (finished.accuracy, finished.iterations < 5000) == (None, True)
    assert finished.loss is not None
    assert finished.loss < 0.02
    readme = (prepared.folder / "README.md").read_text()
    assert "Preparation.load" in readme
    arrays = load_file(prepared.folder / "best.safetensors")
    (weights,) = (array for name, array in arrays.items() if name.endswith("kernel"))
    (bias,) = (array for name, array in arrays.items() if name.endswith("bias"))
    (inputs,) = Preparation.load(prepared.folder).apply([np.array([[5.0, -40.0], [6.0, -20.0]], np.float32)])
    np.testing.assert_allclose((inputs @ weights + bias)[:, 0], [21, 22], atol=0.6)
