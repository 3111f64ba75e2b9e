"""What one merged update costs the server, and what a thousand volunteers do to it.

    python benchmarks/load.py --params 200000 --volunteers 8 --encoding f32 --seconds 5 --json
    python benchmarks/load.py --all                 every size and encoding, as a table
    python benchmarks/load.py --dispatch            leases only: how many a second
    python benchmarks/load.py --volunteers 1000 --rate 200 --server-cpus 1

The server is the real one in a process of its own; the volunteers, in others, speak the real protocol over real
sockets and send back the weights they got ("echo"), so that each update goes both ways. CPU time is what the kernel
counts for the server's process, all threads. When other programs took over 10 % of the machine meanwhile, figures are
not comparable and none are printed, unless `--allow-noise` marks them so. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import machine

HERE = Path(__file__).resolve().parent
MOST_FOREIGN_SHARE = 0.1
SIZES = (200_000, 1_700_000, 25_000_000)
ENCODINGS = ("f32", "f16", "int8", "topk")


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
    """One row."""
    with ExitStack() as stack:
        cpus = ("--cpus", options.server_cpus) if options.server_cpus else ()
        uvloop = ("--uvloop",) if options.uvloop else ()
        profile = ("--profile", options.profile) if options.profile else ()
        server = Child("load_server.py", "--params", num_weights, "--merge", options.merge, *cpus, *uvloop, *profile)
        stack.callback(server.end)
        address = server.hear()
        groups = [
            Child("load_volunteers.py", *volunteer_arguments(options, address["url"], num_weights, encoding, i))
            for i in range(options.processes)
        ]
        for group in groups:
            stack.callback(group.end)
        for group in groups:
            group.hear()
        pids = [os.getpid(), server.pid, *(group.pid for group in groups)]
        usage_before, before, began = machine.usage(pids), server.ask("begin"), time.perf_counter()
        for group in groups:
            group.say("begin")
        time.sleep(options.seconds)
        usage_after, after, seconds = machine.usage(pids), server.ask("end"), time.perf_counter() - began
        for group in groups:
            group.say("end")
        seen = [group.hear() for group in groups]
    about = {"params": num_weights, "volunteers": options.volunteers, "encoding": encoding, "seconds": seconds}
    memory = {"server_rss_mb": round(after["peak_mb"], 1), "server_empty_rss_mb": round(address["empty_mb"], 1)}
    share = machine.foreign_share(usage_before, usage_after)
    noise = {"foreign_cpu_share": round(share, 3), "noisy": share > MOST_FOREIGN_SHARE}
    return about | costs(before, after, seen, seconds) | memory | noise


def volunteer_arguments(
    options: argparse.Namespace, url: str, num_weights: int, encoding: str, index: int
) -> list[object]:
    count = options.volunteers // options.processes + (index < options.volunteers % options.processes)
    arguments: list[object] = ["--url", url, "--params", num_weights, "--volunteers", count, "--encoding", encoding]
    arguments += ["--rate", options.rate / options.processes, "--faults", options.faults]
    arguments += ["--post-bytes", options.post_bytes]
    flags = {"--dispatch": options.dispatch, "--push": not options.no_push}
    return [*arguments, *(flag for flag, given in flags.items() if given)]


def costs(before: dict[str, Any], after: dict[str, Any], seen: list[dict[str, Any]], seconds: float) -> dict[str, Any]:
    """Rates, and what each update and each lease cost, from counters at the start and the end of `seconds`."""
    spent = {
        name: after[name] - before[name] for name in ("cpu_seconds", "check_seconds", "merges", "bytes_in", "bytes_out")
    }
    merges, leases = spent["merges"], sum(part["leases"] for part in seen)
    return {
        "updates_per_second": round(merges / seconds, 2),
        "leases_per_second": round(leases / seconds, 1),
        "server_cpu_ms_per_update": per(spent["cpu_seconds"] * 1000, merges),
        "checks_share_of_server_cpu": per(spent["check_seconds"], spent["cpu_seconds"]),
        "server_cpu_ms_per_lease": per(spent["cpu_seconds"] * 1000, leases),
        "lease_p50_ms": round(max(part["lease_p50_ms"] for part in seen), 2),
        "lease_p99_ms": round(max(part["lease_p99_ms"] for part in seen), 2),
        "loop_lag_ms": round(after["lag_ms"], 1),
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
    ("checks", "checks_share_of_server_cpu"),
    ("RSS MB", "server_rss_mb"),
    ("lease p50 ms", "lease_p50_ms"),
    ("p99 ms", "lease_p99_ms"),
    ("loop lag ms", "loop_lag_ms"),
    ("B in/update", "bytes_in_per_update"),
    ("B out/update", "bytes_out_per_update"),
    ("foreign CPU", "foreign_cpu_share"),
)


def line(cells: list[str]) -> str:
    return "  ".join(cell.rjust(max(9, len(title))) for cell, (title, _) in zip(cells, COLUMNS, strict=True))


def show(result: dict[str, Any]) -> str:
    cells = line(["-" if result[key] is None else str(result[key]) for _, key in COLUMNS])
    return f"{cells}  noisy: not comparable" if result["noisy"] else cells


def parse() -> argparse.Namespace:
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
    parser.add_argument("--uvloop", action="store_true", help="run the server on uvloop (to be installed)")
    parser.add_argument("--profile", type=Path, help="write the server's profile to this file (for `python -m pstats`)")
    parser.add_argument("--all", action="store_true", help="every size and encoding")
    parser.add_argument("--allow-noise", action="store_true", help="print figures of a busy machine, marked")
    parser.add_argument("--json", action="store_true", help="the last line is JSON")
    return parser.parse_args()


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
    if options.json:
        print(json.dumps(results if options.all else results[0]))


if __name__ == "__main__":
    main()
