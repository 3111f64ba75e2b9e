"""Some held-out examples to show and to predict, and what the labels of a dataset count to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webnn.data.dataset import Dataset, Split
from webnn.data.shards import encode_examples

MAX_SHOWN = 24
MAX_SHOWN_NUMBERS = 150_000
MAX_JUDGED = 10_000
MAX_JUDGED_BYTES = 64 << 20
JUDGED_AT_ONCE = 2500
JUDGED_BYTES_AT_ONCE = 8 << 20
MAX_LABELS = 200


class Gallery:
    """A few examples of the validation split, the same ones for everyone, in the fixed shuffle of validation."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        split = dataset.validation
        self._order: NDArray[np.intp] = np.random.default_rng(0).permutation(len(split))
        self._counts: dict[str, Any] | None = None
        self._samples: dict[str, Any] | None = None
        numbers = sum(int(np.prod(array.shape[1:], dtype=np.int64)) for array in split.arrays)
        row_bytes = sum(array[:1].nbytes for array in split.arrays)
        self.num_shown = min(len(split), MAX_SHOWN, max(1, MAX_SHOWN_NUMBERS // max(1, numbers)))
        self.num_judged = min(len(split), MAX_JUDGED, max(self.num_shown, MAX_JUDGED_BYTES // max(1, row_bytes)))
        self._at_once = min(JUDGED_AT_ONCE, max(1, JUDGED_BYTES_AT_ONCE // max(1, row_bytes)))

    @property
    def judged_targets(self) -> NDArray[Any]:
        """Targets of the examples that `judged_frames` hold: of the whole split, or drawn evenly from a large one."""
        return np.asarray(self.dataset.validation.targets[self._order[: self.num_judged]])

    def judged_frames(self) -> Iterator[bytes]:
        """Shard frames of the examples that the evaluator predicts, a part at a time. Each step blocks."""
        for first in range(0, self.num_judged, self._at_once):
            part = self._order[first : min(first + self._at_once, self.num_judged)]
            yield encode_examples(self.dataset.validation, part)

    def samples(self) -> dict[str, Any]:
        """`samples` of docs/protocol.md: the first examples of the gallery, as stored. Blocks."""
        if self._samples is None:
            self._samples = self._collect()
        return self._samples

    def rest(self) -> None:
        """Keep what `samples` has, and let go of the dataset. Blocks."""
        self.samples()
        few = self._order[:1]
        split = self.dataset.validation
        one = Split(tuple(array[few] for array in split.arrays), split.targets[few])
        self.dataset = replace(self.dataset, train=one, validation=one, test=None)

    def _collect(self) -> dict[str, Any]:
        split = self.dataset.validation
        return {
            "split": "validation",
            "examples": [self.example(place) for place in range(self.num_shown)],
            "num_examples": {name: len(part) for name, part in self.dataset.splits.items()},
            "label_counts": self._label_counts(),
            "num_inputs": len(split.arrays),
        }

    def example(self, place: int) -> dict[str, Any]:
        """One example by its place in the gallery: its numbers as stored, flat, and its target."""
        split, row = self.dataset.validation, self._order[place]
        inputs = [np.asarray(array[row]).ravel().tolist() for array in split.arrays]
        target = np.asarray(split.targets[row])
        return {"inputs": inputs, "target": target.tolist(), "label": self.label(split, target)}

    def label(self, split: Split, target: NDArray[Any]) -> str:
        """What a target is called."""
        if not split.has_classes:
            return ", ".join(f"{value:.4g}" for value in np.atleast_1d(target).ravel()[:4])
        return self.class_name(int(target))

    def class_name(self, number: int) -> str:
        names = self.dataset.label_names
        return names[number] if names is not None else str(number)

    def _label_counts(self) -> Mapping[str, Any] | None:
        """Examples of each class by split; None where there are no classes, or too many to show."""
        classes = self.dataset.num_classes
        if classes is None or classes > MAX_LABELS:
            return None
        if self._counts is None:
            self._counts = {
                "labels": [self.class_name(number) for number in range(classes)],
                **{
                    name: np.bincount(split.targets, minlength=classes).tolist()
                    for name, split in self.dataset.splits.items()
                    if name != "test"
                },
            }
        return self._counts
