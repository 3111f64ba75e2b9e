"""Speed-up in wall time: a real server and real headless workers, each held to the same share of a core.

Every worker, the single one too, trains for a fifth of the time, so that two cores hold eight of them. The clock
starts when all workers have joined, and stops at the first validation of a sample of 2,000 that reaches the target.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from common import define, options, progress, report, table

from webnn.data.directory import data_dir
from webnn.evaluator.worker import WorkerPool
from webnn.model.settings import apply_settings
from webnn.paths import bundled_datasets_dir
from webnn.server import news, service
from webnn.server.config import ServerConfig
from webnn.server.prepare import PrepareRequest, prepare_run

SHARE = 0.2
SETTINGS = (
    "merge=auto",
    'optimizer={"muon":{"learningRate":0.05,"momentum":0.8}}',
    "validation.everySeconds=1",
    "training.leaseSeconds=1",
    "training.stop.accuracy=0.999",
    "training.stop.seconds=600",
)
MODELS = {"mnist-cnn": 0.97, "digits-cnn": 0.95}


async def seconds_to(  # noqa: PLR0917 (what, how far, by whom, and where)
    model: str, target: float, workers: int, seed: int, folder: Path, data: Path | None
) -> float | None:
    """Run once; wall seconds from the last worker's joining to the target."""
    definition = apply_settings(define(model), SETTINGS)
    request = PrepareRequest(definition, [bundled_datasets_dir()], data_dir(data), folder, seed)
    reached: asyncio.Future[float] = asyncio.get_running_loop().create_future()
    joined: list[float] = []

    def hear(event: object) -> None:
        match event:
            case news.StatusNews(status) if not joined and status["volunteers"] >= workers and status["merges"] >= 0:
                joined.append(time.monotonic())
            case news.ValidationNews(result=result) if (result.accuracy or 0) >= target and not reached.done():
                reached.set_result(time.monotonic())
            case service.Finished() if not reached.done():
                reached.cancel()

    prepared = await prepare_run(request)
    async with service.TrainingServer(prepared, ServerConfig(runs_dir=folder, port=0), on_event=hear) as server:
        listening = server.listening
        async with WorkerPool(f"{listening.url}/join/{listening.run}", workers, share=SHARE):
            try:
                end = await reached
            except asyncio.CancelledError:
                return None
        await server.stop("Reached.")
    return end - joined[0] if joined else None


def main() -> None:
    model = sys.argv.pop(1) if len(sys.argv) > 1 and sys.argv[1] in MODELS else "mnist-cnn"
    given, started = options(__doc__, seeds=3), time.time()
    rows: list[dict[str, Any]] = []
    single = None
    for workers in (1, 4) if given.quick else (1, 2, 4, 8):
        times = []
        for seed in range(1, given.seeds + 1):
            with tempfile.TemporaryDirectory() as folder:
                times.append(asyncio.run(seconds_to(model, MODELS[model], workers, seed, Path(folder), given.data_dir)))
            progress(f"{workers} workers, seed {seed}: {times[-1]}")
        known = [each for each in times if each is not None]
        mean = sum(known) / len(known) if len(known) == len(times) else None
        single = mean if workers == 1 else single
        rows.append(
            {"workers": workers, "seconds": mean, "each": times, "speedup": single / mean if single and mean else None}
        )
    text = table(("workers", "wall s", "speed-up"), [(row["workers"], row["seconds"], row["speedup"]) for row in rows])
    report(
        "scaling_real", given, started, {"model": model, "target": MODELS[model], "share": SHARE, "rows": rows}, text
    )


if __name__ == "__main__":
    main()
