"""Fitzgerald 2018: accuracy with 0, 1 and 2 additional workers over rates, epochs and batch sizes, `mnist-mlp`.

Asynchronous averaging at a parameter server. The thesis does not say how much of MNIST a worker has; its accuracy after
one epoch (.62) is that of a few thousand examples, so a worker's epoch is one shard here, and each worker trains as
many epochs as the table says. Defaults where a row does not vary them: rate 0.2, 10 epochs, batch 100.
"""

from __future__ import annotations

import time
from typing import Any

from common import Cell, options, progress, report, rule, simulate, table

PAPER: dict[str, dict[float, tuple[float, float, float]]] = {
    "learning rate": {
        0.1: (0.82, 0.86, 0.89), 0.2: (0.86, 0.88, 0.91), 0.3: (0.87, 0.90, 0.92), 0.4: (0.89, 0.90, 0.92),
        0.5: (0.89, 0.91, 0.93), 1: (0.91, 0.93, 0.95),
    },
    "epochs": {
        1: (0.62, 0.72, 0.80), 2: (0.72, 0.80, 0.83), 3: (0.77, 0.82, 0.85), 4: (0.80, 0.85, 0.88),
        5: (0.82, 0.86, 0.90), 8: (0.85, 0.88, 0.91), 10: (0.86, 0.88, 0.91), 15: (0.88, 0.90, 0.93),
        20: (0.89, 0.91, 0.94),
    },
    "batch": {
        100: (0.86, 0.88, 0.91), 200: (0.82, 0.86, 0.92), 300: (0.78, 0.82, 0.85), 400: (0.75, 0.80, 0.84),
        500: (0.72, 0.77, 0.81), 1000: (0.62, 0.72, 0.77),
    },
}  # fmt: skip
QUICK = {"learning rate": (0.1, 1), "epochs": (1, 10), "batch": (100, 1000)}
DEFAULTS = {"learning rate": 0.2, "epochs": 10, "batch": 100}
SHARDS_A_WORKER = 4
FAST = {"secondsPerIteration": 0.02, "latencySeconds": 0.001, "uploadMbit": 1000, "downloadMbit": 1000}


def accuracy(values: dict[str, float], workers: int, seeds: range, data: Any) -> float | None:
    """Train every worker for its epochs, and take the accuracy at the end."""
    settings = (
        f"optimizer.sgd.learningRate={values['learning rate']}",
        f"training.batchSize={int(values['batch'])}",
        f"training.stop.epochs={values['epochs']}",
        "training.leaseSeconds=0.3",
        "validation.everySeconds=30",
    )
    cell = Cell(workers, rule("average"), settings, FAST, seconds=2000, target=1.0, shards=SHARDS_A_WORKER * workers)
    return simulate("mnist-mlp", cell, seeds, data)[0].accuracy


def main() -> None:
    given, started = options(__doc__, seeds=3), time.time()
    rows = []
    for varied, published in PAPER.items():
        for value, paper in published.items():
            if given.quick and value not in QUICK[varied]:
                continue
            values = {**DEFAULTS, varied: value}
            ours = [accuracy(values, workers, range(1, given.seeds + 1), given.data_dir) for workers in (1, 2, 3)]
            rows.append({"varied": varied, "value": value, "ours": ours, "paper": paper})
            progress(f"{varied} {value}: {ours}, published {paper}")
    lines = [(row["varied"], row["value"], *row["ours"], *row["paper"]) for row in rows]
    text = table(("varied", "value", "0", "1", "2", "paper 0", "paper 1", "paper 2"), lines)
    report("paper_fitzgerald", given, started, {"rows": rows}, text)


if __name__ == "__main__":
    main()
