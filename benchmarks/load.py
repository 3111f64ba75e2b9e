"""What one merged update costs the server, and what a thousand volunteers do to it.

    python benchmarks/load.py --params 200000 --volunteers 8 --encoding f32 --seconds 5 --json
    python benchmarks/load.py --all                 every size and encoding beside the floor, as a table
    python benchmarks/load.py --floor               one row beside bare aiohttp and numpy, measured in turn
    python benchmarks/load.py --dispatch            leases only: how many a second
    python benchmarks/load.py --volunteers 1000 --rate 200 --server-cpus 1

The server is the real one in a process of its own; the volunteers, in others, speak the real protocol over real
sockets and send back the weights they got, hardly changed ("echo"), so that each update goes both ways. CPU time is
what the kernel counts for the server's process, all threads. When other programs took over 10 % of the machine
meanwhile, figures are not comparable and none are printed, unless `--allow-noise` marks them so. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import machine

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from webnn.server.config import Limits  # noqa: E402 (the checkout's own package)

MOST_FOREIGN_SHARE = 0.1
SIZES = (200_000, 1_700_000, 25_000_000)
ENCODINGS = ("f32", "f16", "int8", "topk")
BARE = ("f16", "int8")
"""Those in which bare aiohttp and numpy are measured besides float32."""

MOST_OF_LARGE = 4
HELD_UPDATE_BYTES = Limits().held_update_bytes

REFERENCE_FLOOR = {200_000: 0.8, 1_700_000: 12.0, 25_000_000: 460.0}
"""Milliseconds that the floor takes on the machine for which `WANTED` was set."""

WANTED = {
    200_000: {"f32": 1.0, "f16": 1.1, "int8": 0.6},
    1_700_000: {"f32": 13.0, "f16": 13.0, "int8": 7.0},
    25_000_000: {"f32": 500.0, "f16": 400.0, "int8": 250.0},
}
"""Milliseconds that a merged update may cost there."""


class Child:
    """A subprocess that is spoken to in lines: words in, JSON out."""

    def __init__(self, script: str, *arguments: object) -> None:
        self.script = script
        path = os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")])
        command = [sys.executable, str(HERE / script), *(str(argument) for argument in arguments)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
        )

    @property
    def pid(self) -> int:
        return self.process.pid

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.script} ended: {self.process.wait()}")
        heard: dict[str, Any] = json.loads(line)
        return heard

    def say(self, word: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()

    def ask(self, word: str) -> dict[str, Any]:
        self.say(word)
        return self.hear()

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


def measure(options: argparse.Namespace, num_weights: int, encoding: str) -> dict[str, Any]:
    """One row: `--turns` times, where a floor is measured in turn, and the one with the median cost."""
    floors, bare, turns = [], [], []
    for _ in range(options.turns if options.floor else 1):
        if options.floor:
            floors.append(measure_floor(options, num_weights, "f32"))
            if encoding in BARE:
                bare.append(measure_floor(options, num_weights, encoding))
        turns.append(measure_once(options, num_weights, encoding))
    turns.sort(key=lambda turn: turn["server_cpu_ms_per_update"] or 0.0)
    result = turns[len(turns) // 2]
    if floors:
        result |= compared(result, turns, floors, bare)
    share = max(turn["foreign_cpu_share"] for turn in [*turns, *floors, *bare])
    return result | {"foreign_cpu_share": share, "noisy": share > MOST_FOREIGN_SHARE}


def compared(
    result: dict[str, Any], turns: list[dict[str, Any]], floors: list[dict[str, Any]], bare: list[dict[str, Any]]
) -> dict[str, Any]:
    """The floor beside a row, and by how much it should be passed: figures of a slow machine compare so, too. `bare` is
    the floor with the row's encoding.
    """
    size, encoding = result["params"], result["encoding"]
    floor, in_kind = (statistics.median(turn["ms"] for turn in each) for each in (floors, bare or floors))
    wanted = WANTED.get(size, {}).get(encoding)
    return {
        "floor_ms": round(floor, 3),
        "bare_ms": round(in_kind, 3),
        "bare_times_floor": round(in_kind / floor, 2),
        "times_floor": round(result["server_cpu_ms_per_update"] / floor, 2),
        "wanted_times_floor": None if wanted is None else round(wanted / REFERENCE_FLOOR[size], 2),
        "all_ms": [turn["server_cpu_ms_per_update"] for turn in turns],
        "all_floor_ms": [round(turn["ms"], 3) for turn in floors],
    }


@dataclass(frozen=True)
class Observed:
    """The server's counters before and after so many seconds, and what its volunteers saw."""

    before: dict[str, Any]
    after: dict[str, Any]
    seen: list[dict[str, Any]]
    seconds: float
    foreign: float


