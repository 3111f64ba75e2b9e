"""What machine something was measured on, and what that did meanwhile: CPU time of processes, and of everyone else."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds: `capacity` of all processors since the machine started, `busy` of all processes (and of neighbours
    on the same host, as far as the kernel knows of them), `own` of the processes asked about, their ended children too.
    """

    capacity: float
    busy: float
    own: float


def usage(pids: Iterable[int]) -> Usage:
    """Read the counters of this moment."""
    fields = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle = fields[3] + fields[4]
    own = sum(process_ticks(pid) for pid in pids)
    return Usage(sum(fields) / TICKS_PER_SECOND, (sum(fields) - idle) / TICKS_PER_SECOND, own / TICKS_PER_SECOND)


def process_ticks(pid: int) -> int:
    """Ticks that a process and its ended children had, of all their threads."""
    words = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(word) for word in words[11:15])


def foreign_share(before: Usage, after: Usage) -> float:
    """The share of all processors' time that went to neither the processes asked about nor to idling."""
    foreign = (after.busy - before.busy) - (after.own - before.own)
    return max(0.0, foreign) / max(after.capacity - before.capacity, 1e-9)


def memory_mb(name: str) -> float:
    """A line of this process's /proc/self/status in MB: `VmRSS` (now) or `VmHWM` (the most since `forget_peak`)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1000
    raise KeyError(name)


def forget_peak() -> None:
    """Count `VmHWM` of this process from here."""
    Path("/proc/self/clear_refs").write_text("5")


def describe() -> str:
    """This machine in a few words."""
    models = [line.split(":", 1)[1].strip() for line in _cpuinfo() if line.startswith("model name")]
    return f"{os.cpu_count()} x {models[0] if models else 'unknown processor'}"


def commit() -> str:
    """The commit that is checked out, with a + where files differ from it."""

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=HERE, capture_output=True, text=True, check=False).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", "..", ":!results")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + ("+" if changed else "")


def keep(name: str, result: Mapping[str, Any]) -> None:
    """Keep a result in `benchmarks/results/NAME.json`, with the date, the machine and the commit."""
    about = {"date": time.strftime("%Y-%m-%d", time.gmtime()), "machine": describe(), "commit": commit()}
    folder = HERE / "results"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps({"benchmark": name, **about, **result}, indent=1) + "\n", "utf-8")


def details() -> dict[str, Any]:
    """What a result that a file of its own keeps says of where it came from."""
    return {
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "commit": commit(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def save(result: object, path: Path | None) -> None:
    """Write a result as JSON into the file that `--save` names, if it names one."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _cpuinfo() -> list[str]:
    return Path("/proc/cpuinfo").read_text().splitlines()
