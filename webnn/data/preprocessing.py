"""What a model file's `preprocessing` does to a dataset: some of it here and now, some on the volunteers' devices.

| step | where | what |
|---|---|---|
| `scale` | device | `x * factor + offset`, or the training split's range to another |
| `standardise` | device | mean 0 and deviation 1, measured on the training split |
| `oneHot` | server | class ids become rows of 0 and 1 |
| `resize` | server | pictures of another size |
| `zcaWhitening` | server | decorrelated inputs, fitted on the training split (`webnn.data.whitening`) |
| `flip`, `crop`, `rotate` | device | another look of each example at each step of training |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webnn.core.errors import WebNNError
from webnn.data.dataset import Dataset, Split
from webnn.data.dtypes import chunks
from webnn.data.preparation import Preparation, Resizing, ServerStep
from webnn.data.whitening import fit_whitening

Step = Mapping[str, Mapping[str, Any]]
AUGMENTATIONS = ("flip", "crop", "rotate")


@dataclass(slots=True)
class Prepared:
    """A dataset after its preprocessing: `augmentation` is the protocol's, `preparation` what was done here."""

    dataset: Dataset
    preparation: Preparation = field(default_factory=Preparation)
    augmentation: list[dict[str, Any]] = field(default_factory=list)


def preprocess(dataset: Dataset, steps: Sequence[str | Step]) -> Prepared:
    """Do `steps` (a model file's, which have been checked) in order. Statistics come from the training split alone.

    Raises `WebNNError("invalid_dataset")` naming the step.
    """
    prepared = Prepared(dataset)
    for position, entry in enumerate(steps):
        name, options = (entry, {}) if isinstance(entry, str) else next(iter(entry.items()))
        try:
            _do(prepared, name, options)
        except WebNNError as error:
            raise WebNNError(error.code, f"preprocessing[{position}].{name}: {error}") from error
    return prepared


def _do(prepared: Prepared, name: str, options: Mapping[str, Any]) -> None:
    place = int(options.get("input", 0))
    if place >= len(prepared.dataset.train.arrays):
        raise WebNNError("invalid_dataset", f"there is no input {place}: they count from 0.")
    if name in AUGMENTATIONS:
        _need_pictures(prepared.dataset, place)
        prepared.augmentation.append({name: {**_DEFAULTS[name], **options, "input": place}})
    elif name == "oneHot":
        prepared.dataset = _one_hot(prepared.dataset, options.get("classes"))
    elif name in _AFFINE:
        factor, offset = _AFFINE[name](prepared.dataset, place, options)
        prepared.dataset = _seen_through(prepared.dataset, place, factor, offset)
    else:
        _transform(prepared, place, _fitted(prepared.dataset, name, place, options))


def _fitted(dataset: Dataset, name: str, place: int, options: Mapping[str, Any]) -> ServerStep:
    if name == "resize":
        _need_pictures(dataset, place)
        return Resizing(int(options["height"]), int(options["width"]))
    scale, shift = _affine_of(dataset, place)
    return fit_whitening(dataset.train.arrays[place], scale, shift, float(options.get("epsilon", 0.01)))


def _transform(prepared: Prepared, place: int, step: ServerStep) -> None:
    """Replace an input of every split by what `step` makes of it; what was scaling on the device is then in it."""
    dataset = prepared.dataset
    changed: dict[str, Any] = {
        name: Split(_with(split.arrays, place, step.apply(split.arrays[place])), split.targets)
        for name, split in dataset.splits.items()
    }
    scale, shift = dataset.scale, dataset.shift
    assert isinstance(scale, tuple)
    assert isinstance(shift, tuple)
    if step.folds_scale:
        scale, shift = _with(scale, place, 1.0), _with(shift, place, 0.0)
    prepared.dataset = replace(dataset, **changed, scale=scale, shift=shift)
    prepared.preparation.add(place, step)


def _one_hot(dataset: Dataset, classes: int | None) -> Dataset:
    found = dataset.num_classes
    if found is None:
        raise WebNNError("invalid_dataset", "the targets are values already, not class ids.")
    count = classes or found
    if count < found:
        raise WebNNError("invalid_dataset", f"the dataset has {found} classes, more than {count}.")
    rows = np.eye(count, dtype=np.uint8)
    names = dataset.label_names if count == found else None
    splits: dict[str, Any] = {name: Split(split.inputs, rows[split.targets]) for name, split in dataset.splits.items()}
    return replace(dataset, **splits, label_names=names)


