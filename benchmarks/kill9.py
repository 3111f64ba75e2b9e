"""Kills a server with SIGKILL again and again while it trains, and counts what is lost and what counts twice.

    python benchmarks/kill9.py                                     50 kills, 5 unkilled runs: about half an hour
    python benchmarks/kill9.py --kills 6                           as many; the rest in proportion
    python benchmarks/kill9.py --only killed --save FILE           in two parts, kept in one file:
    python benchmarks/kill9.py --only unkilled --save FILE         first the one, then the other

The same command, `wnn train MODEL --resume ...`, is started again after each kill; three workers in another process
stay up throughout. What is printed comes from the run's journal, from the workers and from the finished run:

    lost        merged updates that were rolled back though older than one checkpoint interval when the server died
    accused     volunteers, all of them honest, that the run says lied
    duplicated  iterations that the run counts beyond those of the updates that its journal says were merged
    seconds     from starting the server again: until it listens, until the first volunteer is back, and until the
                first update is merged; the median and the most of each
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.machine import details, save  # noqa: E402 (the checkout's own package)
from webnn.server.keeping import CHECKPOINT_FOLDER  # noqa: E402
from webnn.store.checkpoint import read_checkpoint  # noqa: E402

WNN = (sys.executable, "-m", "webnn.cli")
CHECKPOINT_SECONDS = 1.0


@dataclass
class Server:
    """One life of the server."""

    process: asyncio.subprocess.Process
    started: float
    events: list[dict[str, Any]] = field(default_factory=list)

    async def read(self) -> None:
        """Collect what it prints until it ends."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.events.append({**json.loads(line), "at": time.time()})

    async def listening(self) -> dict[str, Any]:
        """Wait until it listens; its event."""
        while True:
            for event in self.events:
                if event["event"] == "listening":
                    return event
            if self.process.returncode is not None:
                raise RuntimeError(f"the server ended: {self.events[-3:]}")
            await asyncio.sleep(0.05)


@dataclass
class Outcomes:
    """What the workers were told, with the time of day at which they were."""

    merged: list[float] = field(default_factory=list)
    welcomed: list[float] = field(default_factory=list)


def first_after(started: float, times: Sequence[float]) -> float | None:
    """Seconds from `started` to the first of `times` after it."""
    return next((at - started for at in times if at > started), None)


def environment() -> dict[str, str]:
    """The environment of programs as an owner starts them: Python keeps what it has compiled, as it does by default."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WNN_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**kept, "PYTHONPATH": str(ROOT)}


async def start(arguments: argparse.Namespace, runs: Path, port: int, *more: str) -> tuple[Server, asyncio.Task[None]]:
    stop = json.dumps({"iterations": arguments.iterations})
    process = await asyncio.create_subprocess_exec(
        *(*WNN, "train", arguments.model, "--json", "--no-open", "--port", str(port), "--runs-dir", str(runs)),
        *("--set", f"training.stop={stop}", "--set", f"checkpoint.everySeconds={CHECKPOINT_SECONDS:g}"),
        *(word for setting in arguments.settings for word in ("--set", setting)),
        *more,
        stdout=asyncio.subprocess.PIPE,
        stderr=sys.stderr if arguments.verbose else asyncio.subprocess.DEVNULL,
        stdin=asyncio.subprocess.DEVNULL,
        env=environment(),
        limit=1 << 24,
    )
    server = Server(process, time.time())
    return server, asyncio.create_task(server.read())


@asynccontextmanager
async def workers(arguments: argparse.Namespace, url: str, share: float, outcomes: Outcomes) -> AsyncIterator[None]:
    """Workers in a process of their own, which outlives the server's lives."""
    process = await asyncio.create_subprocess_exec(
        *(*WNN, "worker", url, "--count", str(arguments.workers), "--share", str(share), "--json"),
        stdout=asyncio.subprocess.PIPE,
        stderr=sys.stderr if arguments.verbose else asyncio.subprocess.DEVNULL,
        stdin=asyncio.subprocess.DEVNULL,
        env=environment(),
        limit=1 << 24,
    )

    async def read() -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            event = json.loads(line)
            if event["type"] == "outcome" and event["outcome"] == "merged":
                outcomes.merged.append(time.time())
            elif event["type"] == "welcome":
                outcomes.welcomed.append(time.time())

    reading = asyncio.create_task(read())
    try:
        yield
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()
        await reading


