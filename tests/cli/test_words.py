import pytest

from webnn.cli.words import duration, percent, size, status_words
from webnn.core.words import count

STATUS = {
    "progress": 0.43,
    "accuracy": 0.912,
    "loss": 0.31,
    "volunteers": 3,
    "examples_per_second": 1234.5,
    "seconds_left": 125.0,
    "state": "running",
}


def test_live_line_says_progress_accuracy_volunteers_speed_and_time_left():
    assert status_words(STATUS) == "43 %, accuracy 91.2 %, 3 volunteers, 1,234 examples/s, 2 min 5 s left"


def test_live_line_of_a_run_without_accuracy_says_the_loss():
    assert "loss 0.31" in status_words(STATUS | {"accuracy": None})


def test_live_line_of_an_empty_run_says_what_it_waits_for():
    assert status_words(STATUS | {"volunteers": 0}) == "waiting for volunteers"


def test_live_line_names_a_state_that_is_not_running():
    assert status_words(STATUS | {"state": "paused"}).endswith("paused")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "?"), (0.2, "0 s"), (59.4, "59 s"), (59.7, "1 min 0 s"), (3599, "59 min 59 s"), (7260, "2 h 1 min")],
)
def test_durations_read_as_people_say_them(seconds, words):
    assert duration(seconds) == words


def test_counts_agree_with_their_noun():
    assert count(1, "volunteer") == "1 volunteer"
    assert count(1200, "merge") == "1,200 merges"


def test_sizes_and_percentages():
    assert size(999) == "999 B"
    assert size(123_456) == "123.5 kB"
    assert percent(0.9812) == "98.1 %"
    assert percent(None) == "-"
