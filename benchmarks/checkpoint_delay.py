"""How long a checkpoint of a large model holds up merging.

    python benchmarks/checkpoint_delay.py                          25 million parameters, the rule `weighted`
    python benchmarks/checkpoint_delay.py --rule diloco            one that has a memory as large
    python benchmarks/checkpoint_delay.py --rule all --merges 40   each rule of these kinds

One merge follows another without a pause, by turns without checkpoints and with one after another, so that whatever
else the machine does falls on both alike. Printed are:

    alone, beside       seconds of a merge from asking for it to its end, with all that it waited for; median and most
    held_up             seconds that a merge spent on account of a checkpoint: waiting for one, and copying the rule's
                        memory that it keeps; the most of any merge, and how many merges' own time that is
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

from benchmarks.machine import details, save  # noqa: E402 (from the checkout)
from webnn.core.merging import Contribution, MergeSpec, make_strategy  # noqa: E402
from webnn.engine.local import LocalEngine  # noqa: E402
from webnn.store.checkpoint import write_checkpoint  # noqa: E402

RULES = {
    "weighted": MergeSpec("weighted"),
    "diloco": MergeSpec("diloco"),
    "downpour": MergeSpec("downpour"),
    "fedbuff": MergeSpec("fedbuff", {"momentum": 0.9}),
    "diloco-async": MergeSpec("diloco-async"),
}
TURNS = 5


class Watched:
    """An engine whose merges tell how long they were held up."""

    def __init__(self, engine: LocalEngine) -> None:
        self.engine = engine
        self.held_up = 0.0
        memory = engine._memory
        ready, writable = memory.ready, memory.writable

        async def timed_ready() -> None:
            began = time.perf_counter()
            await ready()
            self.held_up += time.perf_counter() - began

        def timed_writable() -> Any:
            began = time.perf_counter()
            state = writable()
            self.held_up += time.perf_counter() - began
            return state

        memory.ready = timed_ready  # type: ignore[method-assign]
        memory.writable = timed_writable  # type: ignore[method-assign]

    async def merges(self, payload: Any, count: int) -> list[tuple[float, float]]:
        """Merge `count` times: seconds of each, and of these those that it was held up for."""
        found = []
        for number in range(count):
            contribution = Contribution(str(number), "v", payload, 10, 10, 100, 0, False)
            self.held_up, began = 0.0, time.perf_counter()
            async with self.engine._between_merges:
                pass
            self.held_up = time.perf_counter() - began
            await self.engine.merge(self.engine.newest.version + 1, 20, [contribution])
            self.engine.retain(())
            found.append((time.perf_counter() - began, self.held_up))
        return found


async def measure(parameters: int, rule: str, count: int, folder: Path) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    payload = rng.standard_normal(parameters, dtype=np.float32)
    engine = LocalEngine(make_strategy(RULES[rule]), np.zeros(parameters, np.float32), parameters)
    watched = Watched(engine)
    written: list[float] = []
    writing, busy = asyncio.Event(), asyncio.Lock()

    async def checkpoint() -> None:
        began = time.perf_counter()
        frozen = await engine.freeze()
        await asyncio.to_thread(write_checkpoint, folder, frozen.snapshot.weights, frozen.state, {"version": 0}, 2)
        written.append(time.perf_counter() - began)

    async def checkpoints() -> None:
        while True:
            await writing.wait()
            async with busy:
                await checkpoint()

    for _ in range(3):  # a run writes its first one before anyone trains
        await asyncio.gather(checkpoint(), watched.merges(payload, 2))
    task = asyncio.create_task(checkpoints())
    alone: list[tuple[float, float]] = []
    beside: list[tuple[float, float]] = []
    for _ in range(TURNS):
        writing.clear()
        async with busy:  # the one under way is done
            pass
        alone += await watched.merges(payload, -(-count // TURNS))
        writing.set()
        beside += await watched.merges(payload, -(-count // TURNS))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    usual = statistics.median(seconds for seconds, _ in alone)
    held_up = [waited for _, waited in beside]
    return {
        "parameters": parameters,
        "rule": rule,
        "merges": len(beside),
        "alone_median": round(usual, 4),
        "alone_most": round(max(alone)[0], 4),
        "beside_median": round(statistics.median(seconds for seconds, _ in beside), 4),
        "beside_most": round(max(beside)[0], 4),
        "held_up_median": round(statistics.median(held_up), 4),
        "held_up_most": round(max(held_up), 4),
        "held_up_most_in_merges": round(max(held_up) / usual, 2),
        "checkpoints": len(written),
        "checkpoint_seconds_median": round(statistics.median(written), 3),
        "machine": details(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parameters", type=int, default=25_000_000)
    parser.add_argument("--rule", default="weighted", choices=[*RULES, "all"])
    parser.add_argument("--merges", type=int, default=20)
    parser.add_argument("--save", type=Path, help="write the results as JSON into this file")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    results = []
    for rule in RULES if arguments.rule == "all" else [arguments.rule]:
        with tempfile.TemporaryDirectory(prefix="checkpoint-") as folder:
            result = asyncio.run(measure(arguments.parameters, rule, arguments.merges, Path(folder)))
        results.append(result)
        if not arguments.json:
            print("\n".join(f"{name:28} {value}" for name, value in result.items()), end="\n\n")
    save(results, arguments.save)
    if arguments.json:
        print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
