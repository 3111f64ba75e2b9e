"""BK.Synapse 2019: speed-up of an epoch with 2 workers, on the largest bundled models.

Its figure is RetinaNet on two GPUs under Horovod, synchronous: 832.79 s and 606.14 s, 1.37 times, efficiency 68.7 %.
Its model and data are out of reach of a browser; what compares is the share of an epoch that exchanges take. The
bundled model with most weights is `mnist-mlp`, the one with most arithmetic `cifar10-resnet`, which has nearly as many.
The speed-up is over training alone without any exchange.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from common import options, report, table
from timing import epochs_of


@dataclass(frozen=True)
class Subject:
    """A bundled model, as an epoch's time depends on it; `seconds` for a step."""

    model: str
    num_weights: int
    num_examples: int
    batch_size: int
    seconds: float = 0.18


SUBJECTS = (Subject("mnist-mlp", 79_510, 60_000, 100), Subject("cifar10-resnet", 78_714, 50_000, 64))
NETWORK = {"latencySeconds": 0.05, "uploadMbit": 20, "downloadMbit": 20}
PAPER = {"speedup": 1.37, "efficiency": 68.7}


def main() -> None:
    given, started = options(__doc__, seeds=1), time.time()
    rows = [row(subject, name) for subject in SUBJECTS for name in ("sync-sgd", "fedavg", "auto")]
    columns = ("model", "rule", "1 worker, s", "2 workers, s", "speed-up", "efficiency %", "paper", "paper %")
    keys = ("model", "rule", "one", "two", "speedup", "efficiency")
    lines = [(*(each[key] for key in keys), *PAPER.values()) for each in rows]
    report("paper_synapse", given, started, {"rows": rows, "paper": PAPER}, table(columns, lines))


def row(subject: Subject, name: str) -> dict[str, object]:
    """Time an epoch with one worker and with two."""
    one, two = (
        epochs_of(
            *(name, workers),
            num_weights=subject.num_weights,
            num_examples=subject.num_examples,
            epochs=1,
            batch_size=subject.batch_size,
            population={**NETWORK, "secondsPerIteration": subject.seconds},
            update_seconds=0.001,
        ).seconds
        for workers in (1, 2)
    )
    times = subject.seconds * subject.num_examples / subject.batch_size / two
    return {
        "model": subject.model,
        "rule": name,
        "one": one,
        "two": two,
        "speedup": times,
        "efficiency": 50 * times,
    }


if __name__ == "__main__":
    main()
