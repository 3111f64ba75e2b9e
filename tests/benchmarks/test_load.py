"""The benchmarks that speak the protocol themselves still speak today's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the load generator reads /proc")


def run(script: str, *words: str) -> Any:
    """The JSON that a benchmark prints last."""
    command = [sys.executable, f"benchmarks/{script}.py", *words, "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@linux_only
@pytest.mark.parametrize("encoding", ["f32", "f16", "int8", "topk"])
def test_load_counts_what_merges(encoding: str) -> None:
    seen = run(
        *("load", "--params", "200000", "--volunteers", "4", "--encoding", encoding, "--seconds", "1", "--allow-noise")
    )
    assert (seen["params"], seen["volunteers"], seen["encoding"]) == (200_000, 4, encoding)
    merged = seen["outcomes"].pop("merged")
    assert merged > 0
    assert not any(seen["outcomes"].values())
    for name in ("updates_per_second", "server_cpu_ms_per_update", "server_rss_mb", "lease_p50_ms", "lease_p99_ms"):
        assert seen[name] > 0, name
    assert 0 <= seen["foreign_cpu_share"] <= 1


@linux_only
def test_load_has_faults_and_a_rate() -> None:
    faults = "drop=0.1,duplicate=0.2,nan=0.2,silent=0.05"
    seen = run("load", "--volunteers", "30", "--rate", "40", "--seconds", "2", "--faults", faults, "--allow-noise")
    assert seen["outcomes"]["merged"] > 0
    assert sum(seen["faults"].values()) > 0


@linux_only
def test_load_stands_beside_its_floor() -> None:
    words = ("--params", "2000", "--encoding", "int8", "--floor", "--turns", "1", "--seconds", "0.5")
    seen = run("load", *words, "--allow-noise")
    assert seen["floor_ms"] > 0
    assert seen["bare_ms"] > 0
    assert seen["times_floor"] > 0


@linux_only
def test_load_gives_leases_back() -> None:
    seen = run("load", "--dispatch", "--volunteers", "4", "--seconds", "1", "--allow-noise")
    assert seen["leases_per_second"] > 0
    assert seen["updates_per_second"] == 0


@pytest.mark.node
def test_a_volunteer_waits_less_than_it_trains() -> None:
    [seen] = run("idle", "--volunteers", "1", "--latency", "0.02", "--warm", "4", "--seconds", "4", "--no-save")
    assert seen["leases"] > 0
    assert 0 <= seen["worst"] < 0.5
