"""Speed-up over the best single volunteer: MNIST, `mnist-cnn`, virtual time to 97 % of the 10,000 held-out images.

Both sides have batches of 64 and twelve settings to choose from. Every device takes 180 ms a step, 50 ms one way,
20 Mbit/s each way; the clock starts when all hold a first shard. Then speeds are spread 10:1 (180 ms is the fastest)
with 20 % drop-outs an hour, and the speed-up is set against the sum of the devices' speeds.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from math import inf
from typing import Any

from common import Cell, options, progress, report, row_dict, rule, simulate, table

TARGET = 0.97
WANTED = {"equal": {4: 3.0, 8: 5.0, 16: 7.0}, "spread": {4: 0.65, 8: 0.5, 16: 0.4}}
SPREAD = {"secondsPerIteration": "0.18:1.8", "dropOutsPerHour": 0.2}
COMMON = ("validation.everySeconds=0.36", "validation.examples=2000", "training.leaseSeconds=0.72")


def adam(rate: float, beta1: float, beta2: float) -> str:
    return f'optimizer={{"adam":{{"learningRate":{rate},"beta1":{beta1},"beta2":{beta2}}}}}'


def muon(rate: float, momentum: float) -> str:
    return f'optimizer={{"muon":{{"learningRate":{rate},"momentum":{momentum}}}}}'


def momentum(rate: float) -> str:
    return f'optimizer={{"momentum":{{"learningRate":{rate},"momentum":0.95,"useNesterov":true}}}}'


SINGLE = [
    *(muon(rate, m) for rate, m in ((0.02, 0.9), (0.03, 0.9), (0.04, 0.8), (0.05, 0.7), (0.07, 0.7))),
    *(adam(*each) for each in ((0.008, 0.9, 0.999), (0.008, 0.9, 0.95), (0.012, 0.9, 0.95), (0.012, 0.8, 0.95))),
    *(momentum(rate) for rate in (0.03, 0.05)),
    'optimizer={"sgd":{"learningRate":0.2}}',
]
AUTO = rule("auto")
TEAM = [
    *((AUTO, muon(rate, m)) for rate, m in ((0.035, 0.9), (0.05, 0.9), (0.06, 0.8), (0.08, 0.8), (0.1, 0.7))),
    (AUTO, adam(0.01, 0.8, 0.95)),
    (rule("auto", seconds=0.18), muon(0.05, 0.9)),
    (rule("auto", seconds=0.72), muon(0.05, 0.9)),
    (rule("fedavg", iterations=4), muon(0.1, 0.8)),
    (rule("diloco", iterations=4, rate=1, momentum=0.3), muon(0.07, 0.8)),
    (rule("fedavg", iterations=8), adam(0.02, 0.8, 0.95)),
    (rule("sync-sgd", momentum=0.9), 'optimizer={"sgd":{"learningRate":0.2}}'),
]
QUICK_SINGLE, QUICK_TEAM = [SINGLE[0], SINGLE[2], SINGLE[3]], [TEAM[1], TEAM[2]]


def main() -> None:
    given, started = options(__doc__, seeds=5, quick_seeds=2), time.time()
    tuning = range(101, 103) if not given.quick else range(101, 102)
    seeds = range(1, given.seeds + 1)
    data = given.data_dir
    singles = [
        Cell(1, AUTO, (*COMMON, each), target=TARGET, seconds=90) for each in (QUICK_SINGLE if given.quick else SINGLE)
    ]
    teams = [
        Cell(8, merge, (*COMMON, each), target=TARGET, seconds=40)
        for merge, each in (QUICK_TEAM if given.quick else TEAM)
    ]
    best_single, tried_single = best(singles, tuning, data)
    best_team, tried_team = best(teams, tuning, data)
    best_auto = best_team if best_team.merge == AUTO else best([c for c in teams if c.merge == AUTO], tuning, data)[0]
    progress(f"best single: {best_single.settings[-1]}; best team: {best_team.merge}, {best_team.settings[-1]}")
    row, trials = simulate("mnist-cnn", best_single, seeds, data)
    single = row.seconds_to_target
    rows: list[dict[str, Any]] = [{"devices": "equal", "speedup_over_single": 1.0, **row_dict(row, trials)}]
    batches = [free_batch(size, best_single, seeds, data) for size in ((32, 128) if not given.quick else (128,))]
    counts = (4, 8) if given.quick else (4, 8, 16)
    for kind, population in (("equal", {}), ("spread", SPREAD)):
        for count in counts:
            for chosen in (best_auto,) if best_auto == best_team else (best_auto, best_team):
                cell = Cell(count, chosen.merge, chosen.settings, population, target=TARGET, seconds=120)
                row, trials = simulate("mnist-cnn", cell, seeds, data)
                speedup = single / row.seconds_to_target if single and row.seconds_to_target else None
                speed = sum(trial.outcome.speed for trial in trials) / len(trials)
                relative = speedup / speed if speedup else None
                rows.append(
                    {"devices": kind, "speedup_over_single": speedup, "relative": relative, **row_dict(row, trials)}
                )
                progress(f"{kind} {count} {row.merge}: {row.seconds_to_target} s, {speedup}")
    result = {
        "target": TARGET,
        "rows": rows,
        "free_batch": batches,
        "tuning": {"single": tried_single, "team": tried_team},
    }
    report("scaling", given, started, result, words(rows, batches))


def best(cells: Sequence[Cell], seeds: Sequence[int], data: Any) -> tuple[Cell, list[dict[str, Any]]]:
    """Try every setting on the seeds for tuning; the one that is soonest at the target."""
    tried, soonest, chosen = [], inf, cells[0]
    for cell in cells:
        row, trials = simulate("mnist-cnn", cell, seeds, data)
        tried.append({"setting": cell.settings[-1], **row_dict(row, trials)})
        progress(f"{cell.volunteers} x {row.merge}, {cell.settings[-1]}: {row.seconds_to_target}")
        if row.seconds_to_target is not None and row.seconds_to_target < soonest:
            soonest, chosen = row.seconds_to_target, cell
    return chosen, tried


def free_batch(size: int, cell: Cell, seeds: Sequence[int], data: Any) -> dict[str, Any]:
    """The single volunteer with another batch size, whose step takes in proportion to it."""
    settings = (*cell.settings, f"training.batchSize={size}")
    free = Cell(1, cell.merge, settings, {"secondsPerIteration": 0.18 * size / 64}, target=TARGET, seconds=120)
    row, trials = simulate("mnist-cnn", free, seeds, data)
    return {"batch_size": size, **row_dict(row, trials)}


def words(rows: Sequence[dict[str, Any]], batches: Sequence[dict[str, Any]]) -> str:
    lines = [
        (
            row["devices"],
            row["merge"],
            row["volunteers"],
            row["seconds_to_target"],
            row["interval"],
            row["speedup_over_single"] if row["devices"] == "equal" else row["relative"],
            WANTED[row["devices"]].get(row["volunteers"]),
            row["busy"],
        )
        for row in rows
    ]
    text = table(
        ("devices", "rule", "volunteers", "s to 97 %", "+-", "speed-up (spread: relative)", "wanted", "busy"), lines
    )
    free = table(
        ("batch size, one volunteer", "s to 97 %", "+-"),
        [(b["batch_size"], b["seconds_to_target"], b["interval"]) for b in batches],
    )
    return f"{text}\n\n{free}"


if __name__ == "__main__":
    main()
