"""What of a run's news is in its TensorBoard files."""

import errno
import os
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from webnn.core.metrics import Validation
from webnn.export import tensorboard as tb
from webnn.server.event_files import EventFiles, settings_of
from webnn.server.histograms import Histograms
from webnn.server.metrics import History
from webnn.server.news import StatusNews, ValidationNews

accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")

RECORD: dict[str, Any] = {
    "run": "digits-1",
    "name": "digits",
    "seed": 3,
    "model": {"dataset": "digits", "optimizer": {"sgd": {"learningRate": 0.1}}},
    "dataset": {"name": "digits"},
    "training": {"batch_size": 32, "learning_rate": 0.1, "lease_seconds": 2},
    "merge": {"auto": {"carry": True}},
    "num_weights": 4,
}


class FakeTask:
    def __init__(self) -> None:
        self.history = History()
        specs = [SimpleNamespace(name="dense/kernel", size=3), SimpleNamespace(name="dense/bias", size=1)]
        self.insight = SimpleNamespace(histograms=Histograms(specs))
        self.listeners: list[Any] = []

    def listen(self, listener: Any) -> None:
        self.listeners.append(listener)


def status(iterations: int, seconds: float, **changes: Any) -> StatusNews:
    plain = {"state": "running", "merges": iterations // 2, "volunteers": 2, "examples_per_second": 10.0}
    plain |= {"learning_rate": 0.1, "staleness": 0.5, "bytes_in": 1000, "bytes_out": 2000, "epochs": 0.1}
    return StatusNews({**plain, "iterations": iterations, "seconds": seconds, **changes})


def validation(iterations: int, accuracy: float | None = 0.5, version: int = 1) -> ValidationNews:
    return ValidationNews(1.0, version, iterations, False, Validation(loss=0.25, accuracy=accuracy, num_examples=9))


def follow(folder: Path, **options: Any) -> tuple[FakeTask, EventFiles]:
    task = FakeTask()
    files = EventFiles(folder, RECORD, wall_clock=lambda: 1e9, **options)
    files.follow(task)  # type: ignore[arg-type]
    return task, files


def read(folder: Path) -> Any:
    return accumulator.EventAccumulator(str(folder), size_guidance={accumulator.TENSORS: 0}).Reload()


def steps(found: Any, tag: str) -> list[int]:
    return [one.step for one in found.Scalars(tag)]


def test_run_is_followed_from_its_first_status_to_its_end(tmp_path: Path):
    task, files = follow(tmp_path)
    files.hear(status(0, 0.0))
    files.hear(validation(8))
    task.history.training.add([1.0, 4, 2.0, 0.1, 0])
    task.history.training.add([1.5, 8, 1.0, 0.3, 0])
    files.hear(status(8, 2.0))
    files.hear(status(10, 2.2))  # too soon after the one before
    files.hear(status(20, 2.4, state="finished"))
    files.close()
    found = read(tmp_path)
    assert steps(found, "volunteers") == [0, 8, 20]
    assert [one.value for one in found.Scalars("training/loss")] == [1.5]
    assert found.Scalars("speed/merges_per_second")[0].value == 2.0
    assert [(one.step, one.value) for one in found.Scalars("validation/accuracy")] == [(8, 0.5)]
    assert {"training/learning_rate", "traffic/bytes_in", "traffic/bytes_out"} <= set(found.Tags()["scalars"])
    assert {"_hparams_/session_start_info", "_hparams_/session_end_info", "model"} <= set(found.summary_metadata)


def test_weights_are_shown_at_the_step_of_their_version(tmp_path: Path):
    import numpy as np

    task, files = follow(tmp_path)
    files.hear(validation(6, version=3))
    task.insight.histograms.add(1.0, 3, np.array([1, 2, 3, 4], np.float32))
    files.hear(status(9, 1.0))
    files.close()
    (found,) = read(tmp_path).Histograms("weights/dense/kernel")
    assert (found.step, found.histogram_value.min, found.histogram_value.max) == (6, 1.0, 3.0)


def test_number_that_is_not_known_is_left_out(tmp_path: Path):
    _, files = follow(tmp_path)
    files.hear(status(0, 0.0, examples_per_second=None))
    files.hear(validation(1, accuracy=None))
    files.close()
    tags = read(tmp_path).Tags()["scalars"]
    assert "validation/accuracy" not in tags
    assert "speed/examples_per_second" not in tags
    assert "validation/loss" in tags


def test_run_that_goes_back_takes_its_points_back(tmp_path: Path):
    _, files = follow(tmp_path)
    for step, seconds in ((10, 1.0), (20, 3.0), (30, 5.0), (12, 5.2), (14, 7.0)):
        files.hear(status(step, seconds))
    files.close()
    assert steps(read(tmp_path), "volunteers") == [10, 12, 14]


def test_run_taken_up_again_goes_on_in_another_file(tmp_path: Path):
    for first, last in ((0, 20), (10, 30)):
        _, files = follow(tmp_path, first_step=first)
        files.hear(status(first, first))
        files.hear(status(last, first + 9.0))
        files.close()
    assert len(list(tmp_path.glob("events.out.tfevents.*"))) == 2
    assert steps(read(tmp_path), "volunteers") == [0, 10, 30]


def test_run_that_nothing_became_of_has_no_file(tmp_path: Path):
    _, files = follow(tmp_path)
    files.close()
    files.close()
    files.hear(status(1, 1.0))  # too late
    assert list(tmp_path.iterdir()) == []


def test_disk_that_refuses_is_told_once_and_nothing_more(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    _, files = follow(tmp_path / "gone")
    for step in range(5):
        files.hear(status(step, 10.0 * step))
    files.close()
    assert len(caplog.records) == 1


def test_what_comes_when_the_disk_takes_it_again_goes_into_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    full = threading.Event()
    append = tb.RecordWriter.append

    def refuse(writer: tb.RecordWriter, records: list[bytes]) -> None:
        if full.is_set() and records:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        append(writer, records)

    monkeypatch.setattr(tb.RecordWriter, "append", refuse)
    _, files = follow(tmp_path)
    for step, refuses in enumerate((False, True, True, False)):
        drain(files)
        full.set() if refuses else full.clear()
        files.hear(status(step, 10.0 * step))
    files.close()
    assert len(caplog.records) == 1
    assert len(list(tmp_path.glob("events.out.tfevents.*"))) == 2
    assert steps(read(tmp_path), "volunteers") == [0, 3]


def drain(files: EventFiles) -> None:
    """Wait until all that was noted is written, or refused."""
    done = threading.Event()
    files._queue.put(lambda: done.set() or [])
    if files._thread is not None:
        done.wait(10)


def test_settings_name_what_runs_are_compared_by():
    settings = settings_of(RECORD)
    assert settings["optimizer"] == "sgd"
    assert settings["merge"] == "auto"
    assert settings["merge.auto.carry"] is True
    assert settings["batch_size"] == 32
