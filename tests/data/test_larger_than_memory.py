"""Data larger than memory: 5 GB (a sparse file) are cut, named and served out of little memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.larger_than_memory import train

NUM_BYTES = 5 * 10**9
MOST_ANONYMOUS = 400 * 2**20


@pytest.mark.slow
@pytest.mark.node
@pytest.mark.timeout(600)
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is told by Linux's /proc")
def test_five_gigabytes_are_trained_on_in_little_memory(tmp_path: Path) -> None:
    seen = train(tmp_path, NUM_BYTES)
    assert seen.code == 0, seen.events[-1]
    assert any("Cutting shards: " in event.get("message", "") for event in seen.events)
    assert seen.events[-1]["event"] == "finished"
    assert seen.events[-1]["iterations"] >= 200
    assert 20 * 2**20 < seen.peak_bytes < MOST_ANONYMOUS
