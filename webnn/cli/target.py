"""Which server a command was told to ask."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Target:
    """A server's address with the owner's token for it, or the runs folder to find a live one in.

    `ca` is a certificate (PEM) to trust besides those that this computer does.
    """

    server: str | None
    token: str | None
    ca: Path | None
    runs_dir: Path
