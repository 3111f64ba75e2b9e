"""Checkpoints: the weights and a strategy's memory as safetensors, everything else as a JSON manifest beside them.

A checkpoint is the pair `checkpoint-NUMBER.safetensors` and `checkpoint-NUMBER.json`, numbered upwards. The manifest is
written last and holds the SHA-256 of the arrays: a pair without it, or that does not agree, counts for nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from webnn.core.errors import WebNNError
from webnn.core.events import Vector
from webnn.store.arrays import Arrays, write_arrays
from webnn.store.durable import TEMPORARY_SUFFIX, make_folder, sync_folder, write_durably, write_text_durably

FORMAT = 1
KEEP = 3
_NAME = re.compile(r"checkpoint-(\d{8,})\.(safetensors|json)")
_WEIGHTS = "weights"
_STATE = "state/"


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """A checkpoint as it was written. `manifest` is what `write_checkpoint` was given; `damaged` has a sentence for
    each newer one that could not be read, newest first.
    """

    number: int
    weights: Vector
    strategy_state: dict[str, NDArray[Any]]
    manifest: dict[str, Any]
    damaged: tuple[str, ...] = field(default=())


def write_checkpoint(
    folder: Path, vector: Vector, strategy_state: Arrays, manifest: Mapping[str, Any], keep: int = KEEP
) -> int:
    """Write one more checkpoint into `folder` and drop all but the last `keep`; its number.

    `vector` is flat float32; `manifest` anything that JSON takes. Interrupted at any point, the checkpoints that were
    there before are still there. Raises `OSError` when the disk refuses.
    """
    make_folder(folder)
    number = 1 + max((found for found, _ in _files(folder)), default=0)
    arrays = {_WEIGHTS: np.ascontiguousarray(vector, np.float32)}
    arrays |= {f"{_STATE}{name}": np.ascontiguousarray(array) for name, array in strategy_state.items()}
    path = _path(folder, number, "safetensors")
    digest = ""

    def fill(temporary: Path) -> None:
        nonlocal digest
        digest = write_arrays(temporary, arrays)

    write_durably(path, fill)
    whole = {"format": FORMAT, "arrays": path.name, "sha256": digest, "manifest": dict(manifest)}
    text = json.dumps(whole)  # indented, it would be made in Python, and hold up the server
    write_text_durably(_path(folder, number, "json"), text)
    _prune(folder, keep)
    return number


def read_checkpoint(folder: Path) -> Checkpoint | None:
    """Read the newest checkpoint that is whole; None where none was ever written.

    Newer ones that are damaged are passed over and told in `damaged`. Raises `WebNNError("invalid_checkpoint")` where
    there are checkpoints and every one is damaged. Arrays without a manifest are no checkpoint yet: whoever wrote the
    first one was interrupted.
    """
    found, damaged = find_checkpoint(folder)
    if found is None and damaged:
        raise WebNNError("invalid_checkpoint", "No checkpoint can be read: " + "; ".join(damaged) + ".")
    return found


def find_checkpoint(
    folder: Path, counts: Callable[[dict[str, Any]], bool] = lambda _: True
) -> tuple[Checkpoint | None, tuple[str, ...]]:
    """Find the newest that is whole and whose manifest `counts`, None where there is none, and a sentence for each
    newer one that is damaged.
    """
    damaged: list[str] = []
    files = _files(folder)
    if all(path.suffix != ".json" for _, path in files):
        return None, ()
    for number in sorted({number for number, _ in files}, reverse=True):
        try:
            found = _read(folder, number, tuple(damaged))
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            damaged.append(f"{_path(folder, number, 'json')}: {_in_words(error)}")
            continue
        if counts(found.manifest):
            return found, tuple(damaged)
    return None, tuple(damaged)


def list_checkpoints(folder: Path) -> dict[int, int]:
    """Name the checkpoints of `folder` whose manifest can be read: version, and number, oldest first."""
    found: dict[int, int] = {}
    for number in sorted({number for number, path in _files(folder) if path.suffix == ".json"}):
        try:
            manifest = json.loads(_path(folder, number, "json").read_text("utf-8"))["manifest"]
            found[int(manifest["version"])] = number
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found


def drop_versions(folder: Path, above: int, below: int) -> None:
    """Drop the checkpoints of versions that a run went back over: nothing may go on from them."""
    for version, number in list_checkpoints(folder).items():
        if above < version < below:
            _path(folder, number, "json").unlink(missing_ok=True)
            _path(folder, number, "safetensors").unlink(missing_ok=True)
    sync_folder(folder)


def read_version(folder: Path, version: int) -> Checkpoint:
    """Read the checkpoint of one version; raises `WebNNError` `no_checkpoint` or `invalid_checkpoint`."""
    known = list_checkpoints(folder)
    if version not in known:
        words = ", ".join(map(str, known)) or "none"
        raise WebNNError("no_checkpoint", f"There is no checkpoint of version {version}. Kept are: {words}.")
    try:
        return _read(folder, known[version], ())
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        message = f"The checkpoint of version {version} is damaged: {_in_words(error)}."
        raise WebNNError("invalid_checkpoint", message) from error


def _read(folder: Path, number: int, damaged: tuple[str, ...]) -> Checkpoint:
    whole = json.loads(_path(folder, number, "json").read_text("utf-8"))
    if whole["format"] != FORMAT:
        raise ValueError(f"its format is {whole['format']!r}, and this version of WebNN reads {FORMAT}")
    path = _path(folder, number, "safetensors")
    if _sha256(path) != whole["sha256"]:
        raise ValueError(f"the SHA-256 of {path.name} differs")
    arrays = load_file(path)
    state = {name.removeprefix(_STATE): array for name, array in arrays.items() if name.startswith(_STATE)}
    return Checkpoint(number, arrays[_WEIGHTS], state, whole["manifest"], damaged)


def _in_words(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{Path(error.filename).name} is missing"
    if isinstance(error, KeyError):
        return f"{error} is missing"
    return str(error)


def _path(folder: Path, number: int, ending: str) -> Path:
    return folder / f"checkpoint-{number:08d}.{ending}"


def _files(folder: Path) -> list[tuple[int, Path]]:
    """Find the files of checkpoints, whole or not, with their numbers."""
    if not folder.is_dir():
        return []
    matches = [(_NAME.fullmatch(path.name), path) for path in folder.iterdir()]
    return [(int(match[1]), path) for match, path in matches if match]


def _prune(folder: Path, keep: int) -> None:
    """Drop all but the last `keep` whole checkpoints, and what interrupted writers left behind."""
    files = _files(folder)
    kept = sorted((number for number, path in files if path.suffix == ".json"), reverse=True)[:keep]
    oldest = kept[-1] if kept else 0
    # the manifest goes first: arrays without one count for nothing
    for _, path in sorted(((n, path) for n, path in files if n < oldest), key=lambda item: item[1].suffix != ".json"):
        path.unlink(missing_ok=True)
    for path in folder.glob(f".checkpoint-*{TEMPORARY_SUFFIX}"):
        path.unlink(missing_ok=True)
    sync_folder(folder)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
