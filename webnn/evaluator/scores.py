"""What predictions are worth: metrics in NumPy, from outputs and targets alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webnn.core.errors import WebNNError

_MAX_CLASSES = 10_000


def score(
    classes: int | None, names: Sequence[str] | None, loss: str, outputs: NDArray[Any], targets: NDArray[Any]
) -> dict[str, Any]:
    """Score outputs in the way that fits the targets. `classes` of the dataset (None: it has none), and their `names`.

    Raises `WebNNError("invalid_model")` where the outputs do not fit the targets.
    """
    if classes is not None:
        return score_classes(outputs, targets, names or [str(number) for number in range(classes)])
    if targets.dtype.kind in "iu" and outputs.shape[:-1] == targets.shape and outputs.shape[-1] > 1:  # one at each step
        numbers = [str(number) for number in range(outputs.shape[-1])]
        return score_classes(outputs.reshape(-1, outputs.shape[-1]), targets.ravel(), numbers)
    if loss == "binaryCrossentropy":
        return score_labels(outputs, targets)
    return score_values(outputs, targets)


def tell_outputs(outputs: NDArray[Any], classes: int | None, names: Sequence[str] | None) -> Iterator[dict[str, Any]]:
    """Yield what outputs [examples, ...] say of each example: the likeliest label and all probabilities, or values."""
    labels = names or [str(number) for number in range(classes or 0)]
    for output in outputs:
        flat = [float(value) for value in output.ravel()]
        if classes == 2 and len(flat) == 1:
            flat = [1 - flat[0], flat[0]]
        if classes is None or len(flat) != classes:
            yield {"values": flat}
            continue
        best = max(range(classes), key=flat.__getitem__)
        yield {
            "label": labels[best],
            "probability": flat[best],
            "probabilities": dict(zip(labels, flat, strict=True)),
        }


def score_classes(outputs: NDArray[Any], targets: NDArray[Any], names: Sequence[str]) -> dict[str, Any]:
    """Score a classifier: `outputs` [examples, classes], or [examples, 1] for two; `targets` class ids.

    Precision and recall of a class that was never predicted, or is not there, are 0; macro means are over the classes
    that are there. Raises `WebNNError("invalid_model")` where the outputs are not one number a class.
    """
    scores = np.asarray(outputs, np.float64).reshape(len(targets), -1)
    if scores.shape[1] == 1 and len(names) == 2:
        scores = np.column_stack([1 - scores[:, 0], scores[:, 0]])
    classes = scores.shape[1]
    if classes != len(names) or classes > _MAX_CLASSES:
        message = f"The model has {classes} outputs for {len(names)} classes, so there is nothing to count."
        raise WebNNError("invalid_model", message)
    truth = np.asarray(targets).astype(np.intp).ravel()
    predicted = np.where(np.isfinite(scores), scores, -np.inf).argmax(axis=1)
    confusion = np.zeros((classes, classes), np.int64)
    np.add.at(confusion, (truth, predicted), 1)
    right, of, said = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    table = _rates(right, said, of)
    return {
        "kind": "classes",
        "num_examples": len(truth),
        "accuracy": float((predicted == truth).mean()),
        "macro": {name: float(values[of > 0].mean()) for name, values in table.items()},
        "per_class": [
            {"label": names[i], **{name: float(values[i]) for name, values in table.items()}, "examples": int(of[i])}
            for i in range(classes)
        ],
        "confusion": confusion.tolist(),
    }


def score_labels(outputs: NDArray[Any], targets: NDArray[Any]) -> dict[str, Any]:
    """Score a network that says of each of several labels whether it holds: both arrays [examples, labels], 0 to 1."""
    said, truth = (np.asarray(one).reshape(len(targets), -1) > 0.5 for one in (outputs, targets))
    table = _rates((said & truth).sum(axis=0), said.sum(axis=0), truth.sum(axis=0))
    there = truth.any(axis=0)
    return {
        "kind": "labels",
        "num_examples": len(truth),
        "accuracy": float((said == truth).mean()),
        "exact": float((said == truth).all(axis=1).mean()),
        "macro": {name: float(values[there].mean()) if there.any() else 0.0 for name, values in table.items()},
        "per_class": [
            {"label": str(i), **{name: float(values[i]) for name, values in table.items()}, "examples": int(number)}
            for i, number in enumerate(truth.sum(axis=0))
        ],
    }


def score_values(outputs: NDArray[Any], targets: NDArray[Any]) -> dict[str, Any]:
    """Score a regression: mean squared and absolute error, and R2 (None where the targets are all alike)."""
    said, truth = (np.asarray(one, np.float64).reshape(len(targets), -1) for one in (outputs, targets))
    if said.shape != truth.shape:
        message = f"The model has {said.shape[1]} outputs for {truth.shape[1]} targets, so they cannot be compared."
        raise WebNNError("invalid_model", message)
    errors = said - truth
    spread = float(((truth - truth.mean(axis=0)) ** 2).sum())
    return {
        "kind": "values",
        "num_examples": len(truth),
        "mse": float((errors**2).mean()),
        "mae": float(np.abs(errors).mean()),
        "r2": None if spread == 0 else 1 - float((errors**2).sum()) / spread,
    }


def _rates(right: NDArray[Any], said: NDArray[Any], of: NDArray[Any]) -> dict[str, NDArray[np.float64]]:
    """Precision, recall and F1 (their harmonic mean) of each class; 0 where one is not defined."""
    return {
        "precision": right / np.maximum(said, 1),
        "recall": right / np.maximum(of, 1),
        "f1": 2 * right / np.maximum(said + of, 1),
    }
