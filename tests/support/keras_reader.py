"""A Python that has Keras, which need not be the one that runs the tests, and what it makes of a model file.

Run as a program by that Python: reads {NAME: [model file, npz file with `x`]} as JSON and prints {NAME: predictions}.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PYTHON = os.environ.get("WNN_TEST_KERAS") or (
    sys.executable if all(map(importlib.util.find_spec, ("keras", "jax"))) else None
)
REASON = "Keras is not here: pip install 'webnn[keras-test]', or name a Python that has it in WNN_TEST_KERAS"


def run_keras(program: Path, *arguments: str, given: str = "") -> str:
    """Run a program with Keras on its NumPy backend; returns what it printed."""
    assert PYTHON is not None
    quiet = {"KERAS_BACKEND": "numpy", "JAX_PLATFORMS": "cpu", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [PYTHON, str(program), *arguments],
        input=given,
        env={**os.environ, **quiet},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def predict_with_keras(models: Mapping[str, tuple[Path, Path]]) -> dict[str, Any]:
    """Return the predictions (nested lists) of each model file on the `x` of its npz file, or what was raised."""
    asked = {name: [str(path) for path in paths] for name, paths in models.items()}
    answer: dict[str, Any] = json.loads(run_keras(Path(__file__), given=json.dumps(asked)).splitlines()[-1])
    return answer


def main() -> None:
    import logging

    import keras
    import numpy as np

    logging.disable(logging.ERROR)
    answers: dict[str, Any] = {}
    for name, (model, data) in json.load(sys.stdin).items():
        try:
            loaded = keras.saving.load_model(model, compile=False)
            answers[name] = np.asarray(loaded(np.load(data)["x"], training=False)).tolist()
        except Exception as error:  # the test shows it
            answers[name] = f"{type(error).__name__}: {error}"
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
