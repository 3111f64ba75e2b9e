"""How long a checkpoint of a large model holds up merging.

    python benchmarks/checkpoint_delay.py                 25 million parameters, the rule `weighted`
    python benchmarks/checkpoint_delay.py --rule diloco   one that has a memory as large

One merge follows another without a pause, first without checkpoints and then with one after another. Each merge's time
is from asking for it to its end, so it has what it waited for in it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.kill9 import machine  # noqa: E402 (from the checkout)
from webnn.core.merging import Contribution, MergeSpec, make_strategy  # noqa: E402
from webnn.engine.local import LocalEngine  # noqa: E402
from webnn.store.checkpoint import write_checkpoint  # noqa: E402


async def merges(engine: LocalEngine, payload: Any, count: int, first: int) -> list[float]:
    seconds = []
    for number in range(count):
        contribution = Contribution(str(number), "v", payload, 10, 10, 100, 0, False)
        began = time.perf_counter()
        await engine.merge(first + number, 20, [contribution])
        engine.retain(())
        seconds.append(time.perf_counter() - began)
    return seconds


async def measure(parameters: int, rule: str, count: int, folder: Path) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    payload = rng.standard_normal(parameters, dtype=np.float32)
    strategy = make_strategy(MergeSpec(rule))
    engine = LocalEngine(strategy, np.zeros(parameters, np.float32), parameters)
    alone = await merges(engine, payload, count, 2)
    done = asyncio.Event()
    written: list[float] = []

    async def checkpoints() -> None:
        while not done.is_set():
            began = time.perf_counter()
            frozen = await engine.freeze()
            await asyncio.to_thread(write_checkpoint, folder, frozen.snapshot.weights, frozen.state, {"version": 0}, 2)
            written.append(time.perf_counter() - began)

    writing = asyncio.create_task(checkpoints())
    beside = await merges(engine, payload, count, 2 + count)
    done.set()
    await writing
    usual = statistics.median(alone)
    return {
        "parameters": parameters,
        "rule": rule,
        "merge_seconds_median": round(usual, 4),
        "merge_seconds_most": round(max(alone), 4),
        "beside_checkpoints_median": round(statistics.median(beside), 4),
        "beside_checkpoints_most": round(max(beside), 4),
        "longest_delay_in_merges": round((max(beside) - usual) / usual, 2),
        "checkpoints": len(written),
        "checkpoint_seconds_median": round(statistics.median(written), 3),
        "machine": machine(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parameters", type=int, default=25_000_000)
    parser.add_argument("--rule", default="weighted")
    parser.add_argument("--merges", type=int, default=20)
    parser.add_argument("--save", type=Path, help="write the result as JSON into this file")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="checkpoint-") as folder:
        result = asyncio.run(measure(arguments.parameters, arguments.rule, arguments.merges, Path(folder)))
    if arguments.save is not None:
        arguments.save.parent.mkdir(parents=True, exist_ok=True)
        arguments.save.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    if arguments.json:
        print(json.dumps(result, indent=2))
    else:
        for name, value in result.items():
            print(f"{name:28} {value}")


if __name__ == "__main__":
    main()
