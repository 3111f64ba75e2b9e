"""Where the package's own resources lie: inside an installed wheel, or in the folders of a checkout."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def resource_dir(name: str) -> Path:
    """The folder `name` (relative, with `/`) of an installed wheel (`webnn/_bundled/`) or else of the checkout.

    The folder is not checked to exist: a checkout whose front end is not built has no `static/dist`.
    """
    bundled = PACKAGE / "_bundled"
    return (bundled if bundled.is_dir() else PACKAGE.parent) / name


def dist_dir() -> Path:
    """The built front end: `page/`, `worker/`, `node/`, `*.wasm`, `build.json`."""
    return resource_dir("static/dist")


def templates_dir() -> Path:
    """The Jinja templates of the pages."""
    return resource_dir("static/templates")


def bundled_models_dir() -> Path:
    """The model files that come with WebNN."""
    return resource_dir("models")


def bundled_datasets_dir() -> Path:
    """The dataset modules that come with WebNN."""
    return resource_dir("datasets")
