"""Where models and datasets are looked for: the owner's project first, then what comes with WebNN."""

from __future__ import annotations

from pathlib import Path

from webnn.paths import bundled_datasets_dir, bundled_models_dir


def model_search() -> tuple[Path, ...]:
    """Return the folders of model files, in the order of search."""
    return _distinct(Path.cwd() / "models", bundled_models_dir())


def dataset_search() -> tuple[Path, ...]:
    """Return the folders of dataset modules, in the order of search."""
    return _distinct(Path.cwd() / "datasets", bundled_datasets_dir())


def _distinct(*folders: Path) -> tuple[Path, ...]:
    """Drop a folder that is another one by another name, as in a checkout of WebNN itself."""
    return tuple({folder.resolve(): folder for folder in reversed(folders)}.values())[::-1]
