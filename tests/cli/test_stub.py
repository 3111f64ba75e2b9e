"""`wnn simulate --stub`: many volunteers, and no training."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from webnn.cli.commands.simulate import command

pytestmark = pytest.mark.node


def test_a_stub_says_who_waits_and_what_travels_and_reaches_nothing(tmp_path: Path) -> None:
    arguments = ["digits-mlp", "--volunteers", "500", "--merge", "auto", "--stub", "--seconds", "2", "--json"]
    done = CliRunner().invoke(command, [*arguments, "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout.splitlines()[-1])
    [row] = result["rows"]
    assert result["target"] is None
    assert row["seconds_to_target"] is None
    assert row["volunteers"] == 500
    assert row["merges"] > 0
    assert row["bytes"] > 500 * 2 * 4 * 2_000  # every one at least fetches and sends a model of thousands of weights
