import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from webnn.cli.happenings import Downloading, Finished, Happening, Listening, Live, Preparing, Stopping, ValidationPoint
from webnn.cli.reporters.json_lines import JsonReporter
from webnn.cli.reporters.live import LiveReporter
from webnn.cli.reporters.plain import SECONDS_BETWEEN_LINES, PlainReporter
from webnn.cli.reporters.until_gone import UntilGone

STATUS = {
    "progress": 0.5,
    "accuracy": 0.9,
    "loss": 0.3,
    "volunteers": 2,
    "examples_per_second": 100.0,
    "seconds_left": 10.0,
    "state": "running",
}
LISTENING = Listening(
    url="http://127.0.0.1:1",
    join_url="http://127.0.0.1:1/join",
    watch_url="http://127.0.0.1:1/w",
    run="r1",
    public=False,
)
FINISHED = Finished(
    reason="The accuracy reached 98.0 %.",
    state="finished",
    accuracy=0.981,
    loss=float("nan"),
    iterations=1200,
    merges=30,
    seconds=75.25,
    volunteers=2,
    export=Path("runs/r1"),
    files=(("final weights", Path("runs/r1/final.safetensors")), ("metrics", Path("runs/r1/metrics.csv"))),
)
EVERYTHING: list[Happening] = [
    Preparing("loading digits"),
    Downloading("train.gz", 5, 10),
    Downloading("train.gz", 10, 10),
    LISTENING,
    Live(STATUS),
    ValidationPoint(3, 64, 0.3, 0.9, 2.5, 360, False),
    Stopping(),
    FINISHED,
]


def test_json_prints_one_object_a_line_with_the_promised_keys():
    stream = io.StringIO()
    reporter = JsonReporter(stream)
    for happening in EVERYTHING:
        reporter.tell(happening)
    reporter.close()
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    by_event = {line["event"]: line for line in lines}
    assert [line["event"] for line in lines] == ["preparing", "listening", "validation", "stopping", "finished"]
    assert by_event["listening"].keys() >= {"url", "join_url", "run"}
    assert by_event["validation"].keys() >= {"version", "iterations", "loss", "accuracy", "seconds"}
    keys = {"reason", "accuracy", "loss", "iterations", "merges", "seconds", "volunteers", "export"}
    assert by_event["finished"].keys() >= keys
    assert by_event["finished"]["export"] == str(Path("runs/r1").absolute())


def test_json_has_null_where_a_number_is_not_finite():
    stream = io.StringIO()
    JsonReporter(stream).tell(FINISHED)
    assert json.loads(stream.getvalue())["loss"] is None


def test_plain_lines_tell_the_join_url_and_the_files():
    stream = io.StringIO()
    reporter = PlainReporter(stream)
    for happening in EVERYTHING:
        reporter.tell(happening)
    text = stream.getvalue()
    assert "Volunteers join at  http://127.0.0.1:1/join" in text
    assert "downloaded train.gz" in text
    assert str(Path("runs/r1/metrics.csv")) in text
    assert "Finished: The accuracy reached 98.0 %." in text


def test_plain_status_comes_now_and_then():
    stream = io.StringIO()
    now = 0.0
    reporter = PlainReporter(stream, clock=lambda: now)
    for second in range(int(2 * SECONDS_BETWEEN_LINES) + 1):
        now = float(second)
        reporter.tell(Live(STATUS))
    assert len(stream.getvalue().splitlines()) == 3


@pytest.mark.parametrize("public", [False, True])
def test_terminal_shows_url_live_line_and_summary(public):
    stream = io.StringIO()
    reporter = LiveReporter(Console(file=stream, force_terminal=True, width=100, highlight=False))
    for happening in EVERYTHING:
        reporter.tell(replace(LISTENING, public=public) if happening is LISTENING else happening)
    reporter.close()
    text = stream.getvalue()
    assert "http://127.0.0.1:1/join" in text
    assert "accuracy 90.0 %" in text
    assert "metrics.csv" in text
    assert ("▀" in text) is public  # the QR code is for addresses that a phone can reach
    assert "\x1b[?25h" in text  # the cursor is back


def test_reader_who_goes_away_is_noticed_once_and_told_nothing_more(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("webnn.cli.reporters.until_gone.forget_stdout", lambda: gone.append("forgotten"))
    gone: list[str] = []

    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    reporter = UntilGone(JsonReporter(Closed()), on_gone=lambda: gone.append("told"))
    for happening in EVERYTHING:
        reporter.tell(happening)
    reporter.close()
    assert gone == ["forgotten", "told"]
