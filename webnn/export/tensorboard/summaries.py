"""Events and summaries as TensorBoard reads them; numbers of fields are those of its `.proto` files.

`event.proto`: Event, SessionLog. `summary.proto`: Summary, HistogramProto, SummaryMetadata. `tensor.proto`.
`plugins/hparams/plugin_data.proto` and `api.proto` for hyper-parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

from webnn.export.tensorboard import protobuf as pb

Value = bytes
"""One encoded `Summary.Value`: something with a tag that is so at a step."""

Setting = str | float | bool
"""A hyper-parameter."""

_FILE_VERSION = "brain.Event:2"
_DT_FLOAT, _DT_STRING = 1, 7
_SESSION_START = 1


class SessionStatus(IntEnum):
    """How a session of the hyper-parameter view ended."""

    SUCCESS = 1
    FAILURE = 2


def version_event(wall_time: float) -> bytes:
    """The first record of a file."""
    return pb.double(1, wall_time) + pb.string(3, _FILE_VERSION)


def restart_event(wall_time: float, step: int) -> bytes:
    """Say that the run begins anew at `step`: readers forget what they read of it and later steps."""
    return pb.double(1, wall_time) + pb.integer(2, step) + pb.message(7, pb.integer(1, _SESSION_START))


def encode_event(wall_time: float, step: int, values: Sequence[Value]) -> bytes:
    """A record with `values`, all of them at `step`. `wall_time` in seconds since 1970."""
    summary = b"".join(pb.message(1, value) for value in values)
    return pb.double(1, wall_time) + pb.integer(2, step) + pb.message(5, summary)


def scalar(tag: str, value: float) -> Value:
    return pb.string(1, tag) + pb.single(2, value)


def histogram(tag: str, described: Mapping[str, Any]) -> Value:
    """Counts of equal steps from `low` to `high`, with the `mean` and the `deviation` of all values.

    `described` is one of the distributions of `histograms` in docs/protocol.md.
    """
    low, high, mean, counts = described["low"], described["high"], described["mean"], described["counts"]
    total = float(sum(counts))
    step = (high - low) / len(counts)
    limits = [low + step * (place + 1) for place in range(len(counts))]
    limits[-1] = high
    squares = total * (described["deviation"] ** 2 + mean**2)
    proto = (
        *(pb.double(1, low), pb.double(2, high), pb.double(3, total), pb.double(4, total * mean)),
        *(pb.double(5, squares), pb.doubles(6, limits), pb.doubles(7, map(float, counts))),
    )
    return pb.string(1, tag) + pb.message(5, *proto)


def text(tag: str, words: str) -> Value:
    """A text in Markdown."""
    one = pb.message(2, pb.message(2, pb.integer(1, 1)))
    tensor = pb.message(8, pb.integer(1, _DT_STRING), one, pb.string(8, words))
    return pb.string(1, tag) + _metadata("text") + tensor


def session_start(settings: Mapping[str, Setting], group: str, wall_time: float) -> Value:
    """The hyper-parameters of a run, which TensorBoard's HPARAMS shows beside its last scalars."""
    entries = [pb.message(1, pb.string(1, name), pb.message(2, _json_value(value))) for name, value in settings.items()]
    start = b"".join((*entries, pb.string(4, group), pb.double(5, wall_time)))
    return _hyper_parameters("_hparams_/session_start_info", pb.message(3, start))


def session_end(status: SessionStatus, wall_time: float) -> Value:
    end = pb.integer(1, status) + pb.double(2, wall_time)
    return _hyper_parameters("_hparams_/session_end_info", pb.message(4, end))


def _json_value(value: Setting) -> bytes:
    """A `google.protobuf.Value`."""
    if isinstance(value, bool):
        return pb.integer(4, value)
    return pb.string(3, value) if isinstance(value, str) else pb.double(2, value)


def _hyper_parameters(tag: str, content: bytes) -> Value:
    empty = pb.message(8, pb.integer(1, _DT_FLOAT), pb.message(2), pb.single(5, 0.0))
    return pb.string(1, tag) + _metadata("hparams", content) + empty


def _metadata(plugin: str, content: bytes = b"") -> bytes:
    return pb.message(9, pb.message(1, pb.string(1, plugin), pb.message(2, content)))
