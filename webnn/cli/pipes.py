"""What to do when nobody reads our output any more."""

from __future__ import annotations

import os
import sys


def forget_stdout() -> None:
    """Write to nowhere from now on, so that Python's own flush at its end does not fail over a closed pipe."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
