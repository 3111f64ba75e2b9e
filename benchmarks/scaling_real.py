"""Speed-up in wall time: a real server and real headless workers, each held to the same share of a core.

Every worker, the single one too, trains for a twentieth of the time, so that two cores hold eight of them, the server
and the validations, and a step takes about as long as on a phone. Work begins, and the clock starts, when all workers
are ready; it stops at the first validation of a sample of 2,000 that reaches the target. What the workers really used
of the cores meanwhile is measured and shown.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from common import define, options, progress, report, table

from webnn.core.events import Pause, Resume
from webnn.data.directory import data_dir
from webnn.evaluator.worker import WorkerPool
from webnn.model.settings import apply_settings
from webnn.paths import bundled_datasets_dir
from webnn.server import news, service
from webnn.server.config import ServerConfig
from webnn.server.prepare import PrepareRequest, prepare_run
from webnn.sim.experiment import half_interval

SHARE = 0.05
READY_SECONDS = 1.5  # for each worker, to load TensorFlow.js and time a step
SETTINGS = (
    "merge=auto",
    "validation.everySeconds=2",
    "training.leaseSeconds=1",
    "training.stop.accuracy=0.999",
    "training.stop.seconds=600",
)
ALONE, TOGETHER = (
    'optimizer={"muon":{"learningRate":0.05,"momentum":0.8}}',
    'optimizer={"muon":{"learningRate":0.08,"momentum":0.7}}',
)
"""What `scaling.py` chose of twelve for one volunteer, and for `auto` with four and with eight."""
MODELS = {"mnist-cnn": 0.97, "digits-cnn": 0.95}


async def seconds_to(  # noqa: PLR0917 (what, how far, by whom, and where)
    model: str, target: float, workers: int, seed: int, folder: Path, data: Path | None
) -> tuple[float | None, float]:
    """Run once; wall seconds from the start of work to the target, and the cores that the workers used meanwhile."""
    definition = apply_settings(define(model), (*SETTINGS, ALONE if workers == 1 else TOGETHER))
    request = PrepareRequest(definition, [bundled_datasets_dir()], data_dir(data), folder, seed)
    reached: asyncio.Future[float] = asyncio.get_running_loop().create_future()
    joined = asyncio.Event()

    def hear(event: object) -> None:
        match event:
            case news.StatusNews(status) if status["volunteers"] >= workers:
                joined.set()
            case news.ValidationNews(result=result) if (result.accuracy or 0) >= target and not reached.done():
                reached.set_result(time.monotonic())
            case service.Finished() if not reached.done():
                reached.cancel()

    prepared = await prepare_run(request)
    async with service.TrainingServer(prepared, ServerConfig(runs_dir=folder, port=0), on_event=hear) as server:
        await server.run_task.ask(Pause("Until everyone is ready."))
        listening = server.listening
        async with WorkerPool(f"{listening.url}/join/{listening.run}", workers, share=SHARE) as pool:
            await joined.wait()
            await asyncio.sleep(READY_SECONDS * (workers + 2))
            since, used = time.monotonic(), cpu_seconds(pool.pids)
            await server.run_task.ask(Resume())
            try:
                seconds = await reached - since
            except asyncio.CancelledError:
                return None, 0.0
            cores = (cpu_seconds(pool.pids) - used) / seconds
        await server.stop("Reached.")
    return seconds, cores


def cpu_seconds(pids: Sequence[int]) -> float:
    """Add up what processes have used of the processor; 0 where the system does not say."""
    total = 0.0
    for pid in pids:
        stat = Path(f"/proc/{pid}/stat")
        if stat.exists():
            user, system = stat.read_text("utf-8").rpartition(")")[2].split()[11:13]
            total += (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return total


def row(
    workers: int, found: Sequence[tuple[float | None, float]], alone: Sequence[tuple[float | None, float]]
) -> dict[str, Any]:
    """Summarise the runs of one number of workers beside those of one."""
    seconds, single = mean(found), mean(alone)
    return {
        "workers": workers,
        "seconds": seconds,
        "interval": half_interval([time for time, _ in found if time is not None]),
        "each": [time for time, _ in found],
        "cores": sum(cores for _, cores in found) / len(found),
        "speedup": single / seconds if single and seconds else None,
    }


def mean(found: Sequence[tuple[float | None, float]]) -> float | None:
    """Mean seconds; None where some run did not reach the target."""
    known = [time for time, _ in found if time is not None]
    return sum(known) / len(known) if len(known) == len(found) else None


def main() -> None:
    model = sys.argv.pop(1) if len(sys.argv) > 1 and sys.argv[1] in MODELS else "mnist-cnn"
    given, started = options(__doc__, seeds=3), time.time()
    teams = (1, 4) if given.quick else (1, 2, 4, 8)
    found: dict[int, list[tuple[float | None, float]]] = {workers: [] for workers in teams}
    for seed in range(1, given.seeds + 1):
        for workers in teams:  # in turn, so that what else the machine does falls on all of them
            with tempfile.TemporaryDirectory() as folder:
                result = asyncio.run(seconds_to(model, MODELS[model], workers, seed, Path(folder), given.data_dir))
            found[workers].append(result)
            progress(f"{workers} workers, seed {seed}: {result[0]} s, {result[1]:.2f} cores")
    rows = [row(workers, found[workers], found[1]) for workers in teams]
    columns, keys = (
        ("workers", "wall s", "+-", "speed-up", "cores used"),
        ("workers", "seconds", "interval", "speedup", "cores"),
    )
    text = table(columns, [[row[key] for key in keys] for row in rows])
    report(
        "scaling_real", given, started, {"model": model, "target": MODELS[model], "share": SHARE, "rows": rows}, text
    )


if __name__ == "__main__":
    main()
