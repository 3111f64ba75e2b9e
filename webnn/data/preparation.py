"""What the server did to a run's inputs before it cut them, so that whoever predicts can do it again."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from webnn.core.errors import WebNNError
from webnn.data.dtypes import chunks
from webnn.data.images import resized
from webnn.data.rows import scratch

FILE_NAME = "preprocessing.npz"
"""In a run's folder; only where something was done on the server."""


WIDE = 8
"""Bytes of a float64, in which whitening is computed."""


class ServerStep(Protocol):
    """Something that is done to an input. `folds_scale`: the dataset's scale and shift are in it, and gone after it."""

    name: ClassVar[str]
    folds_scale: ClassVar[bool]

    def apply(self, array: NDArray[Any]) -> NDArray[Any]:
        """`array` [examples, ...] as it is after this step."""

    def state(self) -> dict[str, NDArray[Any]]:
        """The arguments of its class, by name."""


@dataclass(frozen=True, slots=True)
class Resizing:
    """Pictures of another size, bilinear."""

    height: int
    width: int
    name: ClassVar[str] = "resize"
    folds_scale: ClassVar[bool] = False

    def apply(self, array: NDArray[Any]) -> NDArray[Any]:
        return resized(array, self.height, self.width)

    def state(self) -> dict[str, NDArray[Any]]:
        return {"height": np.array(self.height), "width": np.array(self.width)}


@dataclass(frozen=True, slots=True, eq=False)
class Whitening:
    """`(x * scale + shift - mean) @ matrix` of flattened examples, as float32 in their own shape."""

    scale: NDArray[Any]
    shift: NDArray[Any]
    mean: NDArray[Any]
    matrix: NDArray[Any]
    name: ClassVar[str] = "zcaWhitening"
    folds_scale: ClassVar[bool] = True

    def flat(self, array: NDArray[Any]) -> NDArray[np.float64]:
        """Examples as float64 rows, scaled and shifted."""
        seen: NDArray[np.float64] = np.asarray(array, np.float64) * self.scale + self.shift
        return seen.reshape(len(array), math.prod(array.shape[1:]))

    def apply(self, array: NDArray[Any]) -> NDArray[Any]:
        result = scratch(array.shape, np.dtype(np.float32))
        first = 0
        for piece in chunks(array, WIDE):
            whitened = (self.flat(piece) - self.mean) @ self.matrix
            result[first : first + len(piece)] = whitened.reshape(piece.shape)
            first += len(piece)
        return result

    def state(self) -> dict[str, NDArray[Any]]:
        return {"scale": self.scale, "shift": self.shift, "mean": self.mean, "matrix": self.matrix}


@dataclass(slots=True)
class Preparation:
    """The server's steps in order, each with the number of the input that it is for."""

    steps: list[tuple[int, ServerStep]] = field(default_factory=list)

    def add(self, place: int, step: ServerStep) -> None:
        self.steps.append((place, step))

    def names(self, place: int) -> list[str]:
        """What was done to an input."""
        return [step.name for own, step in self.steps if own == place]

    def __iter__(self) -> Iterator[tuple[int, ServerStep]]:
        return iter(self.steps)

    def apply(self, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        """Inputs [examples, ...] as the dataset's source has them, made ready for the model's `scale` and `shift`."""
        ready = list(inputs)
        for place, step in self.steps:
            ready[place] = step.apply(ready[place])
        return tuple(ready)

    def save(self, folder: Path) -> None:
        """Write `preprocessing.npz`, if there is anything to write."""
        if not self.steps:
            return
        arrays: dict[str, Any] = {
            f"{at}.{key}": value for at, (_, step) in enumerate(self.steps) for key, value in step.state().items()
        }
        plan = json.dumps([{"step": step.name, "input": place} for place, step in self.steps])
        np.savez(folder / FILE_NAME, steps=np.array(plan), **arrays)

    @classmethod
    def load(cls, folder: Path) -> Preparation:
        """Read the file in a run's folder; without one there is nothing to do. Raises
        `WebNNError("invalid_dataset")`.
        """
        path = folder / FILE_NAME
        if not path.exists():
            return cls()
        try:
            with np.load(path, allow_pickle=False) as file:
                plan = json.loads(str(file["steps"]))
                return cls([(entry["input"], _restored(entry["step"], file, at)) for at, entry in enumerate(plan)])
        except (OSError, ValueError, KeyError) as error:
            raise WebNNError("invalid_dataset", f"{path} cannot be read: {error}.") from error


def _restored(name: str, file: Any, at: int) -> ServerStep:
    state = {key.partition(".")[2]: file[key] for key in file.files if key.startswith(f"{at}.")}
    if name == "resize":
        return Resizing(int(state["height"]), int(state["width"]))
    return Whitening(**state)
