"""Loading a dataset: a module `datasets/NAME.py` of the owner's project or one that comes with WebNN, by file path; or
files that the model file names with a loader.
"""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from webnn.core.errors import WebNNError
from webnn.core.words import did_you_mean
from webnn.data.dataset import Dataset, dataset_description
from webnn.data.download import ProgressCallback, reporting
from webnn.data.named import LOADERS, load_named
from webnn.data.preparation import Preparation
from webnn.data.preprocessing import preprocess
from webnn.data.source import SplitPlan, cut_again

Loader = Callable[[Mapping[str, object], Path], Dataset]


@dataclass(frozen=True, slots=True, eq=False)
class LoadedDataset:
    """A dataset with the name and the file that it came from, the module's or that of the data.

    `preparation` is what was done to its inputs here, `augmentation` what volunteers do to them while they train: that
    of the protocol's `training`.
    """

    name: str
    dataset: Dataset
    path: Path
    preparation: Preparation = field(default_factory=Preparation)
    augmentation: Sequence[Mapping[str, Any]] = ()

    @property
    def description(self) -> dict[str, object]:
        """The `dataset` of `docs/protocol.md`."""
        description = dataset_description(self.dataset, self.name)
        inputs: Any = description["inputs"]
        for place, entry in enumerate(inputs):
            entry["prepared"] = self.preparation.names(place)
        return description


class Wanted(Protocol):
    """What a model definition says of its data."""

    @property
    def dataset(self) -> str: ...

    @property
    def dataset_options(self) -> Mapping[str, object]: ...

    @property
    def split(self) -> Mapping[str, Any] | None: ...

    @property
    def preprocessing(self) -> Sequence[Any]: ...

    @property
    def path(self) -> Path | None: ...


def load_data(
    wanted: Wanted, search: Sequence[Path], data_dir: Path, progress: ProgressCallback | None = None
) -> LoadedDataset:
    """Load the dataset that a model definition wants, split and preprocessed as it says.

    Files that it names are looked for beside the model file, in the working folder and in `data_dir`. Raises as
    `load_dataset` does. Blocks.
    """
    plan = None if wanted.split is None else SplitPlan.parse(wanted.split)
    if wanted.dataset in LOADERS and wanted.dataset_options:
        beside = [] if wanted.path is None else [wanted.path.resolve().parent]
        found: list[Path] = []

        def find(name: str) -> Path:
            found.append(_find_file(name, [*beside, Path.cwd(), data_dir]))
            return found[-1]

        try:
            dataset = load_named(wanted.dataset, wanted.dataset_options, find, plan or SplitPlan())
        except OSError as error:  # a folder in the place of a file, no permission
            raise WebNNError("invalid_dataset", f"{error.filename} cannot be read: {error.strerror}.") from error
        loaded = LoadedDataset(found[0].stem, dataset, found[0])
    else:
        loaded = load_dataset(wanted.dataset, search, wanted.dataset_options, data_dir, progress)
        if plan is not None:
            loaded = replace(loaded, dataset=cut_again(loaded.dataset, plan))
    prepared = preprocess(loaded.dataset, wanted.preprocessing)
    return replace(
        loaded,
        dataset=prepared.dataset,
        preparation=prepared.preparation,
        augmentation=tuple(prepared.augmentation),
    )


def _find_file(name: str, folders: Sequence[Path]) -> Path:
    places = list(dict.fromkeys(folder / name for folder in folders))
    for place in places:
        if place.exists():
            return place
    listing = ", ".join(str(place.parent) for place in places)
    raise WebNNError("missing_data", f'There is no file or folder "{name}": it was looked for in {listing}.')


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
    if name in LOADERS and name not in known:
        raise WebNNError(
            "invalid_dataset",
            f'"{name}" is a loader and needs options: write {{"{name}": {{...}}}}, as docs/datasets.md shows.',
        )
    if name not in known:
        folders = ", ".join(str(folder) for folder in search)
        raise WebNNError(
            "unknown_name",
            f'There is no dataset "{name}": no file {name}.py in {folders}.{did_you_mean(name, [*known, *LOADERS])}',
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
