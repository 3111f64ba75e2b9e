"""Images out of files: IDX pairs, CIFAR's binary records, and folders of pictures by class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from webnn.core.errors import WebNNError
from webnn.core.words import did_you_mean
from webnn.data.idx import read_bytes, read_idx
from webnn.data.rows import scratch
from webnn.data.source import Source

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 32
PIXELS = 3 * SIDE * SIDE
CIFAR = {10: (10,), 100: (20, 100)}
"""The label bytes of a record, by the number of classes: how many values each may have (CIFAR-100: coarse, fine)."""

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".ppm", ".pgm", ".tif", ".tiff")
COLOURS = {"grey": ("L", 1), "rgb": ("RGB", 3)}
BYTE_SCALE = 1 / 255


def load_idx(inputs: Path, targets: Path, *, label_names: Sequence[str] | None = None) -> Source:
    """Read a pair of IDX files, plain or gzipped. Pictures [n, height, width] get an axis of one channel; bytes are
    scaled to 0..1. Raises `WebNNError("invalid_dataset")`.
    """
    images, labels = read_idx(inputs), read_idx(targets)
    if images.ndim == 0 or len(images) != len(labels):
        raise WebNNError(
            "invalid_dataset",
            f"{inputs} holds {len(images)} examples and {targets} {len(labels)}: they do not go together.",
        )
    return Source(
        inputs=images[..., np.newaxis] if images.ndim == 3 else images,
        targets=labels,
        origin=inputs.name,
        label_names=_names(label_names),
        scale=BYTE_SCALE if images.dtype == np.uint8 else 1.0,
    )


def load_cifar_binary(
    paths: Path | Sequence[Path], *, classes: int = 10, label_names: Sequence[str] | None = None
) -> Source:
    """Read CIFAR binary files, plain or gzipped: records of a label byte (CIFAR-100: coarse, then fine) and 3,072
    bytes of a 32x32 picture, its red, green and blue planes one after the other.

    Inputs are uint8 [n, 32, 32, 3] scaled to 0..1; of CIFAR-100's labels the fine ones. Format: the CIFAR-10 page (A.
    Krizhevsky). Raises `WebNNError("invalid_dataset")` with the file and the record.
    """
    if classes not in CIFAR:
        raise WebNNError("invalid_dataset", f"CIFAR files have 10 or 100 classes, not {classes}.")
    parts = [_cifar_records(path, CIFAR[classes]) for path in ([paths] if isinstance(paths, Path) else paths)]
    records = np.concatenate(parts)
    labels = len(CIFAR[classes])
    planes = records[:, labels:].reshape(-1, 3, SIDE, SIDE)
    first = paths if isinstance(paths, Path) else paths[0]
    return Source(
        inputs=np.ascontiguousarray(planes.transpose(0, 2, 3, 1)),
        targets=records[:, labels - 1],
        origin=first.name,
        label_names=_names(label_names),
        scale=BYTE_SCALE,
    )


def _cifar_records(path: Path, limits: tuple[int, ...]) -> NDArray[np.uint8]:
    data = np.frombuffer(read_bytes(path), np.uint8)
    length = len(limits) + PIXELS
    if not len(data) or len(data) % length:
        raise WebNNError(
            "invalid_dataset",
            f"{path} holds {len(data)} bytes, which are not whole records of {length}: it is cut short, or of "
            "another format.",
        )
    records = data.reshape(-1, length)
    for place, limit in enumerate(limits):
        wrong = np.flatnonzero(records[:, place] >= limit)
        if len(wrong):
            raise WebNNError(
                "invalid_dataset",
                f"{path}, record {wrong[0] + 1}: the label {records[wrong[0], place]} is not below {limit}.",
            )
    return records


def load_image_folders(
    path: Path,
    *,
    size: Sequence[int] | None = None,
    colour: str = "rgb",
    label_names: Sequence[str] | None = None,
) -> Source:
    """Read pictures from a folder that has a folder for each class, in the order of their names.

    `size` is [height, width] to scale all to (bilinear); without it they must all be of one size. `colour` is `rgb` or
    `grey`. Inputs are uint8 [n, height, width, 3 or 1] scaled to 0..1. Needs Pillow: `pip install webnn[images]`.
    Raises `WebNNError("invalid_dataset")` with the file.
    """
    mode, channels = COLOURS[colour]
    pillow()
    files = list(_pictures(path, label_names))
    names = label_names or sorted({file.parent.name for file in files})
    shape = tuple(size) if size is not None else _size_of(files[0])
    pixels = scratch((len(files), *shape, channels), np.dtype(np.uint8))
    for row, file in enumerate(files):
        pixels[row] = _read_picture(file, mode, shape, fit=size is not None)
    numbers = {name: number for number, name in enumerate(names)}
    return Source(
        inputs=pixels,
        targets=np.array([numbers[file.parent.name] for file in files]),
        origin=path.name,
        label_names=tuple(names),
        scale=BYTE_SCALE,
    )


def pillow() -> Any:
    """Return Pillow's `Image` module. Raises `WebNNError("invalid_dataset")` with how to install it."""
    try:
        from PIL import Image  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise WebNNError(
            "invalid_dataset",
            "Reading and resizing pictures needs Pillow, which is not installed: "
            'python -m pip install "webnn[images]" (or just pillow).',
        ) from error
    return Image


