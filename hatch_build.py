"""The package build's hook: compiles the front end and puts it, the templates and the examples into the wheel."""

from __future__ import annotations

import os
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUNDLED_FOLDERS = ("static/dist", "static/templates", "models", "datasets")


class FrontEndHook(BuildHookInterface[Any]):
    """Runs for wheels, editable installs and source distributions alike.

    A source distribution carries the built front end, so that a wheel can be made from it without a network.
    """

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """`version` is `editable` for an editable install, which finds the folders where they are."""
        root = Path(self.root)
        front_end = runpy.run_path(str(root / "static" / "build.py"))
        try:
            if front_end["build"]():
                self.app.display_info("built the front end")
        except front_end["BuildError"] as error:
            raise SystemExit(f"\n{error}\n") from None
        if self.target_name == "sdist":
            build_data["force_include"].update(places(root, ("static/dist",), ""))
        elif version != "editable":
            wanted = places(root, BUNDLED_FOLDERS, "webnn/_bundled/")
            build_data["force_include"].update({path: to for path, to in wanted.items() if not to.endswith(".sha256")})


def places(root: Path, folders: tuple[str, ...], prefix: str) -> dict[str, str]:
    """Maps each file of `folders` to its place in the archive, the same path under `prefix`."""
    return {str(path): prefix + path.relative_to(root).as_posix() for path in files_of(root, folders)}


def files_of(root: Path, folders: tuple[str, ...]) -> Iterator[Path]:
    for folder in folders:
        if not (root / folder).is_dir() and os.environ.get("WEBNN_ALLOW_MISSING") != "1":
            raise FileNotFoundError(f"{root / folder} belongs in the wheel and does not exist")
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path
