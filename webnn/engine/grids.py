"""Versions told by what changed: the newest few on their grids, which take half the room of the weights."""

from __future__ import annotations

import threading
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from webnn.core.grid import Grid, encode_grid, movement, to_grid
from webnn.engine.base import Snapshot

NEWEST_SHARE = 0.2
_FINEST, _COARSEST = -120.0, 120.0


class Grids:
    """Encodes versions as `grid`, each pair of versions once.

    The step of a block is about as long as its numbers usually move between two versions that one volunteer gets, so
    that what changed takes little more than two bits a number, however long the leases are, and is off by a third of
    that movement. What a version is told by is therefore decided once, when it is the newest; it is kept while there
    is room, `max_bytes` or as much as two versions if that is more, and changes are told from what is kept alone.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._grids: OrderedDict[int, Grid] = OrderedDict()
        self._newest = 0
        self._usual: NDArray[np.float64] | None = None  # movement of each block, the logarithm to the base 2
        self._made: dict[tuple[int, int], memoryview] = {}
        self._lock = threading.Lock()  # a large model's are made in threads

    def encode(self, snapshot: Snapshot, since: int) -> memoryview:
        """Write `snapshot` as what changed since version `since`; whole where that is 0, or not kept any more."""
        since = since if since in self._grids and since < 2**32 else 0
        with self._lock:
            made = self._made.get((snapshot.version, since))
            if made is None:
                old = self._grids.get(since)
                new = self._grids.get(snapshot.version) or self._make(snapshot, old)
                made = encode_grid(new, None if old is None else (since, old))
                self._keep(snapshot.version, since, made)
        return made

    def clear(self) -> None:
        """Forget every version, but not that there were such."""
        with self._lock:
            self._grids.clear()
            self._made.clear()

    def _make(self, snapshot: Snapshot, old: Grid | None) -> Grid:
        """Put a version on a grid. An older one than the newest so far has had its own, and is kept no second time."""
        if snapshot.version < self._newest:
            return to_grid(snapshot.weights)
        if old is not None:
            self._note(movement(snapshot.weights, old))
        wanted = None if self._usual is None else np.rint(self._usual).astype(np.int8)
        grid = self._grids[snapshot.version] = to_grid(snapshot.weights, wanted)
        self._newest = snapshot.version
        kept = max(2, self._max_bytes // max(1, grid.codes.nbytes))
        while len(self._grids) > kept:
            self._grids.popitem(last=False)
        return grid

    def _note(self, moved: NDArray[np.float64]) -> None:
        moved = np.clip(np.nan_to_num(moved, nan=_COARSEST), _FINEST, _COARSEST)
        self._usual = moved if self._usual is None else self._usual + NEWEST_SHARE * (moved - self._usual)

    def _keep(self, version: int, since: int, made: memoryview) -> None:
        """Keep what was made for those who ask for the same, as long as it leads to the newest version."""
        self._made = {key: each for key, each in self._made.items() if key[0] >= self._newest}
        taken = sum(each.nbytes for each in self._made.values())
        if version == self._newest and (not taken or taken + made.nbytes <= self._max_bytes):
            self._made[version, since] = made