def observe(server: Child, groups: list[Child], seconds: float) -> Observed:
    """Wait until everyone is warm, then watch."""
    for group in groups:
        group.hear()
    pids = [os.getpid(), server.pid, *(group.pid for group in groups)]
    usage_before, before, began = machine.usage(pids), server.ask("begin"), time.perf_counter()
    for group in groups:
        group.say("begin")
    time.sleep(seconds)
    usage_after, after, took = machine.usage(pids), server.ask("end"), time.perf_counter() - began
    for group in groups:
        group.say("end")
    seen = [group.hear() for group in groups]
    return Observed(before, after, seen, took, round(machine.foreign_share(usage_before, usage_after), 3))


def measure_once(options: argparse.Namespace, num_weights: int, encoding: str) -> dict[str, Any]:
    """One turn of ours."""
    with ExitStack() as stack:
        cpus = ("--cpus", options.server_cpus) if options.server_cpus else ()
        profile = ("--profile", options.profile) if options.profile else ()
        flags = [f"--{name}" for name in ("uvloop", "checks", "compiled", "dispatch") if getattr(options, name)]
        server = Child("load_server.py", "--params", num_weights, "--merge", options.merge, *cpus, *flags, *profile)
        stack.callback(server.end)
        address = server.hear()
        groups = [
            Child("load_volunteers.py", *volunteer_arguments(options, address["url"], num_weights, encoding, i))
            for i in range(options.processes)
        ]
        for group in groups:
            stack.callback(group.end)
        observed = observe(server, groups, options.seconds)
    volunteers = num_volunteers(options, num_weights)
    about = {"params": num_weights, "volunteers": volunteers, "encoding": encoding, "seconds": observed.seconds}
    noise = {"foreign_cpu_share": observed.foreign, "noisy": observed.foreign > MOST_FOREIGN_SHARE}
    memory = memory_of(observed.after["peak_mb"], address["empty_mb"], num_weights, volunteers)
    return about | costs(observed.before, observed.after, observed.seen, observed.seconds) | memory | noise


def measure_floor(options: argparse.Namespace, num_weights: int, encoding: str) -> dict[str, Any]:
    """One turn of bare aiohttp and numpy (or our compiled loops)."""
    with ExitStack() as stack:
        alike = ("--params", num_weights, "--encoding", encoding, *(["--compiled"] if options.compiled else []))
        server = Child("load_floor.py", "--serve", *alike)
        stack.callback(server.end)
        url, volunteers = server.hear()["url"], num_volunteers(options, num_weights)
        group = Child("load_floor.py", "--url", url, "--volunteers", volunteers, *alike)
        stack.callback(group.end)
        observed = observe(server, [group], options.seconds)
    spent = {name: observed.after[name] - observed.before[name] for name in ("cpu_seconds", "merges")}
    return {"ms": spent["cpu_seconds"] * 1000 / max(spent["merges"], 1), "foreign_cpu_share": observed.foreign}


def num_volunteers(options: argparse.Namespace, num_weights: int) -> int:
    """As many as asked for; of the largest models half as many with `--all`, whose own memory counts too."""
    return min(options.volunteers, MOST_OF_LARGE) if options.all and num_weights > 10_000_000 else options.volunteers


