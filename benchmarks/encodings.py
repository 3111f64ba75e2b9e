"""What each encoding costs in accuracy, and what it saves in bytes: the same training, real Node volunteers.

    python benchmarks/encodings.py --model mnist-cnn --iterations 4000 --workers 4 --repeat 3
    python benchmarks/encodings.py --model lenet5 --iterations 3000 --workers 4 --repeat 3

Every training ends after as many merged iterations as the others, and is then validated on the whole validation split.
`--encodings` goes both ways but for `topk`, whose weights come down as int8. Put nothing else on the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from webnn.data.directory import data_dir
from webnn.evaluator.node import find_program
from webnn.evaluator.worker import WorkerPool
from webnn.model.definition import load_model
from webnn.model.settings import apply_settings
from webnn.paths import bundled_datasets_dir, bundled_models_dir
from webnn.server.config import ServerConfig
from webnn.server.prepare import PrepareRequest, prepare_run
from webnn.server.service import TrainingServer

ENCODINGS = ("f32", "f16", "int8", "topk")


async def train(options: argparse.Namespace, encoding: str, seed: int, runs_dir: Path) -> dict[str, Any]:
    """One training; its bytes, final accuracy (whole validation split) and seconds."""
    stop = {"iterations": options.iterations}
    settings = [f"training.stop={json.dumps(stop)}", "validation.everySeconds=1000", *options.set]
    definition = apply_settings(load_model(options.model, [bundled_models_dir()]), settings)
    request = PrepareRequest(definition, [bundled_datasets_dir()], data_dir(options.data_dir), runs_dir, seed)
    prepared = await prepare_run(request)
    command = [*find_program("volunteer").command(), "--encoding", encoding]
    began = time.perf_counter()
    async with TrainingServer(prepared, ServerConfig(runs_dir, port=0)) as server:
        async with WorkerPool(server.listening.url, options.workers, command=command):
            finished = await server.wait_finished()
        status = server.run_task.status()
    return {
        "accuracy": finished.accuracy,
        "loss": finished.loss,
        "merges": finished.merges,
        "bytes_in_per_update": server.run_task.traffic.bytes_in / finished.merges,
        "bytes_out_per_update": server.run_task.traffic.bytes_out / finished.merges,
        "num_weights": status["num_weights"],
        "outcomes": status["outcomes"],
        "seconds": time.perf_counter() - began,
    }


async def compare(options: argparse.Namespace) -> list[dict[str, Any]]:
    rows = []
    print(f"{'encoding':>8}  {'accuracy':>18}  {'loss':>8}  {'B in/update':>12}  {'B out/update':>12}  {'seconds':>8}")
    for encoding in options.encodings:
        runs = []
        for seed in range(options.repeat):
            with tempfile.TemporaryDirectory() as folder:
                runs.append(await train(options, encoding, seed + 1, Path(folder)))
        row = {key: statistics.mean(run[key] for run in runs) for key in ("loss", "seconds")}
        row |= {key: statistics.mean(run[f"bytes_{key}_per_update"] for run in runs) for key in ("in", "out")}
        accuracies = [run["accuracy"] for run in runs]
        low, high = min(accuracies), max(accuracies)
        rows.append({"encoding": encoding, "model": options.model, "accuracies": accuracies, **row})
        spread = f"{statistics.mean(accuracies):.4f} ({low:.4f}..{high:.4f})" if len(runs) > 1 else f"{low:.4f}"
        print(
            f"{encoding:>8}  {spread:>18}  {row['loss']:>8.4f}  {row['in']:>12,.0f}  {row['out']:>12,.0f}"
            f"  {row['seconds']:>8.1f}",
            flush=True,
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="mnist-cnn")
    parser.add_argument("--iterations", type=int, default=4000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--encodings", nargs="+", choices=ENCODINGS, default=ENCODINGS)
    parser.add_argument("--set", action="append", default=[], help="as of `wnn train`")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--json", action="store_true", help="the last line is JSON")
    options = parser.parse_args()
    rows = asyncio.run(compare(options))
    if options.json:
        print(json.dumps(rows))


if __name__ == "__main__":
    main()
