"""The gradient noise scale of `mnist-cnn` on its way to 97 %: what bounds the speed-up of any number of volunteers.

B = tr(S) / |G|^2 (McCandlish 2018, arXiv 1812.06162, eq. 2.9 and appendix A.1), S the covariance of an example's
gradient, G the true one, estimated from gradients of 64 examples and from the mean of many of them. Batches of b need
steps in proportion to 1 + B/b, so that N volunteers with batches of 64 are at best (1 + B/64) / (1 + B/(64 N)) times as
fast as one, with exchanges that take no time at all.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import numpy as np
from common import define, options, prepare_subject, report, table

from webnn.core.leases import Lease, Part
from webnn.core.merging.base import Wants
from webnn.model.settings import apply_settings
from webnn.sim.prepare import Laboratory

SETTINGS = ('optimizer={"muon":{"learningRate":0.03,"momentum":0.9}}',)
STRETCHES = (0, 10, 20, 40, 40, 40)
BATCH = 64


def lease(laboratory: Laboratory, first: int, steps: int, wants: Wants, seed: int) -> Lease:
    """Make a lease of `steps` batches that begins at batch number `first` of the training set."""
    parts, skip, left = [], first * BATCH, steps * BATCH
    for shard in laboratory.config.shards * 2:
        begin = min(skip, shard.num_examples)
        end = min(begin + left, shard.num_examples)
        skip -= begin
        left -= end - begin
        if end > begin:
            parts.append(Part(shard.name, begin, end))
    optimizer = "sgd" if wants is Wants.GRADIENT else "model"
    return Lease("0", "v0", 1, tuple(parts), steps * BATCH, steps, BATCH, seed, 0.03 if optimizer == "model" else 0.001,
                 optimizer, wants, 0.0, 1.0)  # fmt: skip


async def measure(seed: int, count: int, data: Path | None) -> list[dict[str, Any]]:
    laboratory = await prepare_subject(apply_settings(define("mnist-cnn"), SETTINGS), seed, data)
    trainer = laboratory.trainer
    rows, weights, step = [], trainer.initial, 0
    try:
        for stretch in STRETCHES:
            if stretch:
                work = lease(laboratory, step, stretch, Wants.WEIGHTS, step)
                weights = (await trainer.train(work, weights)).payload
                step += stretch
            total, squares = np.zeros(len(weights)), 0.0
            for number in range(count):
                work = lease(laboratory, 300 + number, 1, Wants.GRADIENT, number)
                gradient = (await trainer.train(work, weights)).payload.astype(float)
                total += gradient
                squares += float(gradient @ gradient) / count
            mean = float(total @ total) / count**2
            signal = (count * mean - squares) / (count - 1)
            noise = (squares - mean) * count / (count - 1) * BATCH
            accuracy = (await trainer.validate(weights, None)).accuracy
            rows.append({"step": step, "accuracy": accuracy, "noise_scale": noise / max(signal, 1e-30)})
    finally:
        await laboratory.close()
    return rows


def bound(noise_scale: float, volunteers: int) -> float:
    return (1 + noise_scale / BATCH) / (1 + noise_scale / (BATCH * volunteers))


def main() -> None:
    given, started = options(__doc__, seeds=3), time.time()
    count = 32 if given.quick else 128
    runs = [asyncio.run(measure(seed, count, given.data_dir)) for seed in range(1, given.seeds + 1)]
    rows = []
    for points in zip(*runs, strict=True):
        scale = float(np.mean([point["noise_scale"] for point in points]))
        accuracy = float(np.mean([point["accuracy"] for point in points]))
        bounds = {str(count): bound(scale, count) for count in (4, 8, 16)}
        rows.append({"step": points[0]["step"], "accuracy": accuracy, "noise_scale": scale, "bounds": bounds})
    lines = [(row["step"], row["accuracy"], row["noise_scale"], *row["bounds"].values()) for row in rows]
    text = table(("step", "accuracy", "noise scale, examples", "at most x4", "at most x8", "at most x16"), lines)
    report("noise_scale", given, started, {"rows": rows}, text)


if __name__ == "__main__":
    main()
