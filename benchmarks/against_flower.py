"""A merged update's cost for WebNN's server and for Flower's: same sizes, same machine, in turn, in one run.

    python benchmarks/against_flower.py
    python benchmarks/against_flower.py --params 200000 --repeat 5 --json

Both servers average float32 vectors that echo volunteers send back at once; CPU time is that of the server's process,
all threads, both directions. The two take turns, `--repeat` times each, and the medians are compared, so that what a
neighbour on the machine does meets both. Flower comes from PyPI into an environment of its own, made at the first use
(`build/flower`), for it brings some 300 MB that WebNN does not need. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time
import venv
from pathlib import Path
from typing import Any

import load
import machine
from common import table

HERE = Path(__file__).resolve().parent
HOME = HERE.parent / "build" / "flower"
REQUIREMENT = "flwr>=1.20,<2"
SIZES = (200_000, 1_700_000, 25_000_000)
UPDATES = {200_000: 400, 1_700_000: 120, 25_000_000: 16}  # of Flower in one turn: some seconds of work
PATIENCE_SECONDS = 300


def flower_python() -> Path:
    """The interpreter of Flower's environment, which is made if it is not there."""
    python = HOME / "bin" / "python"
    if not (HOME / "ready").exists():
        print(f"Installing {REQUIREMENT} from PyPI into {HOME.relative_to(HERE.parent)} ...", file=sys.stderr)
        venv.create(HOME, clear=True, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", REQUIREMENT], check=True, stdout=sys.stderr)
        (HOME / "ready").touch()
    return python


def flower(params: int, volunteers: int) -> dict[str, float]:
    """One turn of Flower: CPU milliseconds of its server for each merged update, and updates a second."""
    python, address = flower_python(), f"127.0.0.1:{free_port()}"
    peer = [str(python), str(HERE / "flower_peer.py")]
    rounds = 1 + max(2, UPDATES.get(params, 60) // volunteers)
    environment = {**os.environ, "FLWR_TELEMETRY_ENABLED": "0"}
    quiet = {"stderr": subprocess.DEVNULL, "env": environment}
    serve = [*peer, "server", address, str(params), str(volunteers), str(rounds)]
    server = subprocess.Popen(serve, stdout=subprocess.PIPE, text=True, **quiet)
    clients: list[subprocess.Popen[bytes]] = []
    try:
        wait_for(address, server)
        for _ in range(volunteers):
            clients.append(
                subprocess.Popen([*peer, "client", address, str(params)], stdout=subprocess.DEVNULL, **quiet)
            )
        out, _ = server.communicate(timeout=PATIENCE_SECONDS)
        lines = out.strip().splitlines()
        if server.returncode or not lines:
            raise SystemExit(f"Flower's server ended with {server.returncode} and no result.")
        seen = json.loads(lines[-1])
        return {"ms": 1000 * seen["cpu_seconds"] / seen["updates"], "rate": seen["updates"] / seen["seconds"]}
    finally:
        for process in (server, *clients):
            process.terminate()
        for process in (server, *clients):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_for(address: str, server: subprocess.Popen[str]) -> None:
    """Wait until the server listens: a client that finds nobody gives up."""
    host, _, port = address.partition(":")
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("Flower's server does not answer.")


def webnn(params: int, volunteers: int, seconds: float) -> dict[str, float]:
    """One turn of ours, as `load.py` measures it."""
    words = ["--merge", "average", "--volunteers", str(volunteers), "--seconds", str(seconds)]
    result = load.measure_once(load.parse(words), params, "f32")
    cost: float = result["server_cpu_ms_per_update"]
    return {"ms": cost, "rate": result["updates_per_second"], "foreign": result["foreign_cpu_share"]}


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def compare(params: int, options: argparse.Namespace) -> dict[str, Any]:
    """Turns of both, alternating."""
    volunteers = options.volunteers if params < 10_000_000 else min(options.volunteers, 4)
    turns: dict[str, list[dict[str, float]]] = {"webnn": [], "flower": []}
    for turn in range(options.repeat):
        turns["webnn"].append(webnn(params, volunteers, options.seconds))
        turns["flower"].append(flower(params, volunteers))
        ours, theirs = turns["webnn"][-1]["ms"], turns["flower"][-1]["ms"]
        print(f"{params} numbers, turn {turn + 1}: WebNN {ours:.2f} ms, Flower {theirs:.2f} ms", file=sys.stderr)
    row: dict[str, Any] = {
        "params": params,
        "volunteers": volunteers,
        "reference_floor_ms": load.REFERENCE_FLOOR.get(params),
    }
    for name, seen in turns.items():
        row[f"{name}_ms"] = round(statistics.median(each["ms"] for each in seen), 2)
        row[f"{name}_all_ms"] = [round(each["ms"], 2) for each in seen]
        row[f"{name}_updates_per_second"] = round(statistics.median(each["rate"] for each in seen), 2)
    row["foreign_cpu_share"] = max(each["foreign"] for each in turns["webnn"])
    row["times_cheaper"] = round(row["flower_ms"] / row["webnn_ms"], 2)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--params", type=int, action="append", help="numbers in the model (several: give it again)")
    parser.add_argument("--volunteers", type=int, default=8, help="echo volunteers (4 at most with 10 million numbers)")
    parser.add_argument("--repeat", type=int, default=3, help="turns of each")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each turn of ours")
    parser.add_argument("--no-save", action="store_true", help="leave benchmarks/results/ alone")
    parser.add_argument("--json", action="store_true", help="the last line is JSON")
    options = parser.parse_args()
    version = subprocess.run(
        [flower_python(), "-c", "from importlib.metadata import version; print(version('flwr'))"],
        check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    print(f"{machine.describe()}, Python {sys.version.split()[0]}, Flower {version} (gRPC, FedAvg)")
    rows = [compare(params, options) for params in options.params or SIZES]
    titles = (
        "params",
        "volunteers",
        "WebNN ms/update",
        "Flower ms/update",
        "times cheaper",
        "WebNN /s",
        "Flower /s",
        "foreign CPU",
    )
    keys = ("params", "volunteers", "webnn_ms", "flower_ms", "times_cheaper", "webnn_updates_per_second",
            "flower_updates_per_second", "foreign_cpu_share")  # fmt: skip
    print(table(titles, [[row[key] for key in keys] for row in rows]))
    if not options.no_save:
        machine.keep("against_flower", {"flower": version, "rows": rows})
    if options.json:
        print(json.dumps({"flower": version, "rows": rows}))


if __name__ == "__main__":
    main()
