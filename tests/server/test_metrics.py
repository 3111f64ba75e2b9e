from __future__ import annotations

import json
import logging
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webnn.core.effects import Merged
from webnn.core.metrics import TrainingMetrics, Validation
from webnn.server.limits import TokenBucket
from webnn.server.logs import LogFormatter, run_logger
from webnn.server.metrics import MOST_NEWS, History, Series, thin


def test_series_stays_bounded_and_keeps_its_spikes_and_its_ends() -> None:
    series = Series(column=1, max_points=100)
    for i in range(10_000):
        series.add([i, 1000.0 if i == 4321 else float(i % 7)])
    assert len(series.points) <= 100
    assert series.points[0][0] == 0
    assert series.points[-1][0] == 9999
    assert [point[0] for point in series.points] == sorted(point[0] for point in series.points)
    assert any(point == [4321, 1000.0] for point in series.points)
    assert series.count == 10_000


@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), max_size=60))
def test_thinning_halves_and_keeps_the_extremes(values: list[float | None]) -> None:
    points = [[i, value] for i, value in enumerate(values)]
    kept = thin(points, 1)
    assert len(kept) <= len(points) / 2 + 2
    numbers = [value for value in values[1:] if value is not None]
    if numbers:
        assert min(numbers) in [point[1] for point in kept]


def test_followers_get_each_point_once() -> None:
    series = Series(column=1, max_points=10)
    seen = 0
    got: list[object] = []
    for i in range(50):
        series.add([i, float(i)])
        if i % 3 == 0:
            got += [point[0] for point in series.since(seen)]
            seen = series.count
    assert got == list(range(49))
    assert series.since(series.count) == []


def test_followers_are_told_of_a_few_where_many_came_and_of_every_spike() -> None:
    series = Series(column=1, max_points=1000)
    for i in range(400):
        series.add([i, 99.0 if i == 123 else float(i % 5)])
    told = series.news(0, series.count)
    assert len(told) <= MOST_NEWS
    assert [123, 99.0] in told
    assert told[0][0] == 0
    assert series.news(400 - MOST_NEWS, 400) == series.points[-MOST_NEWS:]
    assert series.news(100, 110) == [[i, float(i % 5)] for i in range(100, 110)]
    assert series.news(110, 100) == []


def test_history_keeps_numbers_that_json_cannot_hold_as_nothing() -> None:
    history = History()
    history.merged(1.0, 10, Merged(2, "a", "v", 10, 100, 1, TrainingMetrics(0.5, math.nan)))
    history.validated(0.5, 1, 0, Validation(math.inf, None, 100), whole=True)
    assert history.as_dict() == {
        "training": [[1.0, 10, 0.5, None, 1]],
        "validation": [[0.5, 1, 0, None, None, 100, True]],
    }


def test_bucket_lets_a_burst_and_then_its_rate_through() -> None:
    bucket = TokenBucket(rate=2, burst=3, now=0.0)
    assert [bucket.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(1.0) for _ in range(3)] == [True, True, False]
    assert [bucket.take(100.0) for _ in range(4)] == [True, True, True, False]


@pytest.mark.parametrize("style", ["text", "json"])
def test_log_lines_carry_the_run_and_what_else_is_given(style: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "webnn.server"):
        run_logger("run-1").info("hello %s", "you", extra={"volunteer": "v"})
    line = LogFormatter(style).format(caplog.records[-1])
    if style == "json":
        fields = json.loads(line)
        assert (fields["message"], fields["run"], fields["volunteer"]) == ("hello you", "run-1", "v")
        assert fields["level"] == "info"
    else:
        assert line.endswith("INFO webnn.server: hello you run=run-1 volunteer=v")
