"""Fitzgerald 2018: accuracy with 0, 1 and 2 additional workers over rates, epochs and batch sizes, `mnist-mlp`.

Asynchronous averaging at a parameter server. The thesis does not say how its weights begin, nor how much of MNIST a
worker has. Its column without additional workers comes out with weights drawn from the standard normal distribution
and epochs of 13,360 examples (20 shards), so that is what each worker has here: shards of its own, trained for as many
epochs as the table says. Defaults where a row does not vary them: rate 0.2, 10 epochs, batch 100.

Three rules: `average`, as it is called; `downpour` with plain SGD, where the server adds every worker's gradients in
full; and `auto`.
"""

from __future__ import annotations

import time
from typing import Any

from common import Cell, Lab, options, report, rule, table

from webnn.core.merging.base import MergeSpec

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
SHARDS_A_WORKER = 20
RULES = (
    rule("average"),
    rule("downpour", optimizer="sgd", nPush=5),
    rule("auto"),
)
FAST = {"secondsPerIteration": 0.02, "latencySeconds": 0.001, "uploadMbit": 1000, "downloadMbit": 1000}
NORMAL = '{"randomNormal":{"stddev":1}}'


def cell(values: dict[str, float], merge: MergeSpec, workers: int) -> Cell:
    """Let every worker train for its epochs."""
    settings = (
        f"layers[1].dense.kernelInitializer={NORMAL}",
        f"layers[2].dense.kernelInitializer={NORMAL}",
        f"optimizer.sgd.learningRate={values['learning rate']}",
        f"training.batchSize={int(values['batch'])}",
        f"training.stop.epochs={values['epochs']}",
        "training.leaseSeconds=0.3",
        "validation.everySeconds=30",
    )
    return Cell(workers, merge, settings, FAST, seconds=2000, target=1.0, shards=SHARDS_A_WORKER * workers)


def main() -> None:
    given, started = options(__doc__, seeds=1), time.time()
    rows: list[dict[str, Any]] = []
    for varied, published in PAPER.items():
        for value, paper in published.items():
            if not given.quick or value in QUICK[varied]:
                rows.append({"varied": varied, "value": value, "paper": paper})
    plans = [
        [cell({**DEFAULTS, row["varied"]: row["value"]}, merge, workers) for merge, workers in places()] for row in rows
    ]
    results = Lab(given).simulate("mnist-mlp", [each for plan in plans for each in plan], range(1, given.seeds + 1))
    for row in rows:
        row["alone"] = results.pop(0)[0].accuracy
        row["together"] = {merge.name: [results.pop(0)[0].accuracy, results.pop(0)[0].accuracy] for merge in RULES}
    lines = [
        (
            *(row["varied"], row["value"], row["alone"], row["paper"][0]),
            *(each[i] for i in (0, 1) for each in (*row["together"].values(), row["paper"][1:])),
        )
        for row in rows
    ]
    beside = [f"+{i} {name}" for i in (1, 2) for name in (*(merge.name for merge in RULES), "paper")]
    columns = ("varied", "value", "alone", "paper", *beside)
    report("paper_fitzgerald", given, started, {"rows": rows}, table(columns, lines))


def places() -> list[tuple[MergeSpec, int]]:
    """List what a row has: one worker, for whom all rules are the same, then each rule with two and three."""
    return [(RULES[0], 1), *((merge, workers) for merge in RULES for workers in (2, 3))]


if __name__ == "__main__":
    main()
