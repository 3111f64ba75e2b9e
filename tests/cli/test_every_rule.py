"""Every merge rule, in whole runs: the real server, evaluator and workers."""

from pathlib import Path

import pytest
from support.programs import Program

from webnn.core.merging import merge_schema

pytestmark = [pytest.mark.node, pytest.mark.slow]

ITERATIONS = 200
MAY_DIVERGE = {"mimic"}
"""Volunteers that are behind push the weights away from theirs, as the report has it."""
OPTIONS = {"fedbuff": '{"fedbuff": {"size": 2}}'}
UNTRAINED = 0.15
"""What guessing one of ten digits reaches on 359 examples: 0.1, and three standard deviations of luck."""


@pytest.mark.parametrize("rule", sorted(merge_schema()))
async def test_run_with_each_rule_finishes_and_learns(rule: str, tmp_path: Path) -> None:
    arguments = ["train", "digits-cnn", "--port", "0", "--no-open", "--seed", "1", "--workers", "2"]
    settings = [
        f'training.stop={{"iterations": {ITERATIONS}, "seconds": 90}}',
        "training.leaseSeconds=0.5",
        'optimizer={"sgd": {"learningRate": 0.2}}',  # rules that want gradients force plain SGD
    ]
    merge = [f"merge={OPTIONS[rule]}"] if rule in OPTIONS else []
    chosen = [] if merge else ["--merge", rule]
    for setting in [*settings, *merge]:
        arguments += ["--set", setting]
    async with Program(*arguments, *chosen, cwd=tmp_path) as owner:
        finished = await owner.event("finished", 110)
        assert await owner.exit_code() == 0
    assert finished["state"] == "finished"
    assert finished["iterations"] >= ITERATIONS
    assert finished["merges"] > 0
    if rule not in MAY_DIVERGE:
        assert max(event["accuracy"] for event in owner.events if event["event"] == "validation") > UNTRAINED
