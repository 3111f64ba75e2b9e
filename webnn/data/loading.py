"""Loading a dataset module by file path: `datasets/NAME.py` of the owner's project, or one that comes with WebNN."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from webnn.core.errors import WebNNError
from webnn.core.words import did_you_mean
from webnn.data.dataset import Dataset, dataset_description
from webnn.data.download import ProgressCallback, reporting

Loader = Callable[[Mapping[str, object], Path], Dataset]


@dataclass(frozen=True, slots=True, eq=False)
class LoadedDataset:
    """A dataset with the name and the module file that it came from."""

    name: str
    dataset: Dataset
    path: Path

    @property
    def description(self) -> dict[str, object]:
        """The `dataset` of `docs/protocol.md`."""
        return dataset_description(self.dataset, self.name)


def list_datasets(search: Sequence[Path]) -> dict[str, Path]:
    """Return the module files in the folders of `search` by name; an earlier folder hides a later one's of the same
    name.
    """
    found: dict[str, Path] = {}
    for folder in search:
        for path in sorted(folder.glob("*.py")):
            if not path.name.startswith("_"):
                found.setdefault(path.stem, path)
    return found


def find_dataset(name: str, search: Sequence[Path]) -> Path:
    """Return the module file of a dataset; `name` may also be a path that ends in `.py`.

    Raises `WebNNError("unknown_name")` with the nearest known name.
    """
    if name.endswith(".py"):
        if Path(name).is_file():
            return Path(name)
        raise WebNNError("unknown_name", f"There is no dataset module {name}.")
    known = list_datasets(search)
    if name not in known:
        folders = ", ".join(str(folder) for folder in search)
        raise WebNNError(
            "unknown_name",
            f'There is no dataset "{name}": no file {name}.py in {folders}.{did_you_mean(name, known)}',
        )
    return known[name]


def load_dataset(
    name: str,
    search: Sequence[Path],
    options: Mapping[str, object],
    data_dir: Path,
    progress: ProgressCallback | None = None,
) -> LoadedDataset:
    """Run a dataset module's `load(options, data_dir / NAME)`; downloads tell `progress`.

    Raises `WebNNError`: `unknown_name`, `missing_data` from the module, or `invalid_dataset` with the file and the line
    where the module failed. This blocks, for minutes when it downloads: call it in a thread from asynchronous code.
    """
    path = find_dataset(name, search)
    stem = path.stem
    load = _loader(_execute(path, stem), path)
    with reporting(progress):
        dataset = _call(load, options, data_dir / stem, path)
    if not isinstance(dataset, Dataset):
        raise WebNNError(
            "invalid_dataset",
            f"{path}: load() returned {type(dataset).__name__}; it must return a webnn.data.Dataset.",
        )
    return LoadedDataset(stem, dataset, path)


def _execute(path: Path, name: str) -> ModuleType:
    """Return the module at `path`, freshly executed under a name that no import statement uses."""
    spec = importlib.util.spec_from_file_location(f"_webnn_dataset_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and pickle look their module up here
    try:
        spec.loader.exec_module(module)
    except WebNNError:
        raise
    except Exception as error:  # the owner's code: anything may come, and all of it is theirs to mend
        raise _explained(error, path) from error
    return module


def _loader(module: ModuleType, path: Path) -> Loader:
    load = getattr(module, "load", None)
    if not callable(load):
        raise WebNNError(
            "invalid_dataset",
            f"{path} has no function load(options, data_dir): add one that returns a webnn.data.Dataset.",
        )
    return load  # type: ignore[no-any-return]


def _call(load: Loader, options: Mapping[str, object], folder: Path, path: Path) -> object:
    try:
        return load(options, folder)
    except WebNNError as error:
        raise WebNNError(error.code, f"{path}: {error}") from error
    except Exception as error:  # the owner's code, as above
        raise _explained(error, path) from error


def _explained(error: Exception, path: Path) -> WebNNError:
    if isinstance(error, SyntaxError):
        own = error.filename is not None and Path(error.filename).resolve() == path.resolve()
        place = f"line {error.lineno}" if own else f"{error.filename}, line {error.lineno}"
        return WebNNError("invalid_dataset", f"{path}, {place}: this is not valid Python: {error.msg}.")
    advice = "Mend the module, or the options or files that it reads."
    if isinstance(error, ModuleNotFoundError):
        advice = f"Install what it needs, for example with: python -m pip install {error.name}"
    return WebNNError(
        "invalid_dataset", f"{path}{_place(error, path)}: the module raised {type(error).__name__}: {error}. {advice}"
    )


def _place(error: Exception, path: Path) -> str:
    """Where in the module's own file the error came up: the deepest line of it in the traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).resolve() == path.resolve()]
    return f", line {own[-1].lineno}" if own else ""
