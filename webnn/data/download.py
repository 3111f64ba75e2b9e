"""Getting a dataset's files: over HTTP, checked by SHA-256, and never half there.

A file is written beside its place under a temporary name and renamed when every byte is checked, so that whatever
interrupts a download, the name either holds the right bytes or does not exist.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import secrets
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from webnn.core.errors import WebNNError

CHUNK_BYTES = 64 * 1024
TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """How far one file is. `total_bytes` is None where the server does not say; `done_bytes` counts what travelled."""

    name: str
    done_bytes: int
    total_bytes: int | None


ProgressCallback = Callable[[DownloadProgress], None]
_progress: ContextVar[ProgressCallback | None] = ContextVar("webnn_download_progress", default=None)


@contextmanager
def reporting(callback: ProgressCallback | None) -> Iterator[None]:
    """Within this block, downloads tell `callback` of their progress (`asyncio.to_thread` carries it along)."""
    token = _progress.set(callback)
    try:
        yield
    finally:
        _progress.reset(token)


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file to fetch. `urls` are tried in order and may serve it gzipped (told by its first bytes); `sha256`,
    lower-case hex, and `num_bytes` are those of the unpacked contents, which is how it is kept. Without `unpack` it is
    kept as it comes.
    """

    name: str
    urls: tuple[str, ...]
    sha256: str
    num_bytes: int
    unpack: bool = True


def fetch_all(files: Sequence[RemoteFile], folder: Path) -> None:
    """Download `files` into `folder`, those that are not there yet.

    Raises `WebNNError("missing_data")`, listing every file that is missing and where to put it, when one cannot be had.
    """
    missing = [file for file in files if not (folder / file.name).exists()]
    for position, file in enumerate(missing):
        try:
            fetch(file, folder)
        except _UnavailableError as error:
            raise missing_files([entry.name for entry in missing[position:]], folder, str(error)) from error


def missing_files(names: Sequence[str], folder: Path, reason: str) -> WebNNError:
    """Return the error for files that are not on disk: which, where they belong, and why they could not be fetched."""
    listing = ", ".join(names)
    return WebNNError(
        "missing_data",
        f"The data are not on disk ({reason}). Put {listing} (plain, or gzipped with .gz added to the name) into "
        f"{folder}, or name the folder that holds {folder.name}/ with --data-dir.",
    )


def fetch(file: RemoteFile, folder: Path) -> Path:
    """Download one file from the first of its addresses that gives the right bytes; its path."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _UnavailableError(f"the folder {folder} cannot be made: {error.strerror}") from error
    failures = []
    for url in file.urls:
        try:
            return _fetch_from(url, file, folder)
        except (OSError, http.client.HTTPException, zlib.error, _UnavailableError) as error:
            failures.append(f"{url}: {_in_words(error)}")
    raise _UnavailableError("; ".join(failures) or f"no address is known for {file.name}")


class _UnavailableError(Exception):
    """One address, or all of them, did not give the file."""


def _in_words(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"the server answers {error.code} {error.reason}"
    if isinstance(error, urllib.error.URLError):
        return f"no connection ({error.reason})"
    if isinstance(error, http.client.IncompleteRead):
        return "the connection broke off"
    return str(error) or type(error).__name__


def _fetch_from(url: str, file: RemoteFile, folder: Path) -> Path:
    path = folder / file.name
    temporary = folder / f".{file.name}.{secrets.token_hex(4)}.part"
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as response, temporary.open("wb") as target:
            _copy_checked(response, target, file)
            target.flush()
            os.fsync(target.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def _copy_checked(response: http.client.HTTPResponse, target: BinaryIO, file: RemoteFile) -> None:
    """Copy and unpack a response, stopping as soon as it cannot be `file` any more."""
    digest, num_bytes = hashlib.sha256(), 0
    chunks = _counted(response, file.name)
    for chunk in _unpacked(chunks) if file.unpack else chunks:
        digest.update(chunk)
        num_bytes += len(chunk)
        if num_bytes > file.num_bytes:
            break
        target.write(chunk)
    if num_bytes != file.num_bytes or digest.hexdigest() != file.sha256:
        raise _UnavailableError("what came is not the file wanted (its SHA-256 differs)")


def _counted(response: http.client.HTTPResponse, name: str) -> Iterator[bytes]:
    callback = _progress.get()
    length = response.headers.get("Content-Length", "")
    total = int(length) if length.isdigit() else None
    done = 0
    while chunk := response.read(CHUNK_BYTES):
        done += len(chunk)
        if callback is not None:
            callback(DownloadProgress(name, done, total))
        yield chunk
    if total is not None and done < total:
        raise http.client.IncompleteRead(b"", total - done)


def _unpacked(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Return the bytes of `chunks`, un-gzipped where they begin as gzip does; pieces stay small whatever the ratio."""
    first = next(chunks, b"")
    if first[:2] != b"\x1f\x8b":
        yield first
        yield from chunks
        return
    unpacker = zlib.decompressobj(wbits=31)
    for packed in _chain(first, chunks):
        data = unpacker.decompress(packed, CHUNK_BYTES)
        while data:
            yield data
            data = unpacker.decompress(unpacker.unconsumed_tail, CHUNK_BYTES)
    if not unpacker.eof:
        raise _UnavailableError("the gzip file is cut short")


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
