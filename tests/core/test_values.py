"""The small values: errors, words, settings, states, time, versions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.fakes import config
from webnn.core.clock import Pace, Stopwatch
from webnn.core.config import RunConfig, ShardSize, StopConditions
from webnn.core.errors import ERRORS, ProtocolError, WebNNError
from webnn.core.states import RunState
from webnn.core.status import progress
from webnn.core.versions import Versions
from webnn.core.words import did_you_mean, nearest


def test_every_error_has_a_sentence_a_status_and_a_close_code() -> None:
    for code, kind in ERRORS.items():
        assert kind.sentence.endswith("."), code
        assert 400 <= kind.http_status < 600, code
        assert 1000 <= kind.close_code < 5000, code


def test_close_codes_are_those_of_the_protocol() -> None:
    wanted = {
        "finished": 1000,
        "going_away": 1001,
        "protocol_error": 4400,
        "bad_secret": 4401,
        "no_such_run": 4404,
        "silence": 4408,
        "build_changed": 4409,
        "too_large": 4413,
        "too_many": 4429,
        "replaced": 4001,
    }
    assert {code: ERRORS[code].close_code for code in wanted} == wanted


def test_error_says_its_own_sentence_or_that_of_its_code() -> None:
    assert str(WebNNError("missing_data", "Put them there.")) == "Put them there."
    assert str(ProtocolError()) == ERRORS["protocol_error"].sentence
    assert ProtocolError("too big", code="too_large").kind.close_code == 4413


def test_nearest_word_is_found_whatever_its_case() -> None:
    assert nearest("kernelsize", ["kernelSize", "filters"]) == "kernelSize"
    assert nearest("xyz", ["kernelSize", "filters"]) is None
    assert did_you_mean("filtres", ["kernelSize", "filters"]) == ' Did you mean "filters"?'
    assert did_you_mean("xyz", ["b", "a"]) == " Known are: a, b."
    assert did_you_mean("xyz", []) == ""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"batch_size": 0}, "batch_size must be more than 0"),
        ({"learning_rate": -1.0}, "learning_rate"),
        ({"shards": ()}, "at least one shard"),
        ({"shards": (ShardSize("a", 0),)}, "at least one example"),
        ({"num_trainable": 9}, "within num_weights"),
        ({"seed": -1}, "uint32"),
        ({"validate_every_versions": 0}, "validate_every_versions"),
        ({"stop": {"accuracy": 1.5}}, "stop.accuracy must be more than 0 and at most 1, not 1.5"),
        ({"stop": {"epochs": 0}}, "stop.epochs"),
    ],
)
def test_settings_that_make_no_sense_are_refused_by_name(change: dict[str, Any], words: str) -> None:
    with pytest.raises(WebNNError, match=words) as caught:
        config(**change)
    assert caught.value.code == "settings"


def test_settings_have_usable_defaults() -> None:
    settings = RunConfig(
        seed=0,
        shards=(ShardSize("a", 3), ShardSize("b", 4)),
        batch_size=2,
        learning_rate=0.1,
        num_weights=1,
        num_trainable=1,
        validation_total=1,
    )
    assert settings.num_examples == 7
    assert settings.stop == StopConditions()


def test_three_states_are_final() -> None:
    assert {state for state in RunState if state.over} == {RunState.STOPPED, RunState.FINISHED, RunState.FAILED}


def test_stopwatch_counts_running_time_only() -> None:
    watch = Stopwatch(5)
    assert watch.reaches(10) is None
    watch.start(100)
    watch.start(101)
    assert watch.reaches(10) == 105
    watch.stop(103)
    watch.stop(200)
    assert watch.seconds(300) == 8


def test_pace_forgets_what_is_long_past() -> None:
    pace = Pace(window=10)
    pace.start(0)
    pace.add(1, 50)
    pace.add(9, 50)
    assert pace.per_second(10) == 10
    assert pace.per_second(15) == 5
    assert pace.per_second(100) == 0


def test_versions_are_never_used_twice() -> None:
    versions = Versions(current=3, highest=7, iterations=30, merges=2)
    assert versions.next == 8
    versions.publish(8, 40, oldest=3)
    assert (versions.staleness(3), versions.iterations_behind(3)) == (1, 30)
    with pytest.raises(AssertionError):
        versions.publish(8, 50, None)


def test_versions_that_no_lease_can_start_from_are_forgotten() -> None:
    versions = Versions(current=1, highest=1)
    for version in range(2, 6):
        versions.publish(version, version, oldest=3)
    assert [version for version in range(7) if versions.knows(version)] == [2, 3, 4, 5]  # and the one before


def test_progress_follows_the_limit_that_will_be_met_first() -> None:
    stop = StopConditions(seconds=100, epochs=10, accuracy=0.9)
    done = progress(stop, seconds=20, epochs=5, iterations=0, accuracy=0.89)
    assert (done.share, done.seconds_left) == (0.5, 20)


def test_progress_towards_accuracy_alone_says_nothing_of_time() -> None:
    done = progress(StopConditions(accuracy=0.8), seconds=20, epochs=5, iterations=0, accuracy=0.4)
    assert (done.share, done.seconds_left) == (0.5, None)
    assert progress(StopConditions(), 20, 5, 0, None).share == 0
