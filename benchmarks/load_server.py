"""The server of `load.py`: the real application, run and engine, with a made-up model and nobody to validate it.

Prints its address as a line of JSON, then answers each line of its standard input with a line of its counters. Ends
with its input.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import importlib
import json
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import machine
import numpy as np
from aiohttp import web

from webnn.core import loops, volunteers
from webnn.core.config import RunConfig, ShardSize
from webnn.core.errors import WebNNError
from webnn.core.events import Start
from webnn.core.frames import Buffer
from webnn.core.judging import Judging
from webnn.core.merging import MergeSpec, make_strategy
from webnn.core.metrics import Validation
from webnn.core.run import Run
from webnn.engine.local import LocalEngine
from webnn.engine.sketching import Measure
from webnn.server.app import READ_BUFFER_BYTES, create_app
from webnn.server.clock import RunClock
from webnn.server.config import Limits, ServerConfig
from webnn.server.info import RunInfo
from webnn.server.keys import RUNS
from webnn.server.run_task import RunTask

LIMITS = Limits(
    max_connections=100_000, max_connections_per_address=100_000, messages_per_second=1e6, message_burst=1_000_000
)
LAG_SECONDS = 0.01
P = ParamSpec("P")
T = TypeVar("T")


class NoValidator:
    """Validates in no time."""

    async def validate(self, weights: Buffer, num_examples: int | None, version: int) -> Validation:
        return Validation(loss=1.0, accuracy=0.5, num_examples=num_examples or 1)


class NoShards:
    """Nobody asks for any: an echo trains on nothing."""

    def get(self, name: str) -> Buffer:
        raise WebNNError("no_such_shard")

    def gzipped(self, name: str) -> Buffer | None:
        raise WebNNError("no_such_shard")


class LagProbe:
    """How long the event loop kept others waiting, at worst, since it was last asked."""

    def __init__(self) -> None:
        self.worst = 0.0

    async def watch(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(LAG_SECONDS)
            self.worst = max(self.worst, time.perf_counter() - before - LAG_SECONDS)

    def take(self) -> float:
        worst, self.worst = self.worst, 0.0
        return worst


class Stopwatch:
    """The processor's time that checks of updates take, by name, in the server's only thread."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()

    def around(self, work: Callable[P, T]) -> Callable[P, T]:
        """Count the time that `work` takes."""

        def timed(*args: P.args, **kwargs: P.kwargs) -> T:
            began = time.thread_time()
            try:
                return work(*args, **kwargs)
            finally:
                self.seconds[work.__name__] += time.thread_time() - began

        return timed


CHECKS = Stopwatch()


def time_checks() -> None:
    """Count the time of checks from here on. Reading the clock ten times an update costs some percent of it."""
    Measure.judge = CHECKS.around(Measure.judge)  # type: ignore[method-assign]
    for name in ("consider", "sift", "ended", "published"):
        setattr(Judging, name, CHECKS.around(getattr(Judging, name)))


def make_task(num_weights: int, merge: str, lease_seconds: float = 1.0) -> RunTask:
    """A run that never ends, of a model of `num_weights` numbers."""
    config = RunConfig(
        seed=1,
        shards=tuple(ShardSize(f"{i:064x}", 60_000) for i in range(64)),
        batch_size=8,
        learning_rate=0.1,
        num_weights=num_weights,
        num_trainable=num_weights,
        validation_total=1000,
        lease_seconds=lease_seconds,
        merge=MergeSpec(merge),
    )
    model = {"name": "echo", "topology": {}, "weights": [], "num_weights": num_weights, "num_trainable": num_weights}
    info = RunInfo(
        id="load", name="load", description="A load test", model=model, dataset={"name": "none"}, training={}
    )
    weights = np.random.default_rng(1).standard_normal(num_weights, np.float32) * np.float32(0.05)
    engine = LocalEngine(make_strategy(config.merge), weights, num_weights)
    clock = RunClock()
    return RunTask(info, Run(config, clock()), engine, NoValidator(), NoShards(), clock=clock, limits=LIMITS)


def counters(task: RunTask, lag: LagProbe) -> dict[str, Any]:
    return {
        "cpu_seconds": time.process_time(),
        "minor_faults": resource.getrusage(resource.RUSAGE_SELF).ru_minflt,
        "check_seconds": dict(CHECKS.seconds),
        "merges": task.run.num_merges,
        "bytes_in": task.traffic.bytes_in,
        "bytes_out": task.traffic.bytes_out,
        "rss_mb": machine.memory_mb("VmRSS"),
        "peak_mb": machine.memory_mb("VmHWM"),
        "lag_ms": lag.take() * 1000,
        "outcomes": {str(name): count for name, count in task.run.outcomes.items()},
    }


async def serve(options: argparse.Namespace, runs_dir: Path) -> None:
    app = create_app(ServerConfig(runs_dir, port=0, limits=LIMITS))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, read_bufsize=READ_BUFFER_BYTES)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=2048)
    await site.start()
    port = runner.addresses[0][1]
    empty_mb = machine.memory_mb("VmRSS")
    task = make_task(options.params, options.merge, options.lease_seconds)
    app[RUNS].add(task)
    task.post(Start())
    lag, profile = LagProbe(), cProfile.Profile()
    watching = asyncio.create_task(lag.watch())
    say({"url": f"http://127.0.0.1:{port}/api/v1/runs/load", "empty_mb": empty_mb})
    while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
        if line == "begin":
            machine.forget_peak()
            lag.take()
            if options.profile:
                profile.enable()
        elif options.profile:
            profile.disable()
            profile.dump_stats(options.profile)
        say(counters(task, lag))
    watching.cancel()
    await runner.cleanup()


def say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--params", type=int, required=True)
    parser.add_argument("--merge", default="weighted")
    parser.add_argument("--lease-seconds", type=float, default=1.0)
    parser.add_argument("--cpus", type=int, help="use so many processors only")
    parser.add_argument("--uvloop", action="store_true")
    parser.add_argument("--compiled", action="store_true", help="use compiled loops (numba, the extra `fast`)")
    parser.add_argument("--dispatch", action="store_true", help="let volunteers give back as many leases as they like")
    parser.add_argument("--checks", action="store_true", help="count the time that checks of updates take")
    parser.add_argument("--profile", type=Path, help="write a profile of the measured seconds to this file")
    options = parser.parse_args()
    if options.compiled and loops.load() is None:
        raise SystemExit("numba is not installed: pip install numba")
    if options.dispatch:
        volunteers.FREE_RETURNS = sys.maxsize
    if options.checks:
        time_checks()
    if options.cpus:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cpus])
    if options.uvloop:
        asyncio.set_event_loop_policy(importlib.import_module("uvloop").EventLoopPolicy())  # no dependency of ours
    with tempfile.TemporaryDirectory() as runs_dir:
        asyncio.run(serve(options, Path(runs_dir)))


if __name__ == "__main__":
    main()
