"""What a dataset module returns: splits of arrays, how to scale them, and where they come from."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from webnn.core.errors import WebNNError
from webnn.data.dtypes import check_numbers, wire_dtype
from webnn.data.rows import Rows

Array = NDArray[Any]
Factor = float | tuple[float, ...]
"""One number, or one for each element of an input's last axis (such as the colours of an image)."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Examples: `inputs` is one array (or memory map), or one for each input of the model, with the examples along the
    first axis; `targets` has as many rows. 1-D integer targets are class ids (from 0); anything else is values.

    Raises `WebNNError("invalid_dataset")` when the lengths differ or an array is empty or not of numbers.
    """

    inputs: Array | tuple[Array, ...]
    targets: Array

    def __post_init__(self) -> None:
        for position, array in enumerate(self.arrays):
            _check_array(array, f"inputs[{position}]")
        _check_array(self.targets, "targets")
        lengths = {len(array) for array in (*self.arrays, self.targets)}
        if len(lengths) > 1:
            counts = ", ".join(str(len(array)) for array in self.arrays)
            _refuse(f"The inputs have {counts} examples and the targets {len(self.targets)}: they must have as many.")

    @property
    def arrays(self) -> tuple[Array, ...]:
        """The inputs as a tuple, whether there is one or several."""
        return self.inputs if isinstance(self.inputs, tuple) else (self.inputs,)

    @property
    def has_classes(self) -> bool:
        """Whether the targets are class ids."""
        return self.targets.ndim == 1 and self.targets.dtype.kind in "iu"

    def __len__(self) -> int:
        return len(self.targets)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Dataset:
    """A dataset: `train`, `validation` and, where the source has one, a `test` split kept for the closing report.

    Inputs are kept as stored; the client computes `x * scale + shift` in float32. `scale` and `shift` are one number
    for all inputs, or a tuple with one entry for each input (a number, or one for each element of the last axis).
    `label_names`: one for each class, or for each number of a target. `licence` and `source`: a line each, shown to
    volunteers and written in exports.

    Raises `WebNNError("invalid_dataset")` with what to change: shapes or formats that differ between splits, class ids
    that are negative or have no name, numbers that are not finite.
    """

    train: Split
    validation: Split
    test: Split | None = None
    scale: float | tuple[Factor, ...] = 1.0
    shift: float | tuple[Factor, ...] = 0.0
    label_names: tuple[str, ...] | None = None
    licence: str
    source: str

    def __post_init__(self) -> None:
        for name, split in self.splits.items():
            if not isinstance(split, Split):
                _refuse(f"{name} must be a webnn.data.Split, not {type(split).__name__}.")
            _check_alike(self.train, split, name)
            for position, array in enumerate(split.arrays):
                check_numbers(array, f"{name}.inputs[{position}]")
            check_numbers(split.targets, f"{name}.targets")
        if self.label_names is not None:
            object.__setattr__(self, "label_names", tuple(str(name) for name in self.label_names))
        if self.has_classes:
            self._settle_classes()
        elif self.label_names is not None and self.train.targets.shape[1:] != (len(self.label_names),):
            _refuse(
                "label_names are for classes, but the targets are neither 1-D integers nor rows of as many "
                "numbers: drop "
                "them or give class ids."
            )
        for name in ("scale", "shift"):
            object.__setattr__(self, name, _per_input(getattr(self, name), self.train.arrays, name))
        for name in ("licence", "source"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value.strip():
                _refuse(f"{name} must be a line of text that says under which terms, and from where, the data come.")

    @property
    def splits(self) -> dict[str, Split]:
        """The splits there are, by name."""
        splits = {"train": self.train, "validation": self.validation}
        return splits if self.test is None else {**splits, "test": self.test}

    @property
    def has_classes(self) -> bool:
        """Whether the targets are class ids."""
        return self.train.has_classes

    @property
    def num_classes(self) -> int | None:
        """How many classes there are; None for values."""
        if not self.has_classes:
            return None
        if self.label_names is not None:
            return len(self.label_names)
        return 1 + max(int(split.targets.max()) for split in self.splits.values())

    def seen_as(self, scale: tuple[Factor, ...], shift: tuple[Factor, ...]) -> Dataset:
        """Return the same examples under another `scale` and `shift`, without reading them again."""
        changed = copy.copy(self)
        for name, value in (("scale", scale), ("shift", shift)):
            object.__setattr__(changed, name, _per_input(value, self.train.arrays, name))
        return changed

    def _settle_classes(self) -> None:
        """Check class ids, and keep them in the smallest format that holds them all, so that they travel as bytes."""
        count = self.num_classes
        assert count is not None
        for name, split in self.splits.items():
            least, most = int(split.targets.min()), int(split.targets.max())
            if least < 0:
                _refuse(f"{name}.targets has the class id {least}: class ids count from 0.")
            if most >= count:
                _refuse(
                    f"{name}.targets has the class id {most}, but label_names has {count} names (ids 0 to {count - 1})."
                )
        dtype = np.uint8 if count <= 2**8 else np.uint16 if count <= 2**16 else np.int32
        for name, split in self.splits.items():
            if split.targets.dtype != dtype:
                object.__setattr__(self, name, Split(split.inputs, split.targets.astype(dtype)))


def dataset_description(dataset: Dataset, name: str) -> dict[str, object]:
    """Return the `dataset` of `docs/protocol.md`: what a client and the evaluator need to read shards. Shapes are those
    of one example; `num_examples` counts the training split.
    """
    scales, shifts = dataset.scale, dataset.shift
    assert isinstance(scales, tuple)
    assert isinstance(shifts, tuple)
    inputs = [
        {
            "shape": list(array.shape[1:]),
            "dtype": wire_dtype(array.dtype),
            "scale": _plain(scale),
            "shift": _plain(shift),
        }
        for array, scale, shift in zip(dataset.train.arrays, scales, shifts, strict=True)
    ]
    return {
        "name": name,
        "num_examples": len(dataset.train),
        "inputs": inputs,
        "targets": {
            "kind": "class" if dataset.has_classes else "values",
            "dtype": wire_dtype(dataset.train.targets.dtype),
            "shape": list(dataset.train.targets.shape[1:]),
            "num_classes": dataset.num_classes,
        },
        "label_names": None if dataset.label_names is None else list(dataset.label_names),
        "licence": dataset.licence,
        "source": dataset.source,
    }


def _refuse(message: str) -> NoReturn:
    raise WebNNError("invalid_dataset", message)


def _plain(factor: Factor) -> float | list[float]:
    return list(factor) if isinstance(factor, tuple) else factor


def _check_array(array: object, what: str) -> None:
    if not isinstance(array, (np.ndarray, Rows)):
        _refuse(f"{what} must be a NumPy array or memory map, not {type(array).__name__}.")
    wire_dtype(array.dtype)
    if array.ndim == 0 or array.size == 0:
        _refuse(f"{what} has the shape {list(array.shape)}: it needs at least one example along its first axis.")


def _check_alike(train: Split, split: Split, name: str) -> None:
    if len(split.arrays) != len(train.arrays):
        _refuse(f"{name} has {len(split.arrays)} inputs and train {len(train.arrays)}: they must have the same.")
    pairs = [(f"inputs[{i}]", a, b) for i, (a, b) in enumerate(zip(train.arrays, split.arrays, strict=True))]
    if split.has_classes != train.has_classes:
        _refuse(
            f"{name}.targets are {_kind(split)} and train.targets {_kind(train)}: class ids are 1-D integer arrays in "
            "every split, values are not in any."
        )
    if not train.has_classes:
        pairs.append(("targets", train.targets, split.targets))
    for what, first, second in pairs:
        if first.shape[1:] != second.shape[1:]:
            _refuse(
                f"An example of {name}.{what} has the shape {list(second.shape[1:])}, one of train.{what} "
                f"{list(first.shape[1:])}: they must be the same."
            )
        if wire_dtype(first.dtype) != wire_dtype(second.dtype):
            _refuse(f"{name}.{what} is {second.dtype} and train.{what} {first.dtype}: store both in one format.")


def _kind(split: Split) -> str:
    return "class ids" if split.has_classes else "values"


def _per_input(value: object, arrays: tuple[Array, ...], name: str) -> tuple[Factor, ...]:
    values = value if isinstance(value, (tuple, list)) else (value,) * len(arrays)
    if len(values) != len(arrays):
        _refuse(
            f"{name} has {len(values)} entries for {len(arrays)} inputs: give one number, or a tuple with an entry for "
            "each (for one input with a number for each channel, a tuple in a tuple)."
        )
    return tuple(_factor(entry, array, name) for entry, array in zip(values, arrays, strict=True))


def _factor(entry: object, array: Array, name: str) -> Factor:
    numbers = np.asarray(entry, dtype=np.float64)
    channels = array.shape[-1] if array.ndim > 1 else 1
    if numbers.ndim > 1 or (numbers.ndim == 1 and len(numbers) != channels):
        _refuse(f"{name} must be one number, or {channels} numbers for an input whose last axis has {channels}.")
    if not np.isfinite(numbers).all():
        _refuse(f"{name} must be finite, not {entry!r}.")
    return float(numbers) if numbers.ndim == 0 else tuple(float(number) for number in numbers)
