"""Events of a run as frames, and back: what `--record` writes and `wnn replay` reads."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, get_args

import numpy as np

from webnn.core import events as ev
from webnn.core.aftermath import LeaseRecord
from webnn.core.changing import Changes
from webnn.core.config import RunConfig
from webnn.core.frames import Buffer, Frame, encode_header
from webnn.core.leases import Outcome
from webnn.core.schedule import Schedule
from webnn.core.states import RunState
from webnn.server.plain import plain, typed
from webnn.store.checkpoint import Checkpoint
from webnn.store.journal import Incarnation

_KINDS: Mapping[str, type[Any]] = {kind.__name__: kind for kind in get_args(ev.Event)}
_PAYLOAD = "payload"
"""The one field of an event that is not in its frame's header but behind it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Recorded:
    """An event with its time. `hash`, with a `MergeDone`: the SHA-256 of the weights that the merge made."""

    event: ev.Event
    now: float
    hash: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Happening:
    """An event that is still to be written. `merged`, with a `MergeDone`: the weights that the merge made.

    Nothing that it holds may change any more: it is encoded in another thread.
    """

    event: ev.Event
    now: float
    merged: ev.Vector | None = None

    @property
    def num_bytes(self) -> int:
        """About what it holds in memory until it is written."""
        arrays = (getattr(self.event, _PAYLOAD, None), self.merged)
        return 256 + sum(array.nbytes for array in arrays if array is not None)

    def encode(self) -> tuple[Buffer, ...]:
        """Write it as the pieces of a frame."""
        return encode_event(self.event, self.now, None if self.merged is None else digest(self.merged))


def digest(weights: ev.Vector) -> str:
    """Name weights by what they are: the SHA-256 of their little-endian bytes."""
    return hashlib.sha256(np.ascontiguousarray(weights, "<f4").data).hexdigest()


def encode_event(event: ev.Event, now: float, merged_hash: str | None = None) -> tuple[Buffer, ...]:
    """Write an event as the pieces of a frame; an update's payload is a view, so it must not change any more."""
    header = {"type": "event", "event": type(event).__name__, "now": now, "fields": plain(event, frozenset({_PAYLOAD}))}
    if merged_hash is not None:
        header["hash"] = merged_hash
    start = encode_header(header)
    payload = getattr(event, _PAYLOAD, None)
    return (start,) if payload is None else (start, np.ascontiguousarray(payload, "<f4").data.cast("B"))


def decode_event(frame: Frame) -> Recorded:
    """Read an event. Raises `KeyError`, `TypeError` or `ValueError` for a frame that is none."""
    header = frame.header
    kind = _KINDS[header["event"]]
    has_payload = any(field.name == _PAYLOAD for field in dataclasses.fields(kind))
    payload = {_PAYLOAD: np.frombuffer(frame.payload, "<f4")} if has_payload else {}
    return Recorded(typed(kind, header["fields"], **payload), header["now"], header.get("hash"))


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Life:
    """What a life of a run begins from. `checkpoint` None: from its initial `weights`; `state`: to go on in; `changes`:
    of the settings in `config`, so far.
    """

    config: RunConfig
    weights: ev.Vector
    incarnation: Incarnation
    known: Sequence[LeaseRecord] = ()
    checkpoint: Checkpoint | None = None
    state: RunState | None = None
    changes: Changes = dataclasses.field(default_factory=dict)


def encode_life(life: Life) -> list[tuple[Buffer, ...]]:
    """Write what a life begins from as frames: a head with the weights, then the strategy's memory array by array."""
    words = {
        "config": plain(life.config, frozenset({"schedule"})),
        "incarnation": dataclasses.asdict(life.incarnation),
        "known": [dataclasses.astuple(record) for record in life.known],
        "manifest": None if life.checkpoint is None else life.checkpoint.manifest,
        "state": life.state,
        "changes": life.changes,
    }
    head = encode_header({"type": "life", "json": json.dumps(words)})
    frames: list[tuple[Buffer, ...]] = [(head, np.ascontiguousarray(life.weights, "<f4").data.cast("B"))]
    for name, array in ({} if life.checkpoint is None else life.checkpoint.strategy_state).items():
        header = {"type": "array", "name": name, "dtype": array.dtype.str, "shape": list(array.shape)}
        frames.append((encode_header(header), np.ascontiguousarray(array).tobytes()))
    return frames


def decode_life(head: Frame, arrays: Sequence[Frame], schedule: Schedule) -> Life:
    """Read what a life begins from; the schedule is the run's own, which a recording does not repeat."""
    words = json.loads(head.header["json"])
    weights = np.frombuffer(head.payload, "<f4")
    state = {
        frame.header["name"]: np.frombuffer(frame.payload, frame.header["dtype"]).reshape(frame.header["shape"]).copy()
        for frame in arrays
    }
    return Life(
        config=typed(RunConfig, words["config"], schedule=schedule),
        weights=weights,
        incarnation=Incarnation(**words["incarnation"]),
        known=[
            LeaseRecord(record[0], record[1], None if record[2] is None else Outcome(record[2]), *record[3:])
            for record in words["known"]
        ],
        checkpoint=None if words["manifest"] is None else Checkpoint(0, weights, state, words["manifest"]),
        state=None if words["state"] is None else RunState(words["state"]),
        changes=words.get("changes", {}),
    )
