"""What there is to know of a model that could be trained: layers, memory, speed, a sample, what a lease costs."""

from __future__ import annotations

from typing import Any

import numpy as np

from webnn.server.gallery import Gallery
from webnn.server.prepare import PreparedRun

BYTES_A_WEIGHT = 4
MAX_LABELS = 8


def describe_check(prepared: PreparedRun) -> dict[str, Any]:
    """What there is to know of a model before anyone is invited: `CheckReport` of webnn/core/shapes.py."""
    check, config = prepared.check, prepared.config
    return {
        "name": prepared.definition.name,
        "description": prepared.definition.description,
        "dataset": prepared.dataset.name,
        "training_examples": config.num_examples,
        "validation_examples": config.validation_total,
        "shards": len(config.shards),
        "layers": [
            {
                "name": layer.name,
                "class": layer.class_name,
                "output_shape": list(layer.output_shape),
                "parameters": layer.parameters,
            }
            for layer in prepared.built.layers
        ],
        "parameters": check.parameters,
        "trainable": prepared.built.num_trainable,
        "inputs": list(prepared.dataset.description["inputs"]),  # type: ignore[call-overload]
        "sample": _sample(prepared),
        "lease": _lease_estimate(prepared),
        "memory_bytes": check.memory_bytes,
        "seconds_per_step": check.seconds_per_step,
        "batch_size": config.batch_size,
        "loss": check.loss,
        "warnings": list(check.warnings),
    }


def _sample(prepared: PreparedRun) -> dict[str, Any]:
    """The first batch that validation would see: what the network is shown of it, and its labels or targets."""
    dataset = prepared.dataset.dataset
    gallery = Gallery(dataset)
    number = min(prepared.config.batch_size, gallery.num_shown)
    shown = [gallery.example(place) for place in range(number)]
    inputs = []
    for place, entry in enumerate(prepared.dataset.description["inputs"]):  # type: ignore[var-annotated, arg-type]
        values = np.array([example["inputs"][place] for example in shown], np.float64).reshape(number, *entry["shape"])
        values = values * np.asarray(entry["scale"]) + np.asarray(entry["shift"])
        inputs.append({"low": float(values.min()), "high": float(values.max()), "mean": float(values.mean())})
    return {"examples": number, "inputs": inputs, "labels": [example["label"] for example in shown[:MAX_LABELS]]}


def _lease_estimate(prepared: PreparedRun) -> dict[str, Any]:
    """What a lease costs a device as fast as this one: steps, examples, and bytes each way; data are fetched once."""
    config, check = prepared.config, prepared.check
    iterations = max(1, round(config.lease_seconds / max(check.seconds_per_step, 1e-6)))
    examples = min(iterations * config.batch_size, config.num_examples)
    data = sum(shard.num_bytes for shard in prepared.shards.shards)
    weights = BYTES_A_WEIGHT * config.num_weights
    return {
        "iterations": iterations,
        "examples": examples,
        "download_weights": weights,
        "download_data": round(data * examples / config.num_examples),
        "upload": weights,
        "dataset": data,
    }
