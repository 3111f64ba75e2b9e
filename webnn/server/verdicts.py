"""What the current model gets right: per class, by confusion, and its worst mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_CLASSES = 100
MAX_WORST = 12
_FLOOR = 1e-7


def judge_classes(outputs: NDArray[np.float32], targets: NDArray[Any], names: Sequence[str]) -> dict[str, Any] | None:
    """Compare a classifier's outputs [examples, classes] (or [examples, 1] for two classes) with class ids.

    Returns confusion counts [true][predicted], one row a class, and the places of the worst predictions (least
    probability on the true class first); None where the outputs are not one number a class.
    """
    scores = np.asarray(outputs, np.float64).reshape(len(targets), -1)
    if scores.shape[1] == 1 and len(names) == 2:
        scores = np.column_stack([1 - scores[:, 0], scores[:, 0]])
    classes = scores.shape[1]
    if classes != len(names) or classes > MAX_CLASSES:
        return None
    scores = np.where(np.isfinite(scores), scores, 0.0)
    truth = targets.astype(np.intp)
    predicted = scores.argmax(axis=1)
    confusion = np.zeros((classes, classes), np.int64)
    np.add.at(confusion, (truth, predicted), 1)
    chance = scores[np.arange(len(truth)), truth]
    wrong = np.flatnonzero(predicted != truth)
    worst = wrong[np.argsort(chance[wrong], kind="stable")][:MAX_WORST]
    return {
        "labels": list(names),
        "num_examples": len(truth),
        "accuracy": float((predicted == truth).mean()),
        "confusion": confusion.tolist(),
        "per_class": [_row(confusion, number) for number in range(classes)],
        "worst": [
            {
                "place": int(place),
                "predicted": names[int(predicted[place])],
                "confidence": round(float(np.clip(scores[place, predicted[place]], 0.0, 1.0)), 4),
                "chance_of_truth": round(float(np.clip(chance[place], _FLOOR, 1.0)), 6),
            }
            for place in worst
        ],
    }


def _row(confusion: NDArray[np.int64], number: int) -> dict[str, Any]:
    right, of, said = int(confusion[number, number]), int(confusion[number].sum()), int(confusion[:, number].sum())
    return {"right": right, "of": of, "recall": right / of if of else None, "precision": right / said if said else None}
