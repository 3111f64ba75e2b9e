"""Trains with many virtual volunteers over real sockets while things go wrong, and watches the server for leaks.

    python benchmarks/soak.py --minutes 10          50 volunteers
    python -m pytest tests/faults/test_soak.py      the form that CI runs, of one minute

The server is a real `wnn train`, the volunteers are Python: they send their base weights with a little noise. Meanwhile
connections are cut, updates come twice, late, cut short or not finite, volunteers leave for good and new ones come, the
evaluator is killed and the run paused and resumed. What is printed:

    memory, open files   of the server (resident, as the system says it), after a fifth of the time and at the end
    at_updates           its memory when so many updates were merged; `memory_ratio` is that of 10,000 to that of 1,000
    lost                 updates that were acknowledged as merged and are not merged in the journal
    duplicated           iterations that the run counts beyond those of the updates merged in the journal
    stuck                volunteers that at the end had heard nothing for longer than leases live and quarantine lasts
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from support.steady import Cut, Steady, Vector  # noqa: E402 (from the checkout)

from benchmarks.kill9 import environment  # noqa: E402
from benchmarks.machine import details, save  # noqa: E402
from webnn.core.standing import NONSENSE, Account, quarantine_seconds  # noqa: E402

WNN = (sys.executable, "-m", "webnn.cli")
MARKS = (1_000, 2_000, 5_000, 10_000, 20_000)
FAULTS = ("cut", "twice", "short", "not finite", "late")


class Volunteer(Steady):
    """One that suffers a fault in one of `one_in` updates."""

    def __init__(self, url: str, one_in: int, seconds: float, faults: Counter[str]) -> None:
        super().__init__(lambda: url, self._noisy, seconds=seconds, retry_seconds=0.5, meddle=self._suffer)
        self._one_in = one_in
        self._faults = faults
        self._spoil = False
        self._nonsense = 0

    def stuck(self, seconds: float) -> bool:
        """Whether it has heard nothing for `seconds` more than it has to expect."""
        lies = self._nonsense // NONSENSE
        quarantine = quarantine_seconds(Account(lies=lies)) if lies else 0.0
        return time.monotonic() - self.heard_at > max(self.longest_silence, quarantine) + seconds

    def _noisy(self, weights: Vector) -> Vector:
        if self._spoil:
            self._spoil = False
            self._nonsense += 1
            return np.full_like(weights, np.nan)
        noise = np.random.default_rng().standard_normal(len(weights), dtype=np.float32)
        return weights + np.float32(1e-4) * noise

    def _suffer(self, frame: bytes) -> list[bytes]:
        if len(frame) < 1000 or random.randrange(self._one_in):
            return [frame]
        fault = random.choice(FAULTS)
        self._faults[fault] += 1
        match fault:
            case "cut":
                raise Cut
            case "twice":
                return [frame, frame]
            case "short":
                return [frame[: random.randrange(4, len(frame))]]
            case "not finite":
                self._spoil = True
                return [frame]
            case _:
                return []  # it is sent again with the next connection


class Crowd:
    """Volunteers that come and go."""

    def __init__(self, url: str, size: int, one_in: int, seconds: float) -> None:
        self.faults: Counter[str] = Counter()
        self._url, self._size, self._one_in, self._seconds = url, size, one_in, seconds
        self._working: dict[asyncio.Task[None], Volunteer] = {}
        self.all: list[Volunteer] = []

    def fill(self) -> None:
        while len(self._working) < self._size:
            volunteer = Volunteer(self._url, self._one_in, self._seconds, self.faults)
            self.all.append(volunteer)
            self._working[asyncio.create_task(volunteer.run())] = volunteer

    async def replace_one(self) -> None:
        """One leaves without a word, and another comes."""
        task = random.choice(list(self._working))
        del self._working[task]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        self.faults["left"] += 1
        self.fill()

    def stuck(self, seconds: float) -> int:
        return sum(volunteer.stuck(seconds) for volunteer in self._working.values())

    async def dismiss(self) -> None:
        for task in self._working:
            task.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)


def measure(pid: int) -> dict[str, int]:
    """Memory (KiB, resident) and open files of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    (resident,) = (int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    return {"memory_kib": resident, "open_files": len(list(Path(f"/proc/{pid}/fd").iterdir()))}


def evaluator_of(pid: int) -> int | None:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == pid and "evaluator" in (folder / "cmdline").read_text():
                    return int(folder.name)
            except (OSError, IndexError, ValueError):
                continue
    return None


async def command(runs: Path, *words: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(*WNN, *words, "--runs-dir", str(runs)), env=environment(), stdout=asyncio.subprocess.DEVNULL
    )
    await process.wait()


async def disturb(arguments: argparse.Namespace, crowd: Crowd, runs: Path, pid: int) -> None:
    """Make things go wrong, one every few seconds: each kind of it early, then by chance."""
    first = ["leave", "evaluator", "pause"]
    while True:
        await asyncio.sleep(arguments.disturb_seconds)
        match first.pop(0) if first else random.choice(("leave",) * 8 + ("evaluator", "pause")):
            case "evaluator":
                evaluator = evaluator_of(pid)
                if evaluator is not None:
                    os.kill(evaluator, signal.SIGKILL)
                    crowd.faults["evaluator killed"] += 1
            case "pause":
                await command(runs, "pause")
                await asyncio.sleep(1)
                await command(runs, "resume")
                crowd.faults["paused"] += 1
            case _:
                await crowd.replace_one()


async def soak(arguments: argparse.Namespace, runs: Path) -> dict[str, Any]:
    seconds = 60 * arguments.minutes
    stop = json.dumps({"seconds": seconds * 10})
    process = await asyncio.create_subprocess_exec(
        *(*WNN, "train", arguments.model, "--json", "--no-open", "--port", "0", "--runs-dir", str(runs)),
        *("--set", f"training.stop={stop}", "--set", "checkpoint.everySeconds=2"),
        *("--set", "validation.replayShare=0"),  # what these volunteers send was never trained
        *("--set", f"training.leaseSeconds={arguments.lease_seconds}"),
        stdout=asyncio.subprocess.PIPE,
        stderr=sys.stderr,
        stdin=asyncio.subprocess.DEVNULL,
        env=environment(),
        limit=1 << 24,
    )
    assert process.stdout is not None
    events: list[dict[str, Any]] = []
    listening: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()

    async def read() -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "listening":
                listening.set_result(event)
            if event["event"] in ("listening", "finished"):
                events.append(event)

    reading = asyncio.create_task(read())
    where = await listening
    url = f"{where['url']}/api/v1/runs/{where['run']}"
    crowd = Crowd(url, arguments.volunteers, arguments.one_in, arguments.lease_seconds)
    crowd.fill()
    disturbing = asyncio.create_task(disturb(arguments, crowd, runs, process.pid))
    marks: dict[int, int] = {}
    watching = asyncio.create_task(watch(process.pid, runs / where["run"], marks))
    await asyncio.sleep(seconds / 5)
    early, early_updates = measure(process.pid), merged_so_far(runs / where["run"])
    await asyncio.sleep(seconds * 4 / 5)
    for task in (disturbing, watching):
        task.cancel()
    await asyncio.gather(disturbing, watching, return_exceptions=True)
    late, late_updates = measure(process.pid), merged_so_far(runs / where["run"])
    stuck = crowd.stuck(arguments.stuck_seconds)
    process.send_signal(signal.SIGINT)
    await process.wait()
    await reading
    await crowd.dismiss()
    finished = next(event for event in events if event["event"] == "finished")
    return {
        "updates": {"early": early_updates, "late": late_updates},
        "early": early,
        "late": late,
        "memory_growth": round(late["memory_kib"] / early["memory_kib"] - 1, 3),
        "at_updates": marks,
        "memory_ratio": round(marks[10_000] / marks[1_000], 3) if 10_000 in marks else None,
        "open_files_growth": late["open_files"] - early["open_files"],
        **account(runs / where["run"], crowd, finished),
        "stuck": stuck,
        "faults": dict(crowd.faults),
        "volunteers_in_all": len(crowd.all),
    }


async def watch(pid: int, run: Path, marks: dict[int, int]) -> None:
    """Note the memory of the server (KiB) when it comes to each of `MARKS`."""
    for mark in MARKS:
        while merged_so_far(run) < mark:  # noqa: ASYNC110 (another process's)
            await asyncio.sleep(0.5)
        marks[mark] = measure(pid)["memory_kib"]


def merged_so_far(run: Path) -> int:
    with closing(sqlite3.connect(run / "journal.sqlite")) as journal:
        (count,) = journal.execute("SELECT COUNT(*) FROM leases WHERE outcome = 'merged'").fetchone()
    return int(count)


def account(run: Path, crowd: Crowd, finished: dict[str, Any]) -> dict[str, Any]:
    """Compare what volunteers were told with the journal, and the journal with the run."""
    with closing(sqlite3.connect(run / "journal.sqlite")) as journal:
        known = dict(journal.execute("SELECT lease_id, outcome FROM leases").fetchall())
        (iterations,) = journal.execute("SELECT SUM(iterations) FROM leases WHERE outcome = 'merged'").fetchone()
    told = {lease: words for volunteer in crowd.all for lease, words in volunteer.told.items()}
    return {
        "lost": sum("merged" in words and known.get(lease) != "merged" for lease, words in told.items()),
        "told_otherwise": sum(len(set(words)) > 1 for words in told.values()),
        "duplicated": finished["iterations"] - iterations,
        "outcomes": dict(Counter(known.values())),
        "open_leases": sum(outcome is None for outcome in known.values()),
    }


def parse(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="digits-mlp")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--volunteers", type=int, default=50)
    parser.add_argument("--lease-seconds", type=float, default=1.0)
    parser.add_argument("--one-in", type=int, default=20, help="updates suffer a fault")
    parser.add_argument("--disturb-seconds", type=float, default=3.0)
    parser.add_argument("--save", type=Path, help="write the result as JSON into this file")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--stuck-seconds", type=float, default=20.0, help="of silence beyond what one has to expect")
    return parser.parse_args(words)


def main() -> None:
    arguments = parse()
    with tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as folder:
        result = asyncio.run(soak(arguments, Path(folder)))
    settings = {key: value for key, value in vars(arguments).items() if key not in ("json", "save")}
    result = {"settings": settings, **result, "machine": details()}
    save(result, arguments.save)
    if arguments.json:
        print(json.dumps(result, indent=2))
    else:
        for name, value in result.items():
            print(f"{name:20} {value}")
    sys.exit(1 if result["lost"] or result["duplicated"] or result["stuck"] else 0)


if __name__ == "__main__":
    main()
