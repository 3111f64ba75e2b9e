"""Models that Keras wrote predict here what they did there, and go on from their weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file
from support.kinds import described

from webnn.evaluator.evaluator import Evaluator
from webnn.export.weights import write_tfjs
from webnn.model.definition import parse_model
from webnn.model.importing import read_model

FIXTURES = Path(__file__).parents[1] / "model" / "fixtures" / "imported"
pytestmark = [pytest.mark.node, pytest.mark.asyncio(loop_scope="module")]


async def predicted(evaluator: Evaluator, path: Path, folder: Path, shape: str) -> tuple[np.ndarray[Any, Any], Any]:
    """Import `path`, give its weights to the evaluator as an owner's model file does, and predict."""
    imported = read_model(path)
    with np.load(FIXTURES / f"{shape}.npz") as data:
        inputs, expected = data["x"], data["y"]
    assert imported.weights is not None
    save_file(imported.weights, folder / "weights.safetensors")
    raw = {
        "dataset": "made",
        "topology": imported.topology,
        "initialWeights": "weights.safetensors",
        "loss": "meanSquaredError",
    }
    definition = parse_model(raw, "imported.json", folder / "imported.json")
    description, shard = described(inputs, expected.shape[1:])
    built = await evaluator.build(definition, description, seed=1)
    return expected, (await evaluator.predict(built.initial, shard), built)


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("name", ["stack", "graph", "sequence"])
async def test_keras_files(evaluator: Evaluator, tmp_path: Path, name: str, ending: str) -> None:
    expected, (actual, built) = await predicted(evaluator, FIXTURES / f"{name}.{ending}", tmp_path, name)
    np.testing.assert_allclose(actual, expected, atol=1e-5)
    frozen = {spec.name for spec in built.weights if not spec.trainable and "moving" not in spec.name}
    assert frozen == (
        {"conv2d/kernel", "conv2d/bias", "batch_normalization/gamma", "batch_normalization/beta"}
        if name == "stack"
        else set()
    )


async def test_a_tfjs_model_and_one_whose_names_have_more_before_them(evaluator: Evaluator, tmp_path: Path) -> None:
    _, (_, built) = await predicted(evaluator, FIXTURES / "sequence.keras", tmp_path, "sequence")
    for prefix in ("", "outer/"):
        specs = [type(spec)(f"{prefix}{spec.name}", spec.shape, True) for spec in built.weights]
        write_tfjs(tmp_path / "tfjs", built.initial, built.topology, specs)
        expected, (actual, _) = await predicted(evaluator, tmp_path / "tfjs" / "model.json", tmp_path, "sequence")
        np.testing.assert_allclose(actual, expected, atol=1e-5)
