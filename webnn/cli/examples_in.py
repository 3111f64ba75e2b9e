"""Files that a person shows to a network: arrays, tables and pictures, as examples of a run's dataset."""

from __future__ import annotations

import csv
import math
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from webnn.core.errors import WebNNError

if TYPE_CHECKING:
    from webnn.data.dataset import Split

Array = NDArray[Any]
PICTURES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp"})


def read_examples(path: Path, dataset: Mapping[str, Any]) -> Split:
    """Read the examples in one file, for a model of `dataset` (of docs/protocol.md); their targets are zeros.

    Raises `WebNNError("settings")` with what the file has and what the model takes.
    """
    from webnn.data.dataset import Split

    inputs = dataset["inputs"]
    arrays = _read(path, inputs)
    if len(arrays) != len(inputs):
        raise _refusal(path, f"has {len(arrays)} arrays, but the model takes {len(inputs)}")
    examples = tuple(_examples(path, array, entry["shape"]) for array, entry in zip(arrays, inputs, strict=True))
    lengths = {len(array) for array in examples}
    if len(lengths) != 1 or 0 in lengths:
        raise _refusal(path, f"has {' and '.join(str(len(array)) for array in examples)} examples for its inputs")
    targets = dataset["targets"]
    shape = (lengths.pop(), *targets["shape"])
    return Split(examples, np.zeros(shape, np.uint8 if targets["kind"] == "class" else np.float32))


def _read(path: Path, inputs: Sequence[Mapping[str, Any]]) -> list[Array]:
    suffix = path.suffix.lower()
    readers: dict[str, Callable[[], list[Array]]] = {
        ".npy": lambda: [np.load(path, allow_pickle=False)],
        ".npz": lambda: _read_npz(path),
        ".csv": lambda: [_read_csv(path)],
        **dict.fromkeys(PICTURES, lambda: [_read_picture(path, inputs)]),
    }
    if suffix not in readers:
        raise _refusal(path, f"is none of the files that can be shown: {', '.join(sorted(readers))}")
    try:
        return readers[suffix]()
    except WebNNError:
        raise
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise _refusal(path, f"cannot be read as {suffix[1:]}: {error}") from error


def _read_npz(path: Path) -> list[Array]:
    with np.load(path, allow_pickle=False) as source:
        return [source[name] for name in source.files]


def _read_csv(path: Path) -> Array:
    """Rows of numbers with commas between; a first row of words is a heading."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(file) if row]
    if rows and not all(_is_number(cell) for cell in rows[0]):
        rows.pop(0)
    if not rows:
        raise ValueError("there is no row of numbers in it")
    return np.array([[float(cell) for cell in row] for row in rows])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _read_picture(path: Path, inputs: Sequence[Mapping[str, Any]]) -> Array:
    """A picture in the size and the colours of the model's input; white is what the dataset's brightest is."""
    try:
        from PIL import Image
    except ImportError as error:
        raise _refusal(path, 'needs Pillow: python -m pip install "webnn[images]"') from error
    shape = inputs[0]["shape"]
    channels = shape[2] if len(shape) == 3 else 1
    if len(inputs) != 1 or len(shape) not in (2, 3) or channels not in (1, 3, 4):
        raise _refusal(path, f"is a picture, but the model takes {_takes(inputs)}")
    prepared = inputs[0].get("prepared")
    if prepared:  # from numbers as the dataset stores them, and nothing says which of those is white
        how = f"is a picture, but the model's inputs are prepared ({', '.join(prepared)})"
        raise _refusal(path, f"{how}: show an array of numbers as the dataset has them (.npy, .npz, .csv)")
    mode = {1: "L", 3: "RGB", 4: "RGBA"}[channels]
    try:
        with Image.open(path) as source:
            picture = source.convert(mode).resize((shape[1], shape[0]), Image.Resampling.LANCZOS)
    except (Image.DecompressionBombError, SyntaxError) as error:
        raise ValueError(str(error)) from error
    pixels = np.asarray(picture, np.float32).reshape(shape)
    return pixels * np.float32(_white(inputs[0]) / 255)


def _white(entry: Mapping[str, Any]) -> float:
    """What white is in the numbers that the dataset stores: where its scale makes them 0 to 1, what becomes 1."""
    scale, shift = entry["scale"], entry["shift"]
    if isinstance(scale, (int, float)) and scale > 0 and shift == 0:
        return 1 / scale
    return 255.0


def _examples(path: Path, array: Array, shape: Sequence[int]) -> Array:
    """`array` as float32 [examples, *shape]: one example, several, or each as a flat row."""
    if array.dtype.kind not in "fiub":
        raise _refusal(path, f"holds {array.dtype}, not numbers")
    wanted, whole = tuple(shape), math.prod(shape)
    fits = array.shape == wanted or array.shape[1:] == wanted
    flat = array.shape == (whole,) or (array.ndim == 2 and array.shape[1] == whole)
    bare = wanted[-1:] == (1,) and (array.shape == wanted[:-1] or array.shape[1:] == wanted[:-1])
    if array.size == 0 or not (fits or flat or bare):
        raise _refusal(path, f"holds {_words(array.shape)}, but the model takes {_words(wanted)} for each example")
    numbers = np.ascontiguousarray(array, np.float32).reshape(-1, *wanted)
    if not np.isfinite(numbers).all():
        raise _refusal(path, "holds numbers that are not finite")
    return numbers


def _takes(inputs: Sequence[Mapping[str, Any]]) -> str:
    return " and ".join(_words(entry["shape"]) for entry in inputs)


def _words(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape)) or "one number"


def _refusal(path: Path, problem: str) -> WebNNError:
    return WebNNError("settings", f"{path} {problem}.")
