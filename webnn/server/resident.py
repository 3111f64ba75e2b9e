"""The memory of this process."""

from __future__ import annotations

import sys

_LINUX_STATM = "/proc/self/statm"


def memory_bytes() -> int | None:
    """Memory that this process holds now (Linux), or held at most (elsewhere); None where that is not known."""
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 (not on Windows)

    try:
        with open(_LINUX_STATM, encoding="ascii") as file:  # noqa: PTH123
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else 1024 * peak
