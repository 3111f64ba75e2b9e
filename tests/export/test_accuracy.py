"""The files of a real run give the accuracy that it reported, to any program that opens them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.programs import ROOT, Program

pytestmark = [
    pytest.mark.node,
    pytest.mark.timeout(180),
    pytest.mark.skipif(
        not (ROOT / "static" / "node_modules").is_dir(), reason="the front end's packages are not installed"
    ),
]


def check(folder: Path) -> tuple[int, dict[str, dict[str, float | None]]]:
    """Run the benchmark that compares; its exit code and report."""
    command = [sys.executable, str(ROOT / "benchmarks" / "check_export.py"), str(folder), "--json"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(ROOT)})
    assert result.stdout, result.stderr
    return result.returncode, json.loads(result.stdout)


async def train(cwd: Path, model: str) -> dict[str, Any]:
    """Train for a moment; the `finished` event."""
    stop = 'training.stop={"iterations": 150}'
    async with Program("train", model, "--no-open", "--port", "0", "--workers", "1", "--set", stop, cwd=cwd) as owner:
        finished = await owner.event("finished", 120)
        assert await owner.exit_code() == 0, await owner.stderr()
    return dict(finished)


@pytest.mark.parametrize("model", ["digits-mlp", "digits-cnn"])
async def test_layers_model_and_safetensors_have_the_accuracy_that_was_reported(tmp_path: Path, model: str):
    finished = await train(tmp_path, model)
    code, report = check(Path(finished["export"]))
    assert code == 0, report
    assert 0.2 < finished["accuracy"] < 1
    assert set(report) == {"final", "best"}
    assert set(report["final"].values()) == {finished["accuracy"]}
    assert report["best"]["tfjs"] == report["best"]["safetensors"]


async def test_other_weights_are_noticed(tmp_path: Path):
    folder = Path((await train(tmp_path, "digits-mlp"))["export"])
    weights = folder / "final" / "weights.bin"
    weights.write_bytes(bytes(weights.stat().st_size))
    code, report = check(folder)
    assert code == 1
    assert report["final"]["tfjs"] != report["final"]["safetensors"]
