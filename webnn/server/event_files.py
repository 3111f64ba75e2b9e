"""A run's TensorBoard event files, written beside it as it goes: `tensorboard --logdir runs` shows them."""

from __future__ import annotations

import json
import logging
import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from webnn.core.states import RunState
from webnn.export import tensorboard as tb
from webnn.export.tensorboard.summaries import SessionStatus, Setting
from webnn.server.news import News, StatusNews, ValidationNews
from webnn.server.rhythm import Rhythm

if TYPE_CHECKING:
    from webnn.server.metrics import Point
    from webnn.server.run_task import RunTask

SHARE = 0.01
"""Between two statuses this part of the running time passes, so that a long run's file stays small."""

HISTOGRAM_SHARE = 0.05

_SCALARS = {
    "volunteers": "volunteers",
    "examples_per_second": "speed/examples_per_second",
    "learning_rate": "training/learning_rate",
    "staleness": "training/staleness",
    "bytes_in": "traffic/bytes_in",
    "bytes_out": "traffic/bytes_out",
    "epochs": "progress/epochs",
    "merges": "progress/merges",
}
"""Keys of the status of docs/protocol.md, and their tags."""

Work = Callable[[], Sequence[bytes]]


class EventFiles:
    """Hears a run's news and appends to one new event file, in a thread of its own that nothing waits for.

    A step is a merged iteration. A run that is taken up again goes on in another file; what was read of steps that it
    goes over again is taken back. A disk that refuses ends the file, with a line in the log: the run goes on.
    """

    def __init__(
        self,
        folder: Path,
        record: Mapping[str, Any],
        *,
        first_step: int = 0,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        """`record` is the run's `config.json`; `first_step` the iterations that a run taken up again has behind it."""
        self._folder = folder
        self._record = record
        self._wall_clock = wall_clock
        self._step = self._first_step = first_step
        self._rhythm = Rhythm(SHARE)
        self._histogram_rhythm = Rhythm(HISTOGRAM_SHARE)
        self._merges: tuple[float, int] | None = None
        self._seen_training = 0
        self._steps_of: dict[int, int] = {}
        self._written_histogram = 0
        self._over = False
        self._closed = False
        self._queue: SimpleQueue[Work | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._task: RunTask | None = None

    def follow(self, task: RunTask) -> None:
        """Begin to write what becomes of `task`."""
        self._task = task
        task.listen(self.hear)

    def hear(self, news: News) -> None:
        """Note a piece of news; returns at once."""
        if self._closed:
            return
        now = self._wall_clock()
        match news:
            case ValidationNews():
                self._begin(now)
                self._steps_of = {**dict(list(self._steps_of.items())[-8:]), news.version: news.iterations}
                values = _finite({"validation/loss": news.result.loss, "validation/accuracy": news.result.accuracy})
                self._queue.put(partial(_scalars, now, news.iterations, values))
            case StatusNews(status):
                self._hear_status(status, now)
            case _:
                pass  # the status says it

    def close(self) -> None:
        """Write what is left, and close the file. Blocks; may be called twice."""
        self._closed = True
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def _hear_status(self, status: Mapping[str, Any], now: float) -> None:
        state, seconds, step = RunState(status["state"]), float(status["seconds"]), int(status["iterations"])
        if step < self._step:  # the run went back
            self._rhythm.forget()
            self._histogram_rhythm.forget()
            self._queue.put(partial(_restart, now, step))
        self._step = step
        if self._over or not (state.over or self._rhythm.due(seconds)):
            return
        self._begin(now)
        values = {tag: status.get(key) for key, tag in _SCALARS.items()}
        values["speed/merges_per_second"] = self._merges_per_second(seconds, int(status["merges"]))
        values |= self._training()
        self._queue.put(partial(_scalars, now, step, _finite(values)))
        self._note_histograms(seconds, now)
        if state.over:
            self._over = True
            end = SessionStatus.FAILURE if state is RunState.FAILED else SessionStatus.SUCCESS
            self._queue.put(lambda: [tb.encode_event(now, step, [tb.session_end(end, now)])])

    def _merges_per_second(self, seconds: float, merges: int) -> float | None:
        before, self._merges = self._merges, (seconds, merges)
        if before is None or seconds <= before[0]:
            return None
        return max(0, merges - before[1]) / (seconds - before[0])

    def _training(self) -> dict[str, float | None]:
        """Means of what volunteers reported since the last time."""
        if self._task is None:
            return {}
        series = self._task.history.training
        points = series.since(self._seen_training)
        self._seen_training = series.count
        return {"training/loss": _mean(points, 2), "training/accuracy": _mean(points, 3)}

    def _note_histograms(self, seconds: float, now: float) -> None:
        insight = None if self._task is None else self._task.insight
        if insight is None or not self._histogram_rhythm.due(seconds):
            return
        found = insight.histograms.as_dict()
        newest = found["moments"][-1] if found["moments"] else None
        if newest is None or newest["version"] == self._written_histogram:
            self._histogram_rhythm.forget()
            return
        self._written_histogram = newest["version"]
        step = self._steps_of.get(newest["version"], self._step)
        self._queue.put(partial(_histograms, now, step, found["names"], newest))

    def _begin(self, now: float) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._write_for_ever, name="event files", daemon=True)
            self._queue.put(partial(_first_records, now, self._record, self._first_step))
            self._thread.start()

    def _write_for_ever(self) -> None:
        writer: tb.RecordWriter | None = None
        refused = False
        while (work := self._queue.get()) is not None:
            try:
                if writer is None:
                    path = next_path(self._folder, self._wall_clock())
                    writer = tb.RecordWriter(path)
                writer.append(work())
            except OSError as error:  # what comes when the disk takes it again goes into another file
                if not refused:
                    refused = True
                    logging.getLogger(__name__).warning("TensorBoard's files lack something: %s", error)
                if writer is not None:
                    _let_go_of(writer, path)
                    writer = None
        if writer is not None:
            writer.close()


def _let_go_of(writer: tb.RecordWriter, path: Path) -> None:
    """Close a file that could not be written to; one with nothing in it goes."""
    with suppress(OSError):
        writer.close()
    with suppress(OSError):
        if path.stat().st_size == 0:
            path.unlink()


def next_path(folder: Path, wall_time: float) -> Path:
    """Name the next event file in `folder`: readers take them in the order of their names."""
    number = len(list(folder.glob("events.out.tfevents.*")))
    return folder / f"events.out.tfevents.{int(wall_time):010d}.webnn.{number:05d}"


def settings_of(record: Mapping[str, Any]) -> dict[str, Setting]:
    """The settings of a run's `config.json` that runs are compared by."""
    model, training = record.get("model", {}), record.get("training", {})
    merge = record.get("merge", {})
    optimizer = model.get("optimizer", "adam")
    found: dict[str, Any] = {
        "model": record.get("name", ""),
        "dataset": record.get("dataset", {}).get("name", ""),
        "optimizer": optimizer if isinstance(optimizer, str) else next(iter(optimizer), ""),
        "learning_rate": training.get("learning_rate"),
        "batch_size": training.get("batch_size"),
        "lease_seconds": training.get("lease_seconds"),
        "merge": next(iter(merge), ""),
        "seed": record.get("seed"),
        "num_weights": record.get("num_weights"),
    }
    for name, options in merge.items():
        found |= {f"merge.{name}.{key}": value for key, value in options.items()}
    return {name: value for name, value in found.items() if isinstance(value, (str, int, float))}


def _first_records(now: float, record: Mapping[str, Any], first_step: int) -> list[bytes]:
    definition = json.dumps(record.get("model", {}), indent=2, ensure_ascii=False)
    values = [
        tb.session_start(settings_of(record), str(record.get("run", "")), now),
        tb.text("model", f"```json\n{definition}\n```"),
    ]
    records = [tb.version_event(now), tb.encode_event(now, first_step, values)]
    if first_step:
        records.insert(1, tb.restart_event(now, first_step))
    return records


def _restart(now: float, step: int) -> list[bytes]:
    return [tb.restart_event(now, step)]


def _scalars(now: float, step: int, values: Mapping[str, float]) -> list[bytes]:
    return [tb.encode_event(now, step, [tb.scalar(tag, value) for tag, value in values.items()])] if values else []


def _histograms(now: float, step: int, names: Sequence[str], moment: Mapping[str, Any]) -> list[bytes]:
    values = [
        tb.histogram(f"{part}/{name}", described)
        for part in ("weights", "updates")
        for name, described in zip(names, moment[part] or (), strict=False)
    ]
    return [tb.encode_event(now, step, values)]


def _finite(values: Mapping[str, float | None]) -> dict[str, float]:
    return {tag: float(value) for tag, value in values.items() if value is not None and math.isfinite(value)}


def _mean(points: Sequence[Point], column: int) -> float | None:
    known = [point[column] for point in points if point[column] is not None]
    return sum(known) / len(known) if known else None
