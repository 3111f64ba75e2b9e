"""Brief messages: what a connection's last message of the same type said already is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

BRIEF = frozenset({"lease", "outcome"})
"""The messages of each update, whose keys and values are mostly those of the last."""

_MISSING = object()


class Brief:
    """Shortens what is sent over one connection, in this order. `expand` of static/src/shared/brief.ts undoes it."""

    def __init__(self) -> None:
        self._last: dict[str, Mapping[str, Any]] = {}
        self._shard: object = None

    def shorten(self, header: Mapping[str, Any]) -> Mapping[str, Any]:
        """Leave out each key that has the value that it had; one that is gone is nil. In `parts` a shard that is the
        same as in the part before, the last of the lease before for the first, is nil.
        """
        kind = header["type"]
        if kind not in BRIEF:
            return header
        last = self._last.get(kind, {})
        self._last[kind] = header
        short = {key: value for key, value in header.items() if last.get(key, _MISSING) != value or key == "type"}
        short.update((key, None) for key in last if key not in header)
        if kind == "lease":
            parts = [self._part(part) for part in header["parts"]]
            if "parts" in short:
                short["parts"] = parts
        return short

    def _part(self, part: Any) -> list[Any]:
        shard, first, last = part
        known, self._shard = self._shard == shard, shard
        return [None if known else shard, first, last]
