"""Events of a run as frames, and back: what `--record` writes and `wnn replay` reads."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, get_args

import numpy as np

from webnn.core import events as ev
from webnn.core.aftermath import LeaseRecord
from webnn.core.config import RunConfig, ShardSize, StopConditions
from webnn.core.frames import Buffer, Frame, encode_header
from webnn.core.leases import Outcome
from webnn.core.merging import MergeSpec
from webnn.core.metrics import TrainingMetrics, Validation, Verdict
from webnn.core.schedule import Schedule
from webnn.core.states import RunState
from webnn.store.checkpoint import Checkpoint
from webnn.store.journal import Incarnation

_KINDS: Mapping[str, type[Any]] = {kind.__name__: kind for kind in get_args(ev.Event)}
_PARTS: Mapping[str, type[Any]] = {
    "device": ev.Device,
    "metrics": TrainingMetrics,
    "verdict": Verdict,
    "result": Validation,
}
_NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


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
        arrays = (getattr(self.event, "payload", None), self.merged)
        return 256 + sum(array.nbytes for array in arrays if array is not None)

    def encode(self) -> tuple[Buffer, ...]:
        """Write it as the pieces of a frame."""
        return encode_event(self.event, self.now, None if self.merged is None else digest(self.merged))


def digest(weights: ev.Vector) -> str:
    """Name weights by what they are: the SHA-256 of their little-endian bytes."""
    return hashlib.sha256(np.ascontiguousarray(weights, "<f4").data).hexdigest()


def encode_event(event: ev.Event, now: float, merged_hash: str | None = None) -> tuple[Buffer, ...]:
    """Write an event as the pieces of a frame; an update's payload is a view, so it must not change any more."""
    header = {"type": "event", "event": type(event).__name__, "now": now, "fields": _plain(event)}
    if merged_hash is not None:
        header["hash"] = merged_hash
    start = encode_header(header)
    payload = getattr(event, "payload", None)
    return (start,) if payload is None else (start, np.ascontiguousarray(payload, "<f4").data.cast("B"))


def decode_event(frame: Frame) -> Recorded:
    """Read an event. Raises `KeyError` or `TypeError` for a frame that is none."""
    header = frame.header
    fields = {name: _typed(name, value) for name, value in header["fields"].items()}
    kind = _KINDS[header["event"]]
    if kind is ev.UpdateArrived:
        fields["payload"] = np.frombuffer(frame.payload, "<f4")
    return Recorded(kind(**fields), header["now"], header.get("hash"))


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {
            field.name: _plain(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if field.name != "payload"
        }
    if isinstance(value, float) and not math.isfinite(value):
        return {"not_finite": str(value)}
    return value


def _typed(name: str, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value.keys() == {"not_finite"}:
        return _NOT_FINITE[value["not_finite"]]
    return _PARTS[name](**{inner: _typed(inner, part) for inner, part in value.items()})


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Life:
    """What a life of a run begins from. `checkpoint` None: from its initial `weights`; `state`: to go on in."""

    config: RunConfig
    weights: ev.Vector
    incarnation: Incarnation
    known: Sequence[LeaseRecord] = ()
    checkpoint: Checkpoint | None = None
    state: RunState | None = None


def encode_life(life: Life) -> list[tuple[Buffer, ...]]:
    """Write what a life begins from as frames: a head with the weights, then the strategy's memory array by array."""
    config = {name: value for name, value in dataclasses.asdict(life.config).items() if name != "schedule"}
    words = {
        "config": config,
        "incarnation": dataclasses.asdict(life.incarnation),
        "known": [dataclasses.astuple(record) for record in life.known],
        "manifest": None if life.checkpoint is None else life.checkpoint.manifest,
        "state": life.state,
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
    config = words["config"]
    weights = np.frombuffer(head.payload, "<f4")
    state = {
        frame.header["name"]: np.frombuffer(frame.payload, frame.header["dtype"]).reshape(frame.header["shape"]).copy()
        for frame in arrays
    }
    return Life(
        config=RunConfig(
            **{
                **config,
                "schedule": schedule,
                "shards": tuple(ShardSize(**shard) for shard in config["shards"]),
                "stop": StopConditions(**config["stop"]),
                "merge": MergeSpec(**config["merge"]),
                "robust": None if config.get("robust") is None else MergeSpec(**config["robust"]),
            }
        ),
        weights=weights,
        incarnation=Incarnation(**words["incarnation"]),
        known=[
            LeaseRecord(record[0], record[1], None if record[2] is None else Outcome(record[2]), *record[3:])
            for record in words["known"]
        ],
        checkpoint=None if words["manifest"] is None else Checkpoint(0, weights, state, words["manifest"]),
        state=None if words["state"] is None else RunState(words["state"]),
    )
