"""Messages of `webnn.v1`: client messages parsed strictly into values, server messages built as plain headers.

Every key, range and length is docs/protocol.md's. A header that does not follow it raises `ProtocolError`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from webnn.core.encoding import DOWN, UP, Encoding
from webnn.core.errors import ProtocolError
from webnn.core.fields import Fields
from webnn.core.frames import Buffer, decode_frame
from webnn.core.metrics import TrainingMetrics
from webnn.core.replies import (
    MAX_PUSHED_BYTES,
    goodbye,
    lease,
    live,
    outcome,
    pushes,
    snapshot,
    state,
    version,
    wait,
    welcome,
)

__all__ = [
    "MAX_PUSHED_BYTES",
    "PROTOCOL",
    "SUBPROTOCOL",
    "AbandonMessage",
    "ClientMessage",
    "DeviceKind",
    "GoodbyeMessage",
    "Hello",
    "ProgressMessage",
    "ReadyMessage",
    "Role",
    "StatusMessage",
    "UpdateMessage",
    "VolunteerState",
    "decode_client_message",
    "goodbye",
    "lease",
    "live",
    "outcome",
    "parse_client_message",
    "pushes",
    "snapshot",
    "state",
    "version",
    "wait",
    "welcome",
]

PROTOCOL = 1
SUBPROTOCOL = "webnn.v1"
MAX_ID = 64
MAX_CODE = 100


class Role(StrEnum):
    """Who connects: one that trains, or one that only looks."""

    VOLUNTEER = "volunteer"
    WATCHER = "watcher"


class DeviceKind(StrEnum):
    """Where a client's code runs."""

    BROWSER = "browser"
    WORKER = "worker"


class VolunteerState(StrEnum):
    """What a volunteer's page is doing; shown to people, nothing else."""

    TRAINING = "training"
    PAUSED = "paused"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Hello:
    """First message. `encodings_up`, `encodings_down`: what the client can send and take, favourite first, with f32.

    A volunteer that is not `bound` to this run goes wherever help is needed; one that takes `brief` messages remembers
    what the last ones said. `code`: what some runs ask for.
    """

    build: str | None
    role: Role
    volunteer_id: str | None
    secret: str | None
    device_kind: DeviceKind
    device_name: str
    encodings_up: tuple[Encoding, ...]
    encodings_down: tuple[Encoding, ...]
    bound: bool = True
    code: str | None = field(default=None, repr=False)
    brief: bool = False


@dataclass(frozen=True, slots=True)
class ReadyMessage:
    """Asks for one lease. `version`: the newest weights that the client holds; `down`: how weights that come without
    being asked for should come, `push`: whether they should where they are many bytes, too.
    """

    backend: str
    seconds_per_iteration: float | None
    version: int | None
    down: Encoding = Encoding.F32
    push: bool = False


@dataclass(frozen=True, slots=True)
class ProgressMessage:
    """`iterations` steps of a lease are done."""

    lease_id: str
    iterations: int
    metrics: TrainingMetrics


@dataclass(frozen=True, slots=True)
class UpdateMessage:
    """What came back for a lease; `seconds` is training time. `rests`: a part of that is a rest still to come,
    longer than the update takes to be answered. The payload travels beside it.
    """

    lease_id: str
    base_version: int
    iterations: int
    num_examples: int
    seconds: float
    encoding: Encoding
    metrics: TrainingMetrics
    rests: bool = False


@dataclass(frozen=True, slots=True)
class AbandonMessage:
    """Gives a lease back untrained."""

    lease_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class StatusMessage:
    """Training, paused or hidden."""

    state: VolunteerState


@dataclass(frozen=True, slots=True)
class GoodbyeMessage:
    """Leaving for good."""

    reason: str


ClientMessage = Hello | ReadyMessage | ProgressMessage | UpdateMessage | AbandonMessage | StatusMessage | GoodbyeMessage


def parse_client_message(header: Mapping[str, object]) -> ClientMessage:
    """Read a decoded header as a message. Raises `ProtocolError` naming the key that is missing, extra or wrong."""
    kind = header.get("type")
    parse = _PARSERS.get(kind) if isinstance(kind, str) else None
    if parse is None:
        raise ProtocolError(f"There is no message {str(kind)[:40]!r}.")
    fields = Fields(str(kind), header)
    message = parse(fields)
    fields.done()
    return message


