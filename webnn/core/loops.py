"""Passes over vectors as compiled loops, where numba is installed (the extra `fast`) and `load` was called.

Each loop is the twin of some numpy: `halves`, `quantised`, `merging.base` and `engine.sketching` take it where it
is there, and their own arithmetic where it is not. The numbers that come out are the same, bit for bit, but for the
sums of squares, which are added up in another order. What a loop does not handle (numbers that are not finite) it
reports, and leaves to numpy. All of them release the interpreter's lock.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Loops:
    """The compiled loops. Arrays are one-dimensional, contiguous and of the same length unless it says otherwise.

    `distance(a, b, start, stride, sample, moved)`: the sum of the squares of a - b; every number of a from `start` on,
    `stride` apart, goes to `sample`, and that of a - b to `moved`, which may be longer.
    `move(weights, target, share)`: weights += share * (target - weights). `step(weights, target, share, moved)`: the
    same, written to `moved`. `narrow(bits, halves)`: uint32 bits of singles to uint16 bits of halves; False: something
    was not finite. `widen(halves, bits)`: back; False likewise. `quantise(numbers, scales, codes)`: a scale for each
    256 numbers, and int8 multiples of it; False likewise. `dequantise(codes, scales, base, numbers)`: back, added to
    `base`.
    """

    distance: Callable[[Floats, Floats, int, int, Floats, Floats], float]
    move: Callable[[Floats, Floats, np.float32], None]
    step: Callable[[Floats, Floats, np.float32, Floats], None]
    narrow: Callable[[NDArray[np.uint32], NDArray[np.uint16]], bool]
    widen: Callable[[NDArray[np.uint16], NDArray[np.uint32]], bool]
    quantise: Callable[[Floats, Floats, NDArray[np.int8]], bool]
    dequantise: Callable[[NDArray[np.int8], Floats, Floats, Floats], None]


_loaded: Loops | None = None


def loops(*arrays: NDArray[Any]) -> Loops | None:
    """The compiled loops, if they are there and can take these `arrays`."""
    if _loaded is None or not all(array.flags.c_contiguous and array.flags.aligned for array in arrays):
        return None
    return _loaded


def load() -> Loops | None:
    """Compile the loops, which takes some seconds once and a second afterwards, if numba is installed.

    They are used from then on, by all of this process; call it in a thread where others must not wait.
    """
    global _loaded  # noqa: PLW0603 (once in the life of a process)
    if _loaded is None:
        try:
            made = importlib.import_module("webnn.core.compiled")
        except ImportError:
            return None
        _loaded = Loops(**{field.name: getattr(made, field.name) for field in fields(Loops)})
    return _loaded
