"""Whether this computer lets a server have what it may need: open files and memory."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

from webnn.core.errors import WebNNError
from webnn.server.config import Limits

FILES_BESIDE_SOCKETS = 64
COPIES_HELD = 12
"""Vectors of the model's size that a busy server holds at once, roughly: versions, updates, and their copies."""

INTERPRETER_BYTES = 300 << 20


def resource_warnings(num_weights: int, limits: Limits | None = None) -> list[str]:
    """Say, in sentences, what may run out. Open files are raised to what the system allows first."""
    return [
        sentence
        for sentence in (
            files_warning(allow_open_files(), limits or Limits()),
            memory_warning(free_memory(), num_weights),
        )
        if sentence is not None
    ]


def files_warning(allowed: int | None, limits: Limits) -> str | None:
    """Say how many volunteers can connect, if open files allow fewer than the server's own limit."""
    if allowed is None or allowed >= limits.max_connections + FILES_BESIDE_SOCKETS:
        return None
    room = max(allowed - FILES_BESIDE_SOCKETS, 0)
    return (
        f"This system allows {allowed} open files, so about {room} volunteers and watchers can be connected at once;"
        " `ulimit -n 8192` before `wnn train` allows more."
    )


def refuse_unfit(num_weights: int, dataset_bytes: int, max_bytes: int) -> None:
    """Raise `WebNNError("settings")` for a run that may need more than `max_bytes` of memory."""
    needed = _needed(num_weights) + dataset_bytes
    if needed > max_bytes:
        raise WebNNError(
            "settings",
            f"The run may need {needed / 2**30:.1f} GiB of memory ({num_weights:,} weights, and"
            f" {dataset_bytes / 2**30:.1f} GiB of data), and it may have {max_bytes / 2**30:.1f} GiB: end another run"
            " first, let fewer run at once, or allow more with --memory.",
        )


def _needed(num_weights: int) -> int:
    return INTERPRETER_BYTES + COPIES_HELD * 4 * num_weights


def memory_warning(free_bytes: int | None, num_weights: int) -> str | None:
    """Say that memory may run out, if a busy server of such a model needs more than is free."""
    needed = _needed(num_weights)
    if free_bytes is None or free_bytes >= needed:
        return None
    return (
        f"About {free_bytes / 2**30:.1f} GiB of memory are free, and a run of this model may need"
        f" {needed / 2**30:.1f} GiB: with many volunteers the system may end the server."
    )


def allow_open_files() -> int | None:
    """Raise this process's limit of open files as far as it may; the limit, None where there is none to know."""
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 (not on Windows)

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = hard if hard != resource.RLIM_INFINITY else max(soft, 65_536)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
        except (OSError, ValueError):
            pass
    return None if soft == resource.RLIM_INFINITY else soft


def give_memory_back() -> None:
    """Hand what was freed back to the system, where the C library keeps it otherwise (glibc). Takes milliseconds."""
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Callable[[int], int] | None:
    if not sys.platform.startswith("linux"):
        return None
    try:
        found: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):  # another C library
        return None
    return found


def free_memory() -> int | None:
    """Bytes that a program could still get, None where the system does not say."""
    try:
        with Path("/proc/meminfo").open(encoding="ascii") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) << 10
    except OSError:
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def memory_in_use() -> int | None:
    """Resident bytes of this process, None where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        pass
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 (not on Windows)

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # the most so far: what there is without /proc
    return most if sys.platform == "darwin" else most << 10
