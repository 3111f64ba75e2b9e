"""A dataset of 5 GB, a sparse file, is trained on by `wnn train`: how much memory has the server besides its files?

    python3 benchmarks/larger_than_memory.py [--gigabytes 5]

Prints the seconds until the run listens, and the most anonymous memory (RssAnon of Linux's /proc, which no file stands
behind) that the server's process had at any time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

ROOT = Path(__file__).parents[1]
ROW_BYTES = 4096


@dataclass(frozen=True)
class Seen:
    """What was seen of a run: its exit code, its events, and the memory of its server."""

    code: int
    events: list[dict[str, Any]]
    listening_seconds: float
    peak_bytes: int


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


def train(folder: Path, num_bytes: int) -> Seen:
    """Train a small model on `num_bytes` of examples with one worker, and watch the server's memory."""
    rows = num_bytes // ROW_BYTES
    write_sparse(folder / "x.npy", rows)
    np.save(folder / "y.npy", np.random.default_rng(0).integers(0, 10, rows, np.uint8))
    model = {
        "dataset": {"npy": {"inputs": "x.npy", "targets": "y.npy"}},
        "split": {"validation": 0.001},
        "layers": [{"dense": {"units": 10, "activation": "softmax"}}],
        "training": {"leaseSeconds": 0.3, "stop": {"iterations": 200}},
    }
    (folder / "large.json").write_text(json.dumps(model))
    command = [sys.executable, "-m", "webnn.cli", "train", "large.json", "--port", "0", "--no-open", "--json"]
    began, listening, peaks, over = time.monotonic(), 0.0, [0], threading.Event()
    server = subprocess.Popen(
        [*command, "--workers", "1"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )

    def watch() -> None:
        while not over.wait(0.05):
            peaks[0] = max(peaks[0], anonymous_bytes(server.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        assert server.stdout is not None
        events = []
        for line in server.stdout:
            events.append(json.loads(line))
            if events[-1]["event"] == "listening":
                listening = time.monotonic() - began
        code = server.wait()
    finally:
        over.set()
        watcher.join()
        with server:
            server.kill()
    return Seen(code, events, listening, peaks[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=5.0)
    gigabytes = parser.parse_args().gigabytes
    with tempfile.TemporaryDirectory(prefix="webnn-") as folder:
        seen = train(Path(folder), int(gigabytes * 1e9))
    if seen.code:
        sys.exit(f"The run ended with code {seen.code}: {seen.events[-1]}")
    memory = f"RssAnon {seen.peak_bytes / 2**20:.0f} MiB at most"
    print(f"{gigabytes:g} GB: listening after {seen.listening_seconds:.0f} s, {memory}")


if __name__ == "__main__":
    main()