def memory_of(peak_mb: float, empty_mb: float, num_weights: int, volunteers: int) -> dict[str, Any]:
    """Memory beside what it may be: three models, an update for each volunteer in flight (within what the server holds
    at once), and 64 KB a connection, above the server without a run.
    """
    model = 4 * num_weights
    budget = 3 * model + min(volunteers * model, max(HELD_UPDATE_BYTES, model)) + volunteers * 65_536
    return {
        "server_rss_mb": round(peak_mb, 1),
        "server_empty_rss_mb": round(empty_mb, 1),
        "server_rss_budget_mb": round(empty_mb + budget / 1e6, 1),
    }


def volunteer_arguments(
    options: argparse.Namespace, url: str, num_weights: int, encoding: str, index: int
) -> list[object]:
    volunteers = num_volunteers(options, num_weights)
    count = volunteers // options.processes + (index < volunteers % options.processes)
    arguments: list[object] = ["--url", url, "--params", num_weights, "--volunteers", count, "--encoding", encoding]
    arguments += ["--rate", options.rate / options.processes, "--faults", options.faults]
    arguments += ["--post-bytes", options.post_bytes, "--not-cpus", options.server_cpus or 0]
    flags = {"--dispatch": options.dispatch, "--push": not options.no_push}
    return [*arguments, *(flag for flag, given in flags.items() if given)]


def costs(before: dict[str, Any], after: dict[str, Any], seen: list[dict[str, Any]], seconds: float) -> dict[str, Any]:
    """Rates, and what each update and each lease cost, from counters at the start and the end of `seconds`."""
    names = ("cpu_seconds", "minor_faults", "merges", "bytes_in", "bytes_out")
    spent = {name: after[name] - before[name] for name in names}
    checks = {name: each - before["check_seconds"].get(name, 0.0) for name, each in after["check_seconds"].items()}
    merges, leases = spent["merges"], sum(part["leases"] for part in seen)
    return {
        "updates_per_second": round(merges / seconds, 2),
        "leases_per_second": round(leases / seconds, 1),
        "server_cpu_ms_per_update": per(spent["cpu_seconds"] * 1000, merges),
        "minor_faults_per_update": per(spent["minor_faults"], merges),
        "checks_share_of_server_cpu": per(sum(checks.values()), spent["cpu_seconds"]) or None,
        "check_us_per_update": {name: per(each * 1e6, merges) for name, each in checks.items()},
        "server_cpu_ms_per_lease": per(spent["cpu_seconds"] * 1000, leases),
        "lease_p50_ms": round(max(part["lease_p50_ms"] for part in seen), 2),
        "lease_p99_ms": round(max(part["lease_p99_ms"] for part in seen), 2),
        "loop_lag_ms": round(after["lag_ms"], 1),
        "busiest_volunteers": round(max(part["cpu_seconds"] for part in seen) / seconds, 2),
        "bytes_in_per_update": per(spent["bytes_in"], merges),
        "bytes_out_per_update": per(spent["bytes_out"], merges),
        "outcomes": {name: count - before["outcomes"].get(name, 0) for name, count in after["outcomes"].items()},
        "faults": dict(sum((Counter(part["faults"]) for part in seen), Counter[str]())),
    }


def per(amount: float, count: float) -> float | None:
    return round(amount / count, 3) if count else None


COLUMNS = (
    ("params", "params"),
    ("encoding", "encoding"),
    ("updates/s", "updates_per_second"),
    ("leases/s", "leases_per_second"),
    ("CPU ms/update", "server_cpu_ms_per_update"),
    ("floor ms", "floor_ms"),
    ("times", "times_floor"),
    ("wanted", "wanted_times_floor"),
    ("bare", "bare_times_floor"),
    ("faults/update", "minor_faults_per_update"),
    ("checks", "checks_share_of_server_cpu"),
    ("RSS MB", "server_rss_mb"),
    ("may be MB", "server_rss_budget_mb"),
    ("lease p50 ms", "lease_p50_ms"),
    ("p99 ms", "lease_p99_ms"),
    ("loop lag ms", "loop_lag_ms"),
    ("their CPU", "busiest_volunteers"),
    ("B in/update", "bytes_in_per_update"),
    ("B out/update", "bytes_out_per_update"),
    ("foreign CPU", "foreign_cpu_share"),
)


