"""A plain twin of the volunteers' augmentation, written from docs/protocol.md alone; and its golden numbers.

`python tests/support/augmentation.py` writes tests/vectors/augmentation.json, which TypeScript's tests read too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

PATH = Path(__file__).parents[1] / "vectors" / "augmentation.json"
WORD = 2**32
CASES: Sequence[Mapping[str, Any]] = (
    {
        "shape": [3, 4, 2],
        "count": 4,
        "seed": 4294967295,
        "step": 7,
        "steps": [
            {"flip": {"horizontal": True, "vertical": True, "input": 0}},
            {"crop": {"padding": 1, "fill": -2, "input": 0}},
        ],
    },
    {
        "shape": [5, 5, 1],
        "count": 3,
        "seed": 12,
        "step": 0,
        "steps": [
            {"rotate": {"degrees": 30, "fill": 9, "input": 0}},
            {"flip": {"horizontal": True, "vertical": False, "input": 1}},
            {"crop": {"padding": 6, "fill": 0, "input": 0}},
        ],
    },
)


def mulberry32(seed: int) -> Iterator[float]:
    state = seed
    while True:
        state = (state + 0x6D2B79F5) % WORD
        word = (state ^ (state >> 15)) * (1 | state) % WORD
        word ^= (word + (word ^ (word >> 7)) * (61 | word)) % WORD
        yield ((word ^ (word >> 14)) % WORD) / WORD


def mix_seed(*words: int) -> int:
    mixed = 0
    for word in words:
        h = (mixed + 0x9E3779B9 + word) % WORD
        h = (h ^ (h >> 16)) * 0x85EBCA6B % WORD
        h = (h ^ (h >> 13)) * 0xC2B2AE35 % WORD
        mixed = h ^ (h >> 16)
    return mixed


def hash_name(name: str) -> int:
    h = 0x811C9DC5
    for byte in name.encode():
        h = (h ^ byte) * 0x01000193 % WORD
    return h


def augmented(pictures: NDArray[Any], steps: Sequence[Mapping[str, Any]], seed: int, step: int) -> NDArray[np.float64]:
    """Pictures [n, h, w, c], those of input 0, as one step of a lease of `seed` sees them."""
    draw = mulberry32(mix_seed(seed, step, hash_name("augmentation"), 0))
    result = []
    for picture in np.asarray(pictures, np.float64):
        changed = picture
        for entry in steps:
            ((name, options),) = entry.items()
            if options["input"] == 0:
                changed = CHANGES[name](changed, options, draw)
        result.append(changed)
    return np.stack(result)


def flipped(picture: NDArray[Any], options: Mapping[str, Any], draw: Iterator[float]) -> NDArray[Any]:
    across, down = next(draw) < 0.5, next(draw) < 0.5
    picture = picture[:, ::-1] if options["horizontal"] and across else picture
    return picture[::-1] if options["vertical"] and down else picture


def cropped(picture: NDArray[Any], options: Mapping[str, Any], draw: Iterator[float]) -> NDArray[Any]:
    padding = options["padding"]
    up, left = (int(next(draw) * (2 * padding + 1)) for _ in range(2))
    border = ((padding, padding), (padding, padding), (0, 0))
    framed = np.pad(picture, border, constant_values=options["fill"])
    return framed[up : up + picture.shape[0], left : left + picture.shape[1]]


def turned(picture: NDArray[Any], options: Mapping[str, Any], draw: Iterator[float]) -> NDArray[Any]:
    """Counter-clockwise as seen: each pixel comes from where a clockwise turn of its place leads."""
    angle = np.radians((2 * next(draw) - 1) * options["degrees"])
    height, width, _ = picture.shape
    framed = np.pad(picture, ((height, height), (width, width), (0, 0)), constant_values=options["fill"])
    centre = complex((width - 1) / 2, (height - 1) / 2)
    y, x = np.mgrid[:height, :width]
    source = (x + 1j * y - centre) * np.exp(1j * angle) + centre
    top, left = np.floor(source.imag), np.floor(source.real)
    down, right = (source.imag - top)[..., None], (source.real - left)[..., None]
    rows, columns = top.astype(int) + height, left.astype(int) + width
    upper = framed[rows, columns] * (1 - right) + framed[rows, columns + 1] * right
    lower = framed[rows + 1, columns] * (1 - right) + framed[rows + 1, columns + 1] * right
    return upper * (1 - down) + lower * down  # type: ignore[no-any-return]


CHANGES = {"flip": flipped, "crop": cropped, "rotate": turned}


def golden() -> list[dict[str, Any]]:
    """Each case with what becomes of pictures of the numbers 1, 2, 3 and so on."""
    cases = []
    for case in CASES:
        shape = (case["count"], *case["shape"])
        pictures = np.arange(1, np.prod(shape) + 1).reshape(shape)
        changed = augmented(pictures, case["steps"], case["seed"], case["step"])
        cases.append({**case, "numbers": [round(float(number), 5) for number in changed.ravel()]})
    return cases


if __name__ == "__main__":
    PATH.write_text(json.dumps(golden()) + "\n", encoding="utf-8")
