"""The built front end: which build it is, and its files."""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from webnn.core.errors import WebNNError

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
"""Stated here because what the operating system says differs, and a module script of the wrong type does not run."""

_WORTH_COMPRESSING = frozenset({".css", ".js", ".json", ".map", ".svg", ".txt", ".wasm", ".webmanifest"})


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its bytes, compressed too where that pays."""

    etag: str
    content_type: str
    body: bytes = field(repr=False)
    gzipped: bytes | None = field(repr=False)


class Assets:
    """The files of `folder`, listed once and read when first asked for, so no address reaches any other file.

    `build` names this build of the front end; None where it is not built (then nothing but the API works).
    """

    def __init__(self, folder: Path) -> None:
        self.build = _read_build(folder)
        self._files = {
            path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()
        }
        self._read: dict[str, Asset] = {}

    def get(self, name: str) -> Asset:
        """Read a file (blocking the first time).

        Raises `WebNNError("not_found")` for any other name, and for the programs that Node runs.
        """
        path = self._files.get(name)
        if path is None or name.startswith("node/"):
            raise WebNNError("not_found")
        asset = self._read.get(name)
        if asset is None:
            asset = self._read[name] = _load(path)
        return asset

    def urls(self, base: str) -> dict[str, str]:
        """Addresses by name, under the server's path `base`; each carries the build, so that it never changes."""
        return {name: f"{base}/static/{self.build or '-'}/{name}" for name in self._files}


def _read_build(folder: Path) -> str | None:
    try:
        build = json.loads((folder / "build.json").read_text(encoding="utf-8"))["build"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return build if isinstance(build, str) else None


def _load(path: Path) -> Asset:
    body = path.read_bytes()
    suffix = PurePosixPath(path.name).suffix
    gzipped = gzip.compress(body, 6, mtime=0) if suffix in _WORTH_COMPRESSING and len(body) > 1000 else None
    if gzipped is not None and len(gzipped) > 0.9 * len(body):
        gzipped = None
    return Asset(hashlib.sha256(body).hexdigest()[:32], _TYPES.get(suffix, "application/octet-stream"), body, gzipped)
