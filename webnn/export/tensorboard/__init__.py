"""TensorBoard's event files, written without TensorFlow or protobuf."""

from webnn.export.tensorboard.records import RecordWriter, frame_record, masked_crc
from webnn.export.tensorboard.summaries import (
    Value,
    encode_event,
    histogram,
    restart_event,
    scalar,
    session_end,
    session_start,
    text,
    version_event,
)

__all__ = [
    "RecordWriter",
    "Value",
    "encode_event",
    "frame_record",
    "histogram",
    "masked_crc",
    "restart_event",
    "scalar",
    "session_end",
    "session_start",
    "text",
    "version_event",
]
