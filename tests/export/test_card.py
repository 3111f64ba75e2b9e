"""What a model card says."""

from pathlib import Path
from typing import Any

from webnn.export.card import model_card, sparkline
from webnn.model.definition import parse_model

MODEL = {
    "name": "digits",
    "owner": "A. Person",
    "purpose": "To read | digits.",
    "licence": "CC BY 4.0",
    "dataset": "digits",
    "layers": [{"dense": {"units": 2}}],
}
CONFIG: dict[str, Any] = {
    "webnn": "1.0",
    "seed": 7,
    "num_weights": 1234,
    "dataset": {"name": "digits", "source": "UCI", "licence": "CC BY", "num_examples": 1438, "label_names": ["0", "1"]},
    "training": {"batch_size": 32, "learning_rate": 0.003, "stop": {"accuracy": 0.95}},
    "merge": {"auto": {"carry": True}},
    "changes": [{"seconds": 12.5, "time": "2026", "words": "learningRate from 0.003 to 0.001"}],
}
RESULT = {"accuracy": 0.9625, "loss": 0.125, "num_examples": 359}
SUMMARY: dict[str, Any] = {
    "id": "digits-1",
    "examples": 12345,
    "seconds": 3725.0,
    "contribution": {"volunteers": 3, "device_seconds": 90.0},
    "validated": {"best": {"version": 9, "whole": True, "result": RESULT}},
}
HISTORY = {"validation": [[float(i), i, 10 * i, 2.0 / (i + 1), i / 100, 359, False] for i in range(100)]}


def card(**changes: Any) -> str:
    parts = {"config": CONFIG, "history": HISTORY, "summary": SUMMARY, "model": MODEL, **changes}
    return model_card(parse_model(parts["model"], "here"), parts["config"], parts["history"], parts["summary"])


def test_card_says_what_the_run_knows():
    text = card()
    for words in ("# Model card: digits", "A. Person", "CC BY 4.0", "UCI", "1,438 examples", "1,234", "12,345"):
        assert words in text
    assert "| volunteers | 3 |" in text
    assert "| time of volunteers' devices | 1 min 30 s |" in text
    assert "| time from start to end | 1 h 2 min |" in text
    assert "| best | 0.9625 | 0.1250 | all 359 held-out examples |" in text
    assert "| merge rule `auto` | carry True |" in text
    assert "| 12 s | learningRate from 0.003 to 0.001 |" in text
    assert "wnn evaluate digits-1" in text


def test_course_has_its_first_and_last_validation_and_bars():
    text = card()
    assert "| 0 | 0 | 2.0000 | 0.0000 |" in text
    assert "| 99 | 990 | 0.0200 | 0.9900 |" in text
    (bars,) = [line for line in text.splitlines() if line.strip().startswith("accuracy ")]
    assert "▁" in bars
    assert "█" in bars


def test_owner_who_said_nothing_is_asked_to(tmp_path: Path):
    text = card(model={"dataset": "digits", "layers": MODEL["layers"]}, config={}, history={}, summary={})
    assert "*Not said. Write it here" in text
    assert text.count("Nothing was validated.") == 2
    assert "The owner changed" not in text
    assert "{" not in text


def test_sparkline_is_bounded_and_shows_ends():
    assert sparkline([]) == ""
    assert sparkline([3.0, 3.0]) == "▁▁"
    assert sparkline([0.0, 0.5, 1.0]) == "▁▅█"
    assert len(sparkline([float(i) for i in range(10_000)])) <= 60
