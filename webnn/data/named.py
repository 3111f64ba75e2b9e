"""Loaders that a model file names with options, so that no dataset module is needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from webnn.core.errors import WebNNError
from webnn.data.arrays import load_npy, load_npz
from webnn.data.dataset import Dataset
from webnn.data.images import load_cifar_binary, load_idx, load_image_folders
from webnn.data.options import read_options
from webnn.data.source import NOT_STATED, Source, SplitPlan, assemble
from webnn.data.table import load_csv

Options = Mapping[str, Any]
Finder = Callable[[str], Path]
Reader = Callable[[Any, Options, Finder, Source | None], Source]
"""`read(what, options, find, like)`: `what` is the path (or paths) of a split; `like` the training source, once
read.
"""

ABOUT = {"labelNames": None, "licence": NOT_STATED, "source": None}
GIVEN = {"validation": None, "test": None}


def _csv(what: Any, options: Options, find: Finder, like: Source | None) -> Source:
    return load_csv(
        find(what),
        target=options["target"],
        columns=options["columns"],
        categorical=options["categorical"],
        kind=options["kind"],
        separator=options["separator"],
        label_names=options["labelNames"] if like is None else _class_names(like),
        categories=None if like is None else like.categories,
    )


def _npz(what: Any, options: Options, find: Finder, _: Source | None) -> Source:
    return load_npz(find(what), inputs=options["inputs"], targets=options["targets"], label_names=options["labelNames"])


def _folders(what: Any, options: Options, find: Finder, like: Source | None) -> Source:
    return load_image_folders(
        find(what),
        size=options["size"] if like is None or options["size"] else like.inputs.shape[1:3],  # type: ignore[union-attr]
        colour=options["colour"],
        label_names=options["labelNames"] if like is None else like.label_names,
    )


def _cifar(what: Any, options: Options, find: Finder, _: Source | None) -> Source:
    paths = [find(what)] if isinstance(what, str) else [find(path) for path in what]
    return load_cifar_binary(paths, classes=options["classes"], label_names=options["labelNames"])


def _idx(what: Any, options: Options, find: Finder, _: Source | None) -> Source:
    return load_idx(find(what["inputs"]), find(what["targets"]), label_names=options["labelNames"])


def _npy(what: Any, options: Options, find: Finder, _: Source | None) -> Source:
    return load_npy(find(what["inputs"]), find(what["targets"]), label_names=options["labelNames"])


def _class_names(like: Source) -> Sequence[str] | None:
    return like.label_names if like.targets.ndim == 1 else None


_CSV: dict[str, Any] = {"target": None, "columns": None, "categorical": [], "kind": None, "separator": ","}
LOADERS: Mapping[str, tuple[Reader, Mapping[str, Any]]] = {
    "csv": (_csv, {"path": None, **_CSV}),
    "npz": (_npz, {"path": None, "inputs": "inputs", "targets": "targets"}),
    "npy": (_npy, {"inputs": None, "targets": None}),
    "idx": (_idx, {"inputs": None, "targets": None}),
    "cifarBinary": (_cifar, {"path": None, "classes": 10}),
    "imageFolder": (_folders, {"path": None, "size": None, "colour": "rgb"}),
}
"""Each loader with its options and their defaults; `webnn.model.data_schema` says what values they take."""


def load_named(name: str, options: Options, find: Finder, plan: SplitPlan) -> Dataset:
    """Read the files that `options` name. `validation` and `test` of the options are files of their own; what they do
    not give is cut off the training files by `plan`. Raises `WebNNError("invalid_dataset")`.
    """
    read, defaults = LOADERS[name]
    settings = read_options(options, {**defaults, **GIVEN, **ABOUT})
    main = settings["path"] if "path" in defaults else {key: settings[key] for key in ("inputs", "targets")}
    train = read(main, settings, find, None)
    given = {part: read(settings[part], settings, find, train) for part in GIVEN if settings[part] is not None}
    if plan.test and "test" in given:
        raise WebNNError("invalid_dataset", f"dataset.{name}.test and split.test both give a test split: drop one.")
    return assemble(train, plan, given, str(settings["licence"]), settings["source"])  # type: ignore[arg-type]