def decode_client_message(data: Buffer) -> tuple[ClientMessage, memoryview]:
    """Decode and parse one frame from a client; only an `update` may carry a payload, and it must."""
    frame = decode_frame(data)
    message = parse_client_message(frame.header)
    if isinstance(message, UpdateMessage) != bool(len(frame.payload)):
        raise ProtocolError(f"A {frame.type} {'needs a' if not len(frame.payload) else 'has no'} payload.")
    return message, frame.payload


def _hello(fields: Fields) -> Hello:
    fields.integer("protocol", PROTOCOL, PROTOCOL)
    device = fields.map("device")
    encodings = fields.map("encodings")
    hello = Hello(
        build=fields.optional_text("build", 200),
        role=fields.choice("role", Role),
        volunteer_id=fields.optional_text("volunteer_id", MAX_ID),
        secret=fields.optional_text("secret", 200),
        device_kind=device.choice("kind", DeviceKind),
        device_name=device.words("name", 120),
        encodings_up=_encodings(encodings.texts("up", 16, 20)),
        encodings_down=_encodings(encodings.texts("down", 16, 20)),
        bound=fields.flag("bound", default=True),
        code=fields.text_or_none("code", MAX_CODE),
        brief=fields.flag("brief", default=False),
    )
    device.done()
    encodings.done()
    return hello


def _encodings(names: tuple[str, ...]) -> tuple[Encoding, ...]:
    """Those that we know, in the client's order; f32 is spoken by everyone. Newer clients may know more than we do."""
    known = [Encoding(name) for name in dict.fromkeys(names) if name in frozenset(Encoding)]
    return tuple(known) if Encoding.F32 in known else (*known, Encoding.F32)


def _ready(fields: Fields) -> ReadyMessage:
    return ReadyMessage(
        backend=fields.words("backend", 40),
        seconds_per_iteration=fields.optional_number("seconds_per_iteration", above=0),
        version=fields.optional_integer("version", 0),
        down=_down(fields.late_text("down", 20)),
        push=fields.flag("push", default=False),
    )


def _down(name: str | None) -> Encoding:
    """An encoding of versions; f32 where none is named, or one that we do not know."""
    return _DOWN.get(name, Encoding.F32) if name is not None else Encoding.F32


def _progress(fields: Fields) -> ProgressMessage:
    return ProgressMessage(fields.text("lease_id", MAX_ID), fields.integer("iterations", 0), _metrics(fields))


def _update(fields: Fields) -> UpdateMessage:
    return UpdateMessage(
        lease_id=fields.text("lease_id", MAX_ID),
        base_version=fields.integer("base_version", 0),
        iterations=fields.integer("iterations", 1),
        num_examples=fields.integer("num_examples", 1),
        seconds=fields.number("seconds", above=0),
        encoding=_up(fields),
        metrics=_metrics(fields),
        rests=fields.flag("rests", default=False),
    )


def _up(fields: Fields) -> Encoding:
    encoding = fields.choice("encoding", Encoding)
    if encoding not in UP:
        raise ProtocolError(f"Updates come as {' or '.join(UP)}, not as {encoding}.")
    return encoding


def _metrics(fields: Fields) -> TrainingMetrics:
    return TrainingMetrics(fields.optional_number("loss"), fields.optional_number("accuracy"))


def _abandon(fields: Fields) -> AbandonMessage:
    return AbandonMessage(fields.text("lease_id", MAX_ID), fields.words("reason", 200))


def _status(fields: Fields) -> StatusMessage:
    return StatusMessage(fields.choice("state", VolunteerState))


def _goodbye(fields: Fields) -> GoodbyeMessage:
    return GoodbyeMessage(fields.words("reason", 200))


_DOWN = {each.value: each for each in DOWN}

_PARSERS: Mapping[str, Callable[[Fields], ClientMessage]] = {
    "hello": _hello,
    "ready": _ready,
    "progress": _progress,
    "update": _update,
    "abandon": _abandon,
    "status": _status,
    "goodbye": _goodbye,
}
