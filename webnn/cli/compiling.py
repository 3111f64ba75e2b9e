"""Faster arithmetic for a server, where numba is installed."""

from __future__ import annotations

from threading import Thread

from webnn.core import loops


def compile_meanwhile() -> None:
    """Have the loops compiled while the server starts, if the extra `fast` is there; numpy does until they are."""
    Thread(target=loops.load, name="compiling", daemon=True).start()