def _pictures(path: Path, label_names: Sequence[str] | None) -> Iterator[Path]:
    """Find the pictures of each class in order."""
    if not path.is_dir():
        raise WebNNError("invalid_dataset", f"{path} is not a folder.")
    classes = sorted(folder for folder in path.iterdir() if folder.is_dir() and not folder.name.startswith("."))
    if not classes:
        raise WebNNError(
            "invalid_dataset", f"{path} has no folders: put the pictures of each class into one of its name."
        )
    for folder in classes:
        if label_names is not None and folder.name not in label_names:
            raise WebNNError(
                "invalid_dataset", f"{folder} is not the folder of a class.{did_you_mean(folder.name, label_names)}"
            )
        found = sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES)
        if not found:
            raise WebNNError("invalid_dataset", f"{folder} has no pictures (files that end in {', '.join(SUFFIXES)}).")
        yield from found


def _open(file: Path) -> Image:
    library = pillow()
    try:
        image: Image = library.open(file)
        image.load()
    except (OSError, SyntaxError, ValueError, library.DecompressionBombError) as error:
        raise WebNNError("invalid_dataset", f"{file} cannot be read as a picture: {error}.") from error
    return image


def _size_of(file: Path) -> tuple[int, int]:
    width, height = _open(file).size
    return height, width


def _read_picture(file: Path, mode: str, shape: tuple[int, ...], *, fit: bool) -> NDArray[np.uint8]:
    image = _open(file).convert(mode)
    height, width = shape
    if image.size != (width, height):
        if not fit:
            raise WebNNError(
                "invalid_dataset",
                f"{file} is {image.size[0]} x {image.size[1]} pixels and the first picture {width} x {height}: give a "
                'size to scale all to, such as "size": [32, 32].',
            )
        image = image.resize((width, height), pillow().Resampling.BILINEAR)
    pixels = np.asarray(image, np.uint8)
    return pixels if pixels.ndim == 3 else pixels[..., np.newaxis]


def resized(pictures: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    """Scale pictures [n, h, w, channels] (bilinear, averaging where it makes them smaller), in their own number
    format.
    """
    image = pillow()
    result = scratch((len(pictures), height, width, pictures.shape[-1]), pictures.dtype)
    whole = pictures.dtype.kind in "iu"
    for row in range(len(pictures)):
        picture = np.asarray(pictures[row])
        for channel in range(picture.shape[-1]):
            plane = picture[..., channel] if picture.dtype == np.uint8 else picture[..., channel].astype(np.float32)
            scaled = np.asarray(image.fromarray(plane).resize((width, height), image.Resampling.BILINEAR))
            result[row, ..., channel] = np.round(scaled) if whole else scaled
    return result


def _names(label_names: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if label_names is None else tuple(label_names)
