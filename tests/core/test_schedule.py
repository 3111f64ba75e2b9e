"""Learning-rate schedules."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webnn.core.errors import WebNNError
from webnn.core.schedule import LearningRate, Position, parse_schedule

SPECS = st.sampled_from(
    [
        "constant",
        {"step": {"everyEpochs": 2, "factor": 0.5}},
        {"step": {"everyIterations": 1e-3, "factor": 0.1}},
        {"cosine": {"iterations": 100, "final": 0.1}},
        {"warmup": {"epochs": 1, "start": 0, "then": {"cosine": {"epochs": 3}}}},
        "report",
        {"report": {"form": "paper"}},
    ]
)
POSITIONS = st.builds(
    Position,
    iterations=st.integers(0, 10_000),
    epochs=st.floats(0, 100),
    accuracy=st.none() | st.floats(0, 1),
    loss=st.none() | st.floats(),
    validations=st.integers(0, 1_000),
)


@given(spec=SPECS, positions=st.lists(POSITIONS, min_size=1, max_size=20))
def test_rate_is_always_positive_and_never_above_the_initial_one(spec: object, positions: list[Position]) -> None:
    rate = LearningRate(parse_schedule(spec), 0.2)  # type: ignore[arg-type]
    for position in positions:
        assert 0 < rate.at(position) <= 0.2 * (1 + 1e-9)
        rate.validated(position)


def test_step_falls_after_each_stretch() -> None:
    schedule = parse_schedule({"step": {"everyEpochs": 2}})
    rates = [schedule.rate(0.8, Position(epochs=epochs), 0.8) for epochs in (0, 1.9, 2, 4.5)]
    assert rates == [0.8, 0.8, 0.4, 0.2]


def test_cosine_falls_from_the_initial_rate_to_the_final_one() -> None:
    schedule = parse_schedule({"cosine": {"iterations": 100, "final": 0.1}})
    rates = [schedule.rate(1.0, Position(iterations=done), 1.0) for done in (0, 50, 100, 500)]
    assert rates == pytest.approx([1.0, 0.55, 0.1, 0.1])


def test_cosine_takes_its_length_from_the_stop_conditions() -> None:
    assert parse_schedule("cosine", epochs=4) == parse_schedule({"cosine": {"epochs": 4}})
    assert parse_schedule("cosine", iterations=4) == parse_schedule({"cosine": {"iterations": 4}})
    with pytest.raises(WebNNError, match="either epochs or iterations"):
        parse_schedule("cosine")


def test_warmup_rises_and_then_follows_another_schedule() -> None:
    schedule = parse_schedule({"warmup": {"iterations": 10, "start": 0.5, "then": {"step": {"everyIterations": 20}}}})
    rates = [schedule.rate(1.0, Position(iterations=done), 1.0) for done in (0, 5, 10, 20)]
    assert rates == [0.5, 0.75, 1.0, 0.5]


def test_report_decays_with_accuracy_loss_and_validations() -> None:
    position = Position(accuracy=0.9, loss=0.5, validations=10)
    expected = 0.2**2 * (1 - 0.9**5)
    assert parse_schedule("report").rate(0.2, position, 0.1) == pytest.approx(expected)
    assert parse_schedule("report").rate(0.2, position, 0.001) == 0.001
    paper = parse_schedule({"report": {"form": "paper"}})
    assert paper.rate(0.2, position, 0.1) == pytest.approx(0.1**2 * (1 - 0.9**5))


@pytest.mark.parametrize("accuracy", [0.0, 1.0, None])
@pytest.mark.parametrize("loss", [0.0, -1.0, math.inf, math.nan, None])
def test_report_keeps_the_rate_when_the_formula_gives_none(accuracy: float | None, loss: float | None) -> None:
    rate = parse_schedule("report").rate(0.2, Position(accuracy=accuracy, loss=loss, validations=3), 0.1)
    assert 0 < rate <= 0.1


def test_report_applies_once_for_each_validation() -> None:
    rate = LearningRate(parse_schedule({"report": {"form": "paper"}}), 0.5)
    first = Position(accuracy=0.5, loss=1.0, validations=1)
    rate.validated(Position())
    assert rate.at(first) == rate.at(first) == pytest.approx(0.125)
    rate.validated(first)
    assert rate.at(Position(accuracy=0.5, loss=1.0, validations=2)) == pytest.approx(0.125**2 * 0.75)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("cosin", 'Did you mean "cosine"'),
        ({"step": {"everyEpoch": 2}}, "everyEpochs or everyIterations"),
        ({"step": {"everyEpochs": 2, "factr": 2}}, 'Did you mean "factor"'),
        ({"step": {"everyEpochs": 2, "factor": 0}}, "factor"),
        ({"step": {"everyEpochs": -2}}, "above 0"),
        ({"step": {"everyEpochs": 1, "everyIterations": 1}}, "either"),
        ({"cosine": {"epochs": 2, "final": 2}}, "final"),
        ({"warmup": {"epochs": 1, "then": 3}}, "a schedule"),
        ({"report": {"form": "song"}}, '"code" or "paper"'),
        ({"step": {}, "cosine": {}}, "schedule must be"),
        (7, "schedule must be"),
        ({"step": 3}, "schedule must be"),
    ],
)
def test_mistakes_in_a_schedule_are_told_in_words(spec: object, words: str) -> None:
    with pytest.raises(WebNNError, match=words) as caught:
        parse_schedule(spec)  # type: ignore[arg-type]
    assert caught.value.code == "settings"
