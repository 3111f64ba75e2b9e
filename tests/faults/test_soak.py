"""The soak of benchmarks/soak.py, for a minute: nothing is lost, counted twice, stuck, or grows."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.soak import parse, soak

pytestmark = [
    pytest.mark.slow,
    pytest.mark.node,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not Path("/proc/self/fd").is_dir() or sys.platform == "win32", reason="reads /proc"),
]

WORDS = (
    *("--minutes", "1", "--volunteers", "20", "--lease-seconds", "0.3", "--one-in", "10"),
    *("--disturb-seconds", "1.5"),
)
FAULTS = {"cut", "twice", "short", "not finite", "late", "left", "evaluator killed", "paused"}
MOST_FILES = 12  # sockets of those who come and go
MOST_GROWTH = 0.1  # of the memory after twelve seconds, when caches and buffers are still filling


async def test_a_minute_of_faults_leaves_nothing_behind(tmp_path: Path) -> None:
    result = await soak(parse(WORDS), tmp_path)
    assert result["faults"].keys() >= FAULTS, "these faults did not happen"
    assert result["outcomes"]["merged"] > 100
    assert (result["lost"], result["duplicated"], result["stuck"]) == (0, 0, 0)
    assert result["told_otherwise"] == 0
    assert result["open_leases"] == 0
    assert result["open_files_growth"] <= MOST_FILES
    assert result["memory_growth"] < MOST_GROWTH
