"""Data larger than memory: 5 GB (a sparse file) are cut, named and served out of little memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from numpy.lib import format as npy

ROOT = Path(__file__).parents[2]
NUM_BYTES = 5 * 10**9
ROW_BYTES = 4096
MOST_ANONYMOUS = 400 * 2**20


def write_sparse(path: Path, rows: int) -> None:
    """A `.npy` file of zeros that takes next to nothing on the disk."""
    header = {"descr": "|u1", "fortran_order": False, "shape": (rows, ROW_BYTES)}
    with path.open("wb") as file:
        npy.write_array_header_1_0(file, header)
        file.truncate(file.tell() + rows * ROW_BYTES)


def anonymous_bytes(pid: int) -> int:
    """Memory that no file stands behind; 0 once the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("RssAnon")), 0)


@pytest.mark.slow
@pytest.mark.node
@pytest.mark.timeout(600)
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is told by Linux's /proc")
def test_five_gigabytes_are_trained_on_in_little_memory(tmp_path: Path) -> None:
    rows = NUM_BYTES // ROW_BYTES
    write_sparse(tmp_path / "x.npy", rows)
    np.save(tmp_path / "y.npy", np.random.default_rng(0).integers(0, 10, rows, np.uint8))
    model = {
        "dataset": {"npy": {"inputs": "x.npy", "targets": "y.npy"}},
        "split": {"validation": 0.001},
        "layers": [{"dense": {"units": 10, "activation": "softmax"}}],
        "training": {"leaseSeconds": 0.3, "stop": {"iterations": 200}},
    }
    (tmp_path / "large.json").write_text(json.dumps(model))
    command = [sys.executable, "-m", "webnn.cli", "train", "large.json", "--port", "0", "--no-open", "--json"]
    server = subprocess.Popen(
        [*command, "--workers", "1"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    over = threading.Event()
    peaks = [0]

    def watch() -> None:
        while not over.wait(0.05):
            peaks[0] = max(peaks[0], anonymous_bytes(server.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        assert server.stdout is not None
        events = [json.loads(line) for line in server.stdout]
        code = server.wait()
    finally:
        over.set()
        watcher.join()
        with server:
            server.kill()
    assert code == 0, events[-1]
    assert any("Cutting shards: " in event.get("message", "") for event in events)
    assert events[-1]["event"] == "finished"
    assert events[-1]["iterations"] >= 200
    assert 20 * 2**20 < peaks[0] < MOST_ANONYMOUS
