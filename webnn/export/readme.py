"""The README of a run's folder: what each file is, and how to open it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from webnn.core.words import count
from webnn.export.weights import NamedShape
from webnn.model.definition import ModelDefinition

_TEXT = """# {name}

{description}

Trained by WebNN on the dataset `{dataset}`{origin}.

{outcome}
{notes}
## Files

| file | what |
|---|---|
{files}
| `model-definition.json` | the model file that was trained; `wnn train model-definition.json` trains it again |
| `config.json` | every setting of this run |
| `MODEL_CARD.md` | what it is for, its data, settings, course, who contributed how much, its limits |
| `metrics.csv` | the run's history, a row for each point (columns below) |

## Load it

What goes in: {inputs}

### Python, NumPy

```python
from safetensors.numpy import load_file  # python -m pip install safetensors

weights = load_file("{which}.safetensors")
for name, array in weights.items():
    print(name, array.shape, array.dtype)
```

The weights, by name:

| name | shape |
|---|---|
{weights}

### TensorFlow.js, in a page

Serve this folder over HTTP, then:

```js
import * as tf from '@tensorflow/tfjs';
const model = await tf.loadLayersModel('{which}/model.json');
const output = model.predict(input);
```

### TensorFlow.js, in Node

With `@tensorflow/tfjs-node`, `await tf.loadLayersModel('file://{which}/model.json')`. With `@tensorflow/tfjs` alone:

```js
import {{readFileSync}} from 'node:fs';
import * as tf from '@tensorflow/tfjs';
const {{modelTopology, weightsManifest}} = JSON.parse(readFileSync('{which}/model.json', 'utf8'));
const bytes = new Uint8Array(readFileSync('{which}/weights.bin'));
const weightSpecs = weightsManifest[0].weights;
const model = await tf.loadLayersModel(tf.io.fromMemory({{modelTopology, weightSpecs, weightData: bytes.buffer}}));
```

### Keras 3

With `pip install 'webnn[keras]'`, `wnn export {run} --format keras -o model.keras` writes one file (`h5`: older Keras):

```python
import keras

model = keras.saving.load_model("model.keras")
```

## metrics.csv

| column | what |
|---|---|
| `kind` | `validation` (by the server, on held-out examples) or `training` (a volunteer's means over a lease) |
| `seconds` | running time, pauses excluded |
| `version` | the version of the weights; empty for training |
| `iterations` | optimiser steps merged by then |
| `loss`, `accuracy` | empty where not known |
| `num_examples` | how many were validated |
| `whole` | True where that was the whole validation split |
| `staleness` | merges between the version that was trained from and the one merged into; empty for validation |
"""


def readme(
    definition: ModelDefinition,
    weights: Sequence[NamedShape],
    config: Mapping[str, Any],
    summary: Mapping[str, Any],
    vectors: Sequence[str],
) -> str:
    """Write the README. `vectors`: which of `final` and `best` there are; examples load the best where there is one."""
    return _TEXT.format(
        name=definition.name,
        description=definition.description or "A neural network.",
        dataset=definition.dataset,
        origin=_origin(config.get("dataset")),
        outcome=_outcome(summary, vectors),
        notes=_notes(summary, config),
        files="\n".join(_files(vectors)),
        inputs=_inputs(config.get("dataset")),
        which=vectors[-1],
        run=summary.get("id", "RUN"),
        weights="\n".join(f"| `{spec.name}` | {list(spec.shape)} |" for spec in weights),
    )


def _notes(summary: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    """Give the owner's notes, and how the settings changed on the way, where there is any of that."""
    parts = [f"\n## Notes\n\n{summary['notes'].strip()}\n"] if summary.get("notes", "").strip() else []
    rows = [f"| {change['seconds']:.0f} | {change['words']} |" for change in config.get("changes", ())]
    if rows:
        parts.append("\n".join(["", "## Settings that changed", "", "| at second | what |", "|---|---|", *rows, ""]))
    return "".join(parts)


def _files(vectors: Sequence[str]) -> list[str]:
    meanings = {"final": "the last weights", "best": "the weights that validated best"}
    rows = []
    for name in vectors:
        rows.append(f"| `{name}.safetensors` | {meanings[name]}, one float32 tensor for each |")
        rows.append(f"| `{name}/` | the same as a TensorFlow.js layers model (`model.json`, `weights.bin`) |")
    return rows


def _origin(dataset: object) -> str:
    """Name the dataset's source and licence, which may ask for that."""
    if not isinstance(dataset, Mapping):
        return ""
    said = [str(dataset[key]).rstrip(".") for key in ("source", "licence") if dataset.get(key)]
    return f" ({'; '.join(said)})" if said else ""


def _outcome(summary: Mapping[str, Any], vectors: Sequence[str]) -> str:
    """Say why the run ended, what it took, and what its weights reached on how many held-out examples."""
    nouns = {"iterations": "iteration", "merges": "merge", "volunteers_total": "volunteer", "seconds": "second"}
    known = [count(summary[key], noun) for key, noun in nouns.items() if summary.get(key) is not None]
    lines = [str(summary.get("reason") or f"State: {summary.get('state', 'unknown')}.")]
    if known:
        lines += ["", f"{', '.join(known)}."]
    lines += ["", "| weights | version | accuracy | loss | validated on |", "|---|---|---|---|---|"]
    validated = summary.get("validated", {})
    return "\n".join([*lines, *(_validated(name, validated.get(name)) for name in vectors)])


def _validated(name: str, one: Mapping[str, Any] | None) -> str:
    if one is None:
        return f"| {name} | | | | nothing |"
    result = one["result"]
    accuracy = "" if result["accuracy"] is None else f"{result['accuracy']:.4f}"
    examples = count(result["num_examples"], "held-out example")
    on = f"all {examples}" if one["whole"] else f"a sample of {examples}"
    return f"| {name} | {one['version']} | {accuracy} | {result['loss']:.4f} | {on} |"


def _inputs(dataset: object) -> str:
    """Say how an example becomes the model's input, as far as the run's config tells."""
    inputs = dataset.get("inputs") if isinstance(dataset, Mapping) else None
    if not isinstance(inputs, Sequence):
        return "examples of the dataset, times its `scale` plus its `shift`, as float32."
    parts = [
        f"float32 of shape {_shape(entry['shape'])}, which is the stored {entry['dtype']} times {entry['scale']} plus "
        f"{entry['shift']}"
        for entry in inputs
    ]
    return "; then ".join(parts) + "." + _prepared(inputs)


def _prepared(inputs: Sequence[Mapping[str, Any]]) -> str:
    """Say what was done to the examples before they were "stored", and how to do it to others."""
    names = [str(name) for entry in inputs for name in entry.get("prepared", ())]
    if not names:
        return ""
    return (
        f"\n\nStored is what came out of {', then '.join(names)}. `preprocessing.npz` holds what that takes; to do it "
        "to other examples:\n\n```python\nfrom webnn.data import Preparation\n\n"
        '(x,) = Preparation.load(".").apply([x])\n```\n\n'
        "Without WebNN: whitening is `(x.reshape(n, -1) * scale + shift - mean) @ matrix`, by the arrays of those "
        "names."
    )


def _shape(one_example: Sequence[int]) -> str:
    return "[" + ", ".join(["n", *map(str, one_example)]) + "]"