async def finish(server: Server, reading: asyncio.Task[None]) -> dict[str, Any]:
    """Wait for the run's end; its `finished` event."""
    await server.process.wait()
    await reading
    return next(event for event in server.events if event["event"] == "finished")


async def unkilled(arguments: argparse.Namespace, folder: Path, number: int) -> float:
    """Train once in peace; the final accuracy."""
    server, reading = await start(arguments, folder / f"unkilled-{number}", 0, "--seed", str(arguments.seed + number))
    url = (await server.listening())["join_url"]
    async with workers(arguments, url, 1.0, Outcomes()):
        accuracy: float = (await finish(server, reading))["accuracy"]
    return accuracy


async def killed(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Train while the server is killed; what came of it."""
    gaps = random.Random(arguments.seed)
    runs = folder / "killed"
    outcomes = Outcomes()
    waits: list[dict[str, float]] = []
    restarts = 0
    command = ("--seed", str(arguments.seed), "--resume", *(("--record",) if arguments.record else ()))
    server, reading = await start(arguments, runs, 0, *command)
    listening = await server.listening()
    port = int(listening["url"].rsplit(":", 1)[1])
    async with workers(arguments, listening["join_url"], arguments.share, outcomes):
        while restarts < arguments.kills:
            try:
                await asyncio.wait_for(server.process.wait(), gaps.uniform(*arguments.gap))
                break  # the run is finished before all kills are done
            except TimeoutError:
                server.process.kill()
            await server.process.wait()
            await reading
            note_wait(waits, outcomes, server, restarts)
            restarts += 1
            server, reading = await start(arguments, runs, port, *command)
            if arguments.verbose:
                print(f"kill {restarts}", waits[-1:], file=sys.stderr)
        finished = await finish(server, reading)
        note_wait(waits, outcomes, server, restarts)
    (run,) = (path.parent for path in runs.glob("*/config.json"))
    return {
        "restarts": restarts,
        "run_ids": len(list(runs.glob("*/config.json"))),
        **account(run, finished),
        "final_accuracy": finished["accuracy"],
        "seconds": {name: spread([wait[name] for wait in waits]) for name in (waits[0] if waits else ())},
        "lives_without_a_merge": restarts - len(waits),
        "replay": replay(runs) if arguments.record else None,
    }


def note_wait(waits: list[dict[str, float]], outcomes: Outcomes, server: Server, restarts: int) -> None:
    """Note how long a restarted server took to listen, to have a volunteer back, and to merge."""
    listening = [event["at"] for event in server.events if event["event"] == "listening"]
    parts = {"to_listening": listening, "to_first_volunteer": outcomes.welcomed, "to_first_merge": outcomes.merged}
    found = {name: first_after(server.started, times) for name, times in parts.items()}
    back = found["to_first_volunteer"]
    if back is not None:  # what is heard before was told by the server's last life
        merged = first_after(server.started + back, outcomes.merged)
        found["to_first_merge"] = None if merged is None else merged + back
    if restarts and None not in found.values():
        waits.append({name: seconds for name, seconds in found.items() if seconds is not None})


def spread(seconds: Sequence[float]) -> dict[str, float]:
    return {"median": round(statistics.median(seconds), 2), "most": round(max(seconds), 2)}


def account(run: Path, finished: dict[str, Any]) -> dict[str, Any]:
    """Read from the journal what was lost and what counts."""
    with closing(sqlite3.connect(run / "journal.sqlite")) as journal:
        counts = dict(journal.execute("SELECT COALESCE(outcome, 'none'), COUNT(*) FROM leases GROUP BY 1").fetchall())
        (merged,) = journal.execute("SELECT SUM(iterations) FROM leases WHERE outcome = 'merged'").fetchone()
        (accused,) = journal.execute("SELECT COUNT(*) FROM log WHERE kind = 'accused'").fetchone()
        ages = [
            at - ended
            for number, at in journal.execute("SELECT number, at FROM incarnations WHERE number > 0").fetchall()
            for (ended,) in journal.execute(
                "SELECT ended_at FROM leases WHERE outcome = 'rolled_back' AND lease_id LIKE ?", (f"{number - 1}-%",)
            ).fetchall()
        ]
    return {
        "lost": sum(age > CHECKPOINT_SECONDS for age in ages),
        "oldest_rolled_back_seconds": round(max(ages, default=0.0), 3),
        "duplicated": finished["iterations"] - merged,
        "accused": accused,
        "replays": replays_in(run),
        "outcomes": counts,
        "iterations": finished["iterations"],
    }


def replays_in(run: Path) -> int:
    """Count the last replays that the run remembers in the end, of at most 64."""
    checkpoint = read_checkpoint(run / CHECKPOINT_FOLDER)
    return 0 if checkpoint is None else len(checkpoint.manifest["snapshot"]["judging"]["agreements"])


def replay(runs: Path) -> str:
    result = subprocess.run(
        [*WNN, "replay", "--runs-dir", str(runs)], env=environment(), capture_output=True, text=True, check=False
    )
    return (result.stdout or result.stderr).strip().splitlines()[-1]


async def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="kill9-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        result: dict[str, Any] = {}
        if arguments.only != "unkilled":
            result = {**await killed(arguments, folder), "machine": details()}
        if arguments.only != "killed":
            accuracies = [await unkilled(arguments, folder, number) for number in range(arguments.unkilled)]
            result |= {"unkilled_accuracies": accuracies, "unkilled_machine": details()}
    settings = {key: value for key, value in vars(arguments).items() if key not in ("json", "save", "verbose", "only")}
    return {"settings": settings, **result}


def with_the_other_part(result: dict[str, Any], path: Path | None) -> dict[str, Any]:
    """The result together with what `path` holds of the other part of the same measurement."""
    if path is None or not path.exists():
        return result
    other: dict[str, Any] = json.loads(path.read_text("utf-8"))
    if other["settings"] != json.loads(json.dumps(result["settings"])):
        return result
    return {**other, **result}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="digits-cnn")
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE", help="of the model")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--gap", type=float, nargs=2, default=(5.0, 15.0), metavar=("LEAST", "MOST"))
    parser.add_argument("--iterations", type=int, help="default: 1,000 for each kill, at least 3,000")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--share", type=float, default=0.25, help="of the workers of the killed run: it must last")
    parser.add_argument("--unkilled", type=int, help="default: one for each 10 kills, at least 1")
    parser.add_argument("--seed", type=int, default=9)
    parser.add_argument("--record", action="store_true", help="record the killed run, and replay it in the end")
    parser.add_argument("--only", choices=["killed", "unkilled"], help="one part of the measurement")
    parser.add_argument("--save", type=Path, help="write the result as JSON into this file, which keeps the other part")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    arguments.iterations = arguments.iterations or max(1000 * arguments.kills, 3_000)
    arguments.unkilled = max(arguments.kills // 10, 1) if arguments.unkilled is None else arguments.unkilled
    result = with_the_other_part(asyncio.run(measure(arguments)), arguments.save)
    save(result, arguments.save)
    if arguments.json:
        print(json.dumps(result, indent=2))
        return
    for name in ("restarts", "lost", "duplicated", "accused", "replays", "final_accuracy", "unkilled_accuracies"):
        print(f"{name:32} {result.get(name)}")
    for name in ("oldest_rolled_back_seconds", "lives_without_a_merge", "replay"):
        print(f"{name:32} {result.get(name)}")
    for name, found in result.get("seconds", {}).items():
        print(f"{'seconds ' + name.replace('_', ' '):32} {found['median']} (most {found['most']})")


if __name__ == "__main__":
    main()
