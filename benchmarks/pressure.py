"""Updates come faster than they can be merged: how much longer volunteers are told to train, and what comes of it.

    python benchmarks/pressure.py                                  eight volunteers, a merge of 50 ms
    python benchmarks/pressure.py --volunteers 16 --merge 0.1 --seconds 60

A real server on a socket, whose engine takes `--merge` seconds for each merge, and volunteers that need `--pace`
seconds for an iteration. Leases last 0.1 seconds at first, so that together they offer several times what can be
merged. Printed are the first and the last tenth of the time: the iterations of a lease, merges and iterations merged a
second; beside them the iterations that the volunteers could train a second, and how many were sent away or had errors.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from support.steady import Steady  # noqa: E402 (from the checkout)

from benchmarks.machine import details, save  # noqa: E402
from tests.faults.world import kept, pull, run_config  # noqa: E402
from webnn.core.merging import Contribution  # noqa: E402
from webnn.engine.base import Snapshot  # noqa: E402
from webnn.engine.local import LocalEngine  # noqa: E402

LEASE_SECONDS = 0.1


class Paced(Steady):
    """One whose iterations take time, so that longer leases take longer; notes when each came, and its length."""

    def __init__(self, url: str, pace: float) -> None:
        super().__init__(lambda: url, pull, pace=pace)
        self.leases: list[tuple[float, int]] = []

    async def _take(self, *arguments: Any) -> None:
        header = arguments[-1]
        if header["type"] == "lease":
            self.leases.append((time.monotonic(), header["iterations"]))
        await super()._take(*arguments)


class SlowEngine(LocalEngine):
    """One that takes its time for a merge."""

    merge_seconds = 0.0

    @property
    def immediate(self) -> bool:
        return False

    async def merge(self, version: int, iterations: int, contributions: Sequence[Contribution]) -> Snapshot:
        await asyncio.sleep(self.merge_seconds)
        return await super().merge(version, iterations, contributions)


async def measure(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    settings = run_config(iterations=10**9, lease_seconds=LEASE_SECONDS)
    async with kept(folder, config=settings) as (task, url), asyncio.TaskGroup() as group:
        assert isinstance(task.engine, LocalEngine)
        task.engine.__class__ = SlowEngine
        task.engine.merge_seconds = arguments.merge  # type: ignore[attr-defined]
        volunteers = [Paced(url, arguments.pace) for _ in range(arguments.volunteers)]
        workers = [group.create_task(volunteer.run()) for volunteer in volunteers]
        start, tenth = time.monotonic(), arguments.seconds / 10
        marks = []
        for until in (0.0, tenth, arguments.seconds - tenth, arguments.seconds):
            await asyncio.sleep(max(0.0, start + until - time.monotonic()))
            marks.append((time.monotonic(), task.run.num_merges, task.run.iterations))
        for worker in workers:
            worker.cancel()
    parts = {
        name: part(volunteers, *marks[first : first + 2]) for name, first in (("first_tenth", 0), ("last_tenth", 2))
    }
    return {
        "settings": {key: value for key, value in vars(arguments).items() if key not in ("json", "save")},
        **parts,
        "iterations_a_second_could_be": round(arguments.volunteers / arguments.pace, 1),
        "sent_away": sum(volunteer.connections > 1 for volunteer in volunteers),
        "errors": sum(volunteer.errors.total() for volunteer in volunteers),
        "machine": details(),
    }


def part(volunteers: Sequence[Paced], begin: tuple[float, int, int], end: tuple[float, int, int]) -> dict[str, float]:
    """What happened between two moments, each a time and the merges and iterations so far."""
    lengths = [length for volunteer in volunteers for at, length in volunteer.leases if begin[0] <= at < end[0]]
    seconds = end[0] - begin[0]
    return {
        "iterations_a_lease": round(mean(lengths), 1) if lengths else 0.0,
        "merges_a_second": round((end[1] - begin[1]) / seconds, 1),
        "iterations_a_second": round((end[2] - begin[2]) / seconds, 1),
    }


def parse(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--volunteers", type=int, default=8)
    parser.add_argument("--merge", type=float, default=0.05, help="seconds that a merge takes")
    parser.add_argument("--pace", type=float, default=0.002, help="seconds that a volunteer needs for an iteration")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--save", type=Path, help="write the result as JSON into this file")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(words)


def main() -> None:
    arguments = parse()
    with tempfile.TemporaryDirectory(prefix="pressure-", ignore_cleanup_errors=True) as folder:
        result = asyncio.run(measure(arguments, Path(folder) / "test-run"))
    save(result, arguments.save)
    if arguments.json:
        print(json.dumps(result, indent=2))
    else:
        for name, value in result.items():
            print(f"{name:30} {value}")


if __name__ == "__main__":
    main()
