"""Shards: fixed slices of the training set in a seeded order, each a frame named by the SHA-256 of its bytes."""

from __future__ import annotations

import gzip
import hashlib
import math
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webnn.core.errors import WebNNError
from webnn.core.frames import ALIGNMENT, encode_header
from webnn.data.dataset import Dataset, Split
from webnn.data.dtypes import to_wire

TARGET_BYTES = 512 * 1024
CACHE_BYTES = 96 * 2**20
"""Of each of two caches: frames as they are, and gzipped."""

TELL_EVERY = 1024
"""Shards between two words on how far the cutting is: about half a gigabyte."""

WORTH_PACKING = 0.9
"""A shard is offered gzipped where that takes less than this share of its bytes."""


@dataclass(frozen=True, slots=True)
class ShardInfo:
    """A shard: its SHA-256 in lower-case hex, its examples, and the length of its frame."""

    name: str
    num_examples: int
    num_bytes: int


def encode_examples(split: Split, rows: NDArray[np.intp]) -> bytes:
    """Return the shard frame of `docs/protocol.md` for some rows of a split, in the order given."""
    header: dict[str, Any] = {"type": "shard", "num_examples": len(rows)}
    parts: list[bytes] = []
    places = []
    offset = 0
    for array in (*split.arrays, split.targets):
        data = to_wire(_gather(array, rows))
        places.append({"dtype": data.dtype.newbyteorder("=").name, "shape": list(data.shape), "offset": offset})
        padding = -data.nbytes % ALIGNMENT
        parts += [data.tobytes(), bytes(padding)]
        offset += data.nbytes + padding
    parts.pop()  # the payload ends with the last number
    header["inputs"], header["targets"] = places[:-1], places[-1]
    return b"".join((encode_header(header), *parts))


def encode_split(split: Split, limit: int | None = None, target_bytes: int = TARGET_BYTES) -> Iterator[bytes]:
    """Return a whole split (or `limit` examples of it) as shard frames, for the evaluator.

    The order is a fixed shuffle: the first examples are a fair sample, whatever the source's order, and the same each
    time.
    """
    order = np.random.default_rng(0).permutation(len(split))[:limit]
    for rows in _slices(order, split, target_bytes):
        yield encode_examples(split, rows)


class ShardStore:
    """The shards of one run by name. Frames are kept in memory up to `cache_bytes` and otherwise encoded again when
    asked for. Safe to use from several threads.

    A name is a hash of every byte, so the whole split is read once at the beginning, a shard at a time; `tell` is
    told the share that is done, now and then.
    """

    def __init__(
        self,
        split: Split,
        slices: list[NDArray[np.intp]],
        cache_bytes: int = CACHE_BYTES,
        tell: Callable[[float], None] = lambda _: None,
    ) -> None:
        self._split = split
        self._plain = _Cache(cache_bytes)
        self._packed = _Cache(cache_bytes)
        self._rows: dict[str, NDArray[np.intp]] = {}
        shards = []
        for done, rows in enumerate(slices):
            if done and done % TELL_EVERY == 0:
                tell(done / len(slices))
            frame = encode_examples(split, rows)
            name = hashlib.sha256(frame).hexdigest()
            if name in self._rows:
                raise WebNNError(
                    "invalid_dataset",
                    "Two shards of the training set hold the same bytes: the same examples are there many times over. "
                    "Leave out the copies.",
                )
            self._rows[name] = rows
            self._plain.offer(name, frame)
            shards.append(ShardInfo(name, len(rows), len(frame)))
        self.shards = tuple(shards)

    def get(self, name: str) -> bytes:
        """Return a shard's frame. Raises `WebNNError("no_such_shard")`."""
        rows = self._rows.get(name)
        if rows is None:
            raise WebNNError("no_such_shard")
        frame = self._plain.get(name, lambda: encode_examples(self._split, rows))
        assert frame is not None
        return frame

    def gzipped(self, name: str) -> bytes | None:
        """Return a shard's frame gzipped, or None where that saves little. Raises `WebNNError("no_such_shard")`."""
        return self._packed.get(name, lambda: _packed(self.get(name))) if name in self._rows else self.get(name)


def cut_shards(
    dataset: Dataset,
    seed: int,
    target_bytes: int = TARGET_BYTES,
    cache_bytes: int = CACHE_BYTES,
    tell: Callable[[float], None] = lambda _: None,
) -> ShardStore:
    """Cut the training split into shards of about `target_bytes` each, after a permutation drawn from `seed`, so that
    a source sorted by class makes no one-class shards. The same seed gives the same shards.
    """
    order = np.random.default_rng(seed).permutation(len(dataset.train))
    return ShardStore(dataset.train, list(_slices(order, dataset.train, target_bytes)), cache_bytes, tell)


def _slices(order: NDArray[np.intp], split: Split, target_bytes: int) -> Iterator[NDArray[np.intp]]:
    """`order` in pieces of nearly equal length, each about `target_bytes` on the wire."""
    row_bytes = sum(to_wire(array[:1]).nbytes for array in (*split.arrays, split.targets))
    count = min(len(order), max(1, math.ceil(len(order) * row_bytes / target_bytes)))
    yield from np.array_split(order, count)


def _gather(array: NDArray[Any], rows: NDArray[np.intp]) -> NDArray[Any]:
    """`array[rows]`, read in ascending order (a memory map on a disk likes that) and put in the order of `rows`."""
    ascending = np.argsort(rows)
    gathered = array[rows[ascending]]
    result = np.empty_like(gathered)
    result[ascending] = gathered
    return result


def _packed(frame: bytes) -> bytes | None:
    packed = gzip.compress(frame, compresslevel=6, mtime=0)
    return packed if len(packed) < WORTH_PACKING * len(frame) else None


class _Cache:
    """Least recently used bytes by name, up to a total; None is a value too (it costs nothing)."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._num_bytes = 0
        self._items: OrderedDict[str, bytes | None] = OrderedDict()
        self._lock = Lock()

    def get(self, name: str, make: Callable[[], bytes | None]) -> bytes | None:
        with self._lock:
            if name in self._items:
                self._items.move_to_end(name)
                return self._items[name]
        item = make()
        self.offer(name, item)
        return item

    def offer(self, name: str, item: bytes | None) -> None:
        size = len(item or b"")
        with self._lock:
            if name in self._items or size > self._max_bytes:
                return
            self._items[name] = item
            self._num_bytes += size
            while self._num_bytes > self._max_bytes:
                self._num_bytes -= len(self._items.popitem(last=False)[1] or b"")
