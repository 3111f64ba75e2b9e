"""BK.Synapse 2019: speed-up of an epoch with 2 workers, on the bundled model with most weights.

Its figure is RetinaNet on two GPUs under Horovod, synchronous: 832.79 s and 606.14 s, 1.37 times, efficiency 68.7 %.
Its model and data are out of reach of a browser; what compares is the share of an epoch that exchanges take.
The speed-up is over training alone without any exchange.
"""

from __future__ import annotations

import time

from common import options, report, table
from timing import epochs_of

MODEL, NUM_WEIGHTS, BATCH = "mnist-mlp", 79_510, 100
NETWORK = {"secondsPerIteration": 0.18, "latencySeconds": 0.05, "uploadMbit": 20, "downloadMbit": 20}
PAPER = (1.37, 68.7)


def main() -> None:
    given, started = options(__doc__, seeds=1), time.time()
    rows = []
    for name in ("sync-sgd", "fedavg", "auto"):
        seconds = {}
        for workers in (1, 2):
            sizes = {"num_weights": NUM_WEIGHTS, "epochs": 1, "batch_size": BATCH}
            outcome = epochs_of(name, workers, population=NETWORK, update_seconds=0.001, **sizes)
            seconds[workers] = outcome.seconds
        alone = 0.18 * 600
        times = alone / seconds[2]
        rows.append({"rule": name, "one": seconds[1], "two": seconds[2], "speedup": times, "efficiency": 50 * times})
    columns = ("rule", "1 worker, s", "2 workers, s", "speed-up", "efficiency %", "paper", "paper %")
    lines = [(r["rule"], r["one"], r["two"], r["speedup"], r["efficiency"], *PAPER) for r in rows]
    report("paper_synapse", given, started, {"model": MODEL, "rows": rows}, table(columns, lines))


if __name__ == "__main__":
    main()