def _scale(dataset: Dataset, place: int, options: Mapping[str, Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    if "to" not in options:
        return np.asarray(float(options.get("factor", 1.0))), np.asarray(float(options.get("offset", 0.0)))
    least, most = _range(dataset.train.arrays[place])
    scale, shift = _affine_of(dataset, place)
    ends = np.stack([least * scale + shift, most * scale + shift])
    low, high = ends.min(), ends.max()
    first, last = (float(number) for number in options["to"])
    factor = (last - first) / (high - low) if high > low else 1.0
    return np.asarray(factor), np.asarray(first - low * factor)


def _standardise(dataset: Dataset, place: int, options: Mapping[str, Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    array = dataset.train.arrays[place]
    per_channel = options.get("per", "channel") == "channel" and array.ndim > 1
    mean, deviation = moments(array, per_channel=per_channel)
    scale, shift = _affine_of(dataset, place)
    if not per_channel and scale.ndim:
        raise WebNNError("invalid_dataset", 'the scale differs by channel already: write "per": "channel".')
    seen = np.abs(scale) * deviation
    factor = 1 / np.where(seen > 0, seen, 1.0)
    return factor, -(mean * scale + shift) * factor


_AFFINE: Mapping[str, Callable[..., tuple[NDArray[Any], NDArray[Any]]]] = {"scale": _scale, "standardise": _standardise}
_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "flip": {"horizontal": True, "vertical": False},
    "crop": {"padding": 4, "fill": 0},
    "rotate": {"degrees": 10, "fill": 0},
}


def moments(array: NDArray[Any], *, per_channel: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of the numbers, or of each element of the last axis, read in pieces.

    Pieces are combined by Chan, Golub and LeVeque's rule (1979), which does not cancel as a sum of squares does.
    """
    count, mean, squares = 0, np.zeros(()), np.zeros(())
    for piece in chunks(array, item_bytes=8):  # float64
        flat = np.asarray(piece, np.float64).reshape(-1, array.shape[-1] if per_channel else 1)
        centre = flat.mean(axis=0)
        apart = centre - mean
        total = count + len(flat)
        squares = squares + np.square(flat - centre).sum(axis=0) + np.square(apart) * count * len(flat) / total
        mean = mean + apart * len(flat) / total
        count = total
    deviation = np.sqrt(squares / count)
    return (mean, deviation) if per_channel else (mean[0], deviation[0])


def _range(array: NDArray[Any]) -> tuple[float, float]:
    pieces = chunks(array)
    return min(float(piece.min()) for piece in pieces), max(float(piece.max()) for piece in pieces)


def _affine_of(dataset: Dataset, place: int) -> tuple[NDArray[Any], NDArray[Any]]:
    assert isinstance(dataset.scale, tuple)
    assert isinstance(dataset.shift, tuple)
    return np.asarray(dataset.scale[place], np.float64), np.asarray(dataset.shift[place], np.float64)


def _seen_through(dataset: Dataset, place: int, factor: NDArray[Any], offset: NDArray[Any]) -> Dataset:
    """Lay `factor` and `offset` over what the device computes already."""
    scale, shift = _affine_of(dataset, place)
    assert isinstance(dataset.scale, tuple)
    assert isinstance(dataset.shift, tuple)
    return dataset.seen_as(
        _with(dataset.scale, place, _plain(scale * factor)),
        _with(dataset.shift, place, _plain(shift * factor + offset)),
    )


def _plain(numbers: NDArray[Any]) -> float | tuple[float, ...]:
    return float(numbers) if numbers.ndim == 0 else tuple(float(number) for number in numbers)


def _with(values: tuple[Any, ...], place: int, value: Any) -> tuple[Any, ...]:
    return (*values[:place], value, *values[place + 1 :])


def _need_pictures(dataset: Dataset, place: int) -> None:
    shape = dataset.train.arrays[place].shape[1:]
    if len(shape) != 3:
        raise WebNNError(
            "invalid_dataset",
            f"it takes pictures [height, width, channels], and the examples have the shape {list(shape)}.",
        )
