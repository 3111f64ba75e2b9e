"""Bytes that a run's clients sent and were sent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Traffic:
    """Payload bytes of sockets and of downloads, without the transport's own. `pushing_bytes` are weights on their way
    with outcomes.
    """

    bytes_in: int = 0
    bytes_out: int = 0
    pushing_bytes: int = 0
    bytes_of_data: int = 0  # of those that went out, shards
