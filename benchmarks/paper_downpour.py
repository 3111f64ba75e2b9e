"""Mullapudi 2017: seconds per epoch of Downpour SGD and DC-ASGD with 4, 8 and 12 nodes, `mnist-tanh`.

An epoch there is a pass of each node over its own data while one parameter server serves all, so its time grows only by
what nodes wait for each other at that server. In virtual time: nodes on a LAN, and a server that merges one update
after another, each taking the time that a merge is measured to take here.
"""

from __future__ import annotations

import time

import numpy as np
from common import options, report, table
from timing import epochs_of

from webnn.core.merging import Contribution, MergeSpec, make_strategy, merge_into

PAPER = {"downpour": {4: 3.52, 8: 3.53, 12: 3.55}, "dc-asgd": {4: 3.59, 8: 3.61, 12: 3.64}}
NUM_WEIGHTS = 784 * 64 + 64 + 64 * 64 + 64 + 64 * 10 + 10
BATCH = 64
NODE_EPOCH_STEPS = 50
NETWORK = {"latencySeconds": 0.0002, "uploadMbit": 1000, "downloadMbit": 1000, "jitter": 0.05}


def main() -> None:
    given, started = options(__doc__, seeds=1), time.time()
    rows = []
    for name, published in PAPER.items():
        cost = merge_seconds(name)
        first = None
        for nodes, paper in published.items():
            passes = NODE_EPOCH_STEPS * nodes * BATCH / 60_000 * (1 if given.quick else 4)
            population = {**NETWORK, "secondsPerIteration": published[4] / NODE_EPOCH_STEPS}
            outcome = epochs_of(name, nodes, num_weights=NUM_WEIGHTS, epochs=passes, batch_size=BATCH,
                                population=population, update_seconds=cost)  # fmt: skip
            seconds = outcome.seconds * NODE_EPOCH_STEPS * nodes / outcome.iterations
            first = first or seconds
            rows.append(
                {
                    "rule": name,
                    "nodes": nodes,
                    "seconds": seconds,
                    "growth": seconds / first - 1,
                    "paper": paper,
                    "paper_growth": paper / published[4] - 1,
                    "merge_seconds": cost,
                    "busy": outcome.busy,
                }
            )
    columns = ("rule", "nodes", "s per epoch", "growth %", "paper s", "paper growth %", "merge ms", "busy")
    percent = {"growth": 100, "paper_growth": 100, "merge_seconds": 1000}
    keys = ("rule", "nodes", "seconds", "growth", "paper", "paper_growth", "merge_seconds", "busy")
    lines = [[row[key] * percent[key] if key in percent else row[key] for key in keys] for row in rows]
    report("paper_downpour", given, started, {"rows": rows}, table(columns, lines))


def merge_seconds(name: str) -> float:
    """Measure one merge of this rule here: the median of 50, in seconds."""
    strategy = make_strategy(MergeSpec(name))
    rng = np.random.default_rng(1)
    weights, payload, base = (rng.standard_normal(NUM_WEIGHTS).astype(np.float32) for _ in range(3))
    contribution = Contribution("0", "v", payload, 1, 1, BATCH, 3, False, learning_rate=0.01, base=base)
    state = strategy.state(NUM_WEIGHTS)
    times = []
    for _ in range(50):
        since = time.perf_counter()
        merge_into(strategy, weights, NUM_WEIGHTS, [contribution], 1, state)
        times.append(time.perf_counter() - since)
    return float(np.median(times))


if __name__ == "__main__":
    main()