def line(cells: list[str]) -> str:
    return "  ".join(cell.rjust(max(9, len(title))) for cell, (title, _) in zip(cells, COLUMNS, strict=True))


def show(result: dict[str, Any]) -> str:
    cells = line(["-" if result.get(key) is None else str(result[key]) for _, key in COLUMNS])
    return f"{cells}  noisy: not comparable" if result["noisy"] else cells


def parse(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--params", type=int, default=200_000, help="numbers in the model")
    parser.add_argument("--volunteers", type=int, default=8)
    parser.add_argument("--encoding", default="f32", choices=ENCODINGS, help="both ways (topk: up, with int8 down)")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long to measure, after everyone is warm")
    parser.add_argument(
        "--rate", type=float, default=0.0, help="updates a second of all together; 0: as many as can be"
    )
    parser.add_argument("--faults", default="", help="shares of leases: drop=0.01,duplicate=0.01,nan=0.01,silent=0.01")
    parser.add_argument("--processes", type=int, default=1, help="processes of volunteers")
    parser.add_argument("--server-cpus", type=int, help="processors that the server may use")
    parser.add_argument("--merge", default="weighted", help="the merge strategy")
    parser.add_argument("--dispatch", action="store_true", help="leases only: each is given back at once")
    parser.add_argument(
        "--post-bytes", type=int, default=0, help="post updates of so many bytes or more; 0: as the server says"
    )
    parser.add_argument("--no-push", action="store_true", help="ask for weights by GET instead of with outcomes")
    parser.add_argument("--compiled", action="store_true", help="let the server use compiled loops (numba)")
    parser.add_argument("--checks", action="store_true", help="count the time that checks of updates take (costs some)")
    parser.add_argument("--uvloop", action="store_true", help="run the server on uvloop (to be installed)")
    parser.add_argument("--profile", type=Path, help="write the server's profile to this file (for `python -m pstats`)")
    parser.add_argument(
        "--all", action="store_true", help="every size and encoding, beside the floor; the result is kept"
    )
    parser.add_argument("--floor", action="store_true", help="measure bare aiohttp and numpy in turn, and compare")
    parser.add_argument("--turns", type=int, default=3, help="turns of each with --floor, of which the medians count")
    parser.add_argument("--keep", metavar="NAME", help="keep the result as benchmarks/results/NAME.json")
    parser.add_argument("--allow-noise", action="store_true", help="print figures of a busy machine, marked")
    parser.add_argument("--json", action="store_true", help="the last line is JSON")
    options = parser.parse_args(words)
    options.floor = options.floor or options.all
    options.keep = options.keep or ("load" if options.all else None)
    return options


def main() -> None:
    options = parse()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(65_536, hard), hard) if soft < 65_536 else (soft, hard))
    wanted = [(size, each) for size in SIZES for each in ENCODINGS[:3]] if options.all else []
    print(f"{machine.describe()}, Python {sys.version.split()[0]}, {options.volunteers} volunteers")
    print(line([title for title, _ in COLUMNS]))
    results = []
    for num_weights, encoding in wanted or [(options.params, options.encoding)]:
        result = measure(options, num_weights, encoding)
        results.append(result)
        if result["noisy"] and not options.allow_noise:
            raise SystemExit(
                f"Other programs took {result['foreign_cpu_share']:.0%} of the machine meanwhile, more than"
                f" {MOST_FOREIGN_SHARE:.0%}: these figures compare with nothing. Try again when it is quiet,"
                " or add --allow-noise."
            )
        print(show(result), flush=True)
    if options.keep:
        given = ("rate", "faults", "processes", "server_cpus", "merge", "dispatch", "turns", "compiled")
        machine.keep(options.keep, {**{key: getattr(options, key) for key in given}, "rows": results})
    if options.json:
        print(json.dumps(results if options.all else results[0]))


if __name__ == "__main__":
    main()
