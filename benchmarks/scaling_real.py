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
    'optimizer={"muon":{"learningRate":0.05,"momentum":0.8}}',
    "validation.everySeconds=0.5",
    "training.leaseSeconds=1",
    "training.stop.accuracy=0.999",
    "training.stop.seconds=600",
)
MODELS = {"mnist-cnn": 0.97, "digits-cnn": 0.95}


async def seconds_to(  # noqa: PLR0917 (what, how far, by whom, and where)
    model: str, target: float, workers: int, seed: int, folder: Path, data: Path | None
) -> tuple[float | None, float]:
    """Run once; wall seconds from the start of work to the target, and the cores that the workers used meanwhile."""
    definition = apply_settings(define(model), SETTINGS)
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


def main() -> None:
    model = sys.argv.pop(1) if len(sys.argv) > 1 and sys.argv[1] in MODELS else "mnist-cnn"
    given, started = options(__doc__, seeds=3), time.time()
    rows: list[dict[str, Any]] = []
    single = None
    for workers in (1, 4) if given.quick else (1, 2, 4, 8):
        times, cores = [], []
        for seed in range(1, given.seeds + 1):
            with tempfile.TemporaryDirectory() as folder:
                found = asyncio.run(seconds_to(model, MODELS[model], workers, seed, Path(folder), given.data_dir))
            times.append(found[0])
            cores.append(found[1])
            progress(f"{workers} workers, seed {seed}: {found[0]} s, {found[1]:.2f} cores")
        known = [each for each in times if each is not None]
        mean = sum(known) / len(known) if len(known) == len(times) else None
        single = mean if workers == 1 else single
        rows.append(
            {
                "workers": workers,
                "seconds": mean,
                "interval": half_interval(known),
                "each": times,
                "cores": sum(cores) / len(cores),
                "speedup": single / mean if single and mean else None,
            }
        )
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
