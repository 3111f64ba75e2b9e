"""Real gradients: small simulations of a bundled model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from webnn.cli.commands.simulate import command

pytestmark = pytest.mark.node

ARGUMENTS = ["digits-mlp", "--volunteers", "1,2", "--merge", "weighted,fedavg", "--seed", "3", "--target", "0.5"]


def simulate(folder: Path, *more: str) -> list[dict[str, object]]:
    result = CliRunner().invoke(
        command, [*ARGUMENTS, "--seconds", "20", "--json", "--out", str(folder), *more], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_simulating_twice_gives_the_same_to_the_bit(tmp_path: Path) -> None:
    assert simulate(tmp_path / "a") == simulate(tmp_path / "b")
    for name in ("result.json", "rows.csv", "points.csv", "accuracy.svg", "speedup.svg"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_the_last_line_has_a_row_for_each_rule_and_number_of_volunteers(tmp_path: Path) -> None:
    result = simulate(tmp_path)[-1]
    assert result["event"] == "result"
    assert result["target"] == 0.5
    rows = result["rows"]
    assert isinstance(rows, list)
    assert [(row["merge"], row["volunteers"]) for row in rows] == [
        (merge, volunteers) for merge in ("weighted", "fedavg") for volunteers in (1, 2)
    ]
    for row in rows:
        assert row["accuracy"] >= 0.5
        assert 0 < row["seconds_to_target"] < 20
        assert row["merges"] > 0
        assert row["bytes"] > 10_000
    assert max(row["speedup"] for row in rows if row["volunteers"] == 1) == 1


def test_a_target_that_is_out_of_reach_is_null(tmp_path: Path) -> None:
    rows = simulate(tmp_path, "--target", "1", "--seconds", "2", "--merge", "average")[-1]["rows"]
    assert isinstance(rows, list)
    assert all(row["seconds_to_target"] is None and row["speedup"] is None for row in rows)
