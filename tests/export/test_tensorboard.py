"""Event files, read back by TensorBoard's own reader."""

import struct
from pathlib import Path

import pytest

from webnn.export import tensorboard as tb
from webnn.export.tensorboard.records import crc32c
from webnn.export.tensorboard.summaries import SessionStatus

accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")


def read(folder: Path) -> "accumulator.EventAccumulator":
    found = accumulator.EventAccumulator(str(folder), size_guidance={accumulator.HISTOGRAMS: 0, accumulator.TENSORS: 0})
    return found.Reload()


def write(folder: Path, *records: bytes, name: str = "events.out.tfevents.0000000001.webnn.00000") -> Path:
    with tb.RecordWriter(folder / name) as writer:
        writer.append([tb.version_event(1.0), *records])
    return folder / name


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"", 0), (b"123456789", 0xE3069283), (bytes(32), 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43)],
)
def test_sums_are_those_of_rfc_3720(data: bytes, expected: int):
    assert crc32c(data) == expected


def test_scalars_come_back_with_their_steps_and_times(tmp_path: Path):
    first = tb.encode_event(10.5, 3, [tb.scalar("validation/loss", 0.25), tb.scalar("validation/accuracy", 0.5)])
    write(tmp_path, first, tb.encode_event(11.5, 300, [tb.scalar("validation/loss", 0.125)]))
    found = read(tmp_path).Scalars("validation/loss")
    assert [(one.wall_time, one.step, one.value) for one in found] == [(10.5, 3, 0.25), (11.5, 300, 0.125)]


def test_histogram_comes_back_with_its_buckets(tmp_path: Path):
    described = {"low": -1.0, "high": 1.0, "mean": 0.25, "deviation": 0.5, "counts": [1, 2, 3, 4]}
    write(tmp_path, tb.encode_event(1, 7, [tb.histogram("weights/a", described)]))
    (found,) = read(tmp_path).Histograms("weights/a")
    value = found.histogram_value
    assert (value.min, value.max, value.num, value.sum) == (-1.0, 1.0, 10.0, 2.5)
    assert list(value.bucket_limit) == [-0.5, 0.0, 0.5, 1.0]
    assert list(value.bucket) == [1, 2, 3, 4]
    assert value.sum_squares == pytest.approx(10 * (0.5**2 + 0.25**2))


def test_text_comes_back(tmp_path: Path):
    write(tmp_path, tb.encode_event(1, 0, [tb.text("model", "# Ziffern, größer")]))
    found = read(tmp_path)
    assert found.summary_metadata["model"].plugin_data.plugin_name == "text"
    (event,) = found.Tensors("model")
    assert event.tensor_proto.string_val[0].decode() == "# Ziffern, größer"


def test_hyper_parameters_come_back(tmp_path: Path):
    from tensorboard.plugins.hparams import plugin_data_pb2

    settings = {"optimizer": "adam", "learning_rate": 0.003, "batch_size": 32, "augmented": True}
    values = [tb.session_start(settings, "run-1", 5.0), tb.session_end(SessionStatus.SUCCESS, 9.0)]
    write(tmp_path, tb.encode_event(1, 0, values))
    metadata = read(tmp_path).summary_metadata
    start = plugin_data_pb2.HParamsPluginData.FromString(
        metadata["_hparams_/session_start_info"].plugin_data.content
    ).session_start_info
    assert {name: getattr(value, value.WhichOneof("kind")) for name, value in start.hparams.items()} == settings
    assert (start.group_name, start.start_time_secs) == ("run-1", 5.0)
    end = plugin_data_pb2.HParamsPluginData.FromString(metadata["_hparams_/session_end_info"].plugin_data.content)
    assert (end.session_end_info.status, end.session_end_info.end_time_secs) == (SessionStatus.SUCCESS, 9.0)


def test_record_that_a_crash_cut_short_loses_nothing_before_it(tmp_path: Path):
    path = write(tmp_path, *(tb.encode_event(1, step, [tb.scalar("loss", step)]) for step in range(3)))
    path.write_bytes(path.read_bytes()[:-5])
    assert [one.step for one in read(tmp_path).Scalars("loss")] == [0, 1]


def test_run_that_goes_on_in_another_file_takes_later_steps_back(tmp_path: Path):
    write(tmp_path, *(tb.encode_event(1, step, [tb.scalar("loss", step)]) for step in (10, 20, 30)))
    again = [tb.restart_event(2, 20), tb.encode_event(2, 20, [tb.scalar("loss", 99)])]
    write(tmp_path, *again, name="events.out.tfevents.0000000002.webnn.00001")
    assert [(one.step, one.value) for one in read(tmp_path).Scalars("loss")] == [(10, 10), (20, 99)]


def test_damaged_record_does_not_pass():
    record = tb.frame_record(b"hello")
    length, total = struct.unpack_from("<QI", record)
    assert (length, total) == (5, tb.masked_crc(record[:8]))
    assert tb.masked_crc(b"hellp") != struct.unpack_from("<I", record, 17)[0]
