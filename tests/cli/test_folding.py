"""`wnn train NAME --folds K`: K runs one after the other, each validated on another part, and their mean."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from support.programs import Program

from webnn.cli import folding
from webnn.cli.exits import ExitCode
from webnn.cli.happenings import Finished
from webnn.cli.main import run
from webnn.cli.settings import TrainSettings


def finished(accuracy: float | None, loss: float | None, **more: Any) -> Finished:
    values = {"reason": "", "state": "finished", "iterations": 10, "merges": 1, "seconds": 1.0, "volunteers": 1}
    return Finished(accuracy=accuracy, loss=loss, export=None, **{**values, **more})  # type: ignore[arg-type]


FOLDS = (finished(0.9, 0.4), finished(0.8, 0.6))


def test_mean_and_deviation_are_those_of_the_folds():
    together = folding.summary(FOLDS)
    assert together["accuracy"]["mean"] == pytest.approx(0.85)
    assert together["accuracy"]["std"] == pytest.approx(math.sqrt(0.005))
    assert together["loss"] == {"mean": pytest.approx(0.5), "std": pytest.approx(math.sqrt(0.02))}


def test_what_a_fold_lacks_has_no_mean():
    assert folding.summary((finished(None, 0.4), finished(None, 0.6)))["accuracy"] is None
    assert folding.summary((finished(0.5, 0.4), finished(0.5, math.inf)))["loss"] is None
    assert folding.summary(FOLDS[:1])["loss"] == {"mean": 0.4, "std": None}


def test_people_read_a_table_and_programs_lines(capsys):
    folding.tell_folds(FOLDS, 3, json_lines=False)
    table = capsys.readouterr().out
    for words in ("2 of 3 folds", "90.00 %", "85.00 % ± 7.07 %", "0.5000 ± 0.1414"):
        assert words in table
    folding.tell_folds(FOLDS, 3, json_lines=True)
    first, second, together = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["event"], first["fold"], second["fold"], second["loss"]) == ("fold", 1, 2, 0.6)
    assert (together["event"], together["folds"], together["wanted"]) == ("folds", 2, 3)


def test_each_fold_is_a_setting_of_the_model_file():
    settings = folding.fold_settings(TrainSettings("m", folds=4, overrides=("a=1",)), "m", 2)
    assert settings.overrides == ("a=1", "split.folds=4", "split.fold=2", "name=m-fold-2-of-4")
    assert settings.folds is None


def test_the_first_failure_is_the_exit_code():
    assert folding.first_failure([ExitCode.OK, ExitCode.OK]) is ExitCode.OK
    assert folding.first_failure([ExitCode.OK, ExitCode.ENDED_EARLY, ExitCode.FAILED]) is ExitCode.ENDED_EARLY


def test_folds_are_not_resumed(capsys):
    assert run(["train", "digits-mlp", "--folds", "3", "--resume"]) == 2
    assert "--folds starts runs anew" in capsys.readouterr().err


@pytest.mark.node
@pytest.mark.slow
async def test_two_folds_are_trained_and_told_together(tmp_path: Path):
    stop = 'training.stop={"iterations": 40}'
    arguments = ("train", "digits-mlp", "--folds", "2", "--workers", "1", "--no-open", "--port", "0")
    async with Program(*arguments, "--set", stop, "--set", "training.leaseSeconds=0.2", cwd=tmp_path) as owner:
        together = await owner.wait_for(lambda event: event["event"] == "folds", seconds=100)
    ends = [event for event in owner.events if event["event"] == "finished"]
    assert len(ends) == together["folds"] == 2
    mean = sum(end["accuracy"] for end in ends) / 2
    assert together["accuracy"]["mean"] == pytest.approx(mean)
    configs = [json.loads((Path(end["export"]) / "config.json").read_text()) for end in ends]
    assert [config["model"]["split"] for config in configs] == [{"folds": 2, "fold": 1}, {"folds": 2, "fold": 2}]
    sizes = [config["dataset"]["validation_examples"] for config in configs]
    assert sum(sizes) == 1797
    assert abs(sizes[0] - sizes[1]) <= 1
