"""Speed-up over the best single volunteer: MNIST, `mnist-cnn`, virtual time to 97 % of the 10,000 held-out images.

Both sides have batches of 64 and, in each cell, twelve settings to choose from. Every device takes 180 ms a step,
50 ms one way, 20 Mbit/s each way; the clock starts when all hold a first shard. Then speeds are spread 10:1 (180 ms is
the fastest) with 20 % drop-outs an hour, and the speed-up is set against the sum of the devices' speeds.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from common import Cell, Lab, options, progress, report, row_dict, rule, table
from tuning import choose

MODEL, TARGET = "mnist-cnn", 0.97
WANTED = {"equal": {4: 3.0, 8: 5.0, 16: 7.0}, "spread": {4: 0.65, 8: 0.5, 16: 0.4}}
KINDS: Mapping[str, Mapping[str, Any]] = {
    "equal": {},
    "spread": {"secondsPerIteration": "0.18:1.8", "dropOutsPerHour": 0.2},
}
PATIENCE = {"equal": {1: 60.0, 4: 20.0, 8: 15.0, 16: 12.0}, "spread": {4: 45.0, 8: 32.0, 16: 25.0}}
COMMON = ("validation.everySeconds=0.17", "validation.examples=2000", "training.leaseSeconds=0.18")
"""On both sides weights are looked at after every step: who is looked at more often is sooner found at the target."""


def adam(rate: float, beta1: float, beta2: float) -> str:
    return f'optimizer={{"adam":{{"learningRate":{rate},"beta1":{beta1},"beta2":{beta2}}}}}'


def muon(rate: float, momentum: float) -> str:
    return f'optimizer={{"muon":{{"learningRate":{rate},"momentum":{momentum}}}}}'


def momentum(rate: float) -> str:
    return f'optimizer={{"momentum":{{"learningRate":{rate},"momentum":0.95,"useNesterov":true}}}}'


AUTO = rule("auto")
ALONE = [
    *(muon(rate, m) for rate, m in ((0.03, 0.9), (0.03, 0.8), (0.04, 0.8), (0.05, 0.8), (0.06, 0.8), (0.05, 0.7))),
    *(adam(*each) for each in ((0.008, 0.9, 0.95), (0.01, 0.8, 0.95), (0.012, 0.8, 0.95))),
    *(momentum(rate) for rate in (0.03, 0.05)),
    'optimizer={"sgd":{"learningRate":0.2}}',
]
TOGETHER = [
    *((AUTO, muon(rate, m)) for rate, m in ((0.05, 0.8), (0.06, 0.8), (0.07, 0.8), (0.08, 0.7), (0.1, 0.7))),
    (AUTO, adam(0.01, 0.8, 0.95)),
    (rule("fedavg", iterations=4), muon(0.1, 0.8)),
    (rule("fedavg", iterations=4, match="speed"), muon(0.2, 0.8)),
    (rule("fedavg", iterations=8, match="speed"), adam(0.02, 0.8, 0.95)),
    (rule("diloco", iterations=4, match="speed", rate=1, momentum=0.3), muon(0.1, 0.8)),
    (rule("diloco", iterations=8, match="speed", rate=0.8, momentum=0.5), muon(0.07, 0.8)),
    (rule("sync-sgd", momentum=0.9), 'optimizer={"sgd":{"learningRate":0.1}}'),
]
QUICK_ALONE, QUICK_TOGETHER = [ALONE[2], ALONE[3]], [TOGETHER[0], TOGETHER[3], TOGETHER[7]]


def main() -> None:
    given, started = options(__doc__, seeds=5, quick_seeds=2), time.time()
    lab, seeds = Lab(given), range(1, given.seeds + 1)
    singles = [
        Cell(1, AUTO, (*COMMON, each), target=TARGET, seconds=PATIENCE["equal"][1])
        for each in (QUICK_ALONE if given.quick else ALONE)
    ]
    alone = choose(lab, MODEL, singles, quick=given.quick)
    progress(f"the best single volunteer: {alone.cell.settings[-1]}")
    [(row, trials)] = lab.simulate(MODEL, [alone.cell], seeds)
    single = row.seconds_to_target
    rows: list[dict[str, Any]] = [{"devices": "equal", "speedup_over_single": 1.0, **row_dict(row, trials)}]
    tried = {"single": alone.tried}
    batches = [free_batch(lab, size, alone.cell, seeds) for size in ((128,) if given.quick else (32, 128))]
    for kind, count in [(devices, number) for devices in KINDS for number in WANTED[devices]]:
        if given.quick and (kind, count) not in {("equal", 4), ("equal", 8), ("spread", 8)}:
            continue
        found, tried[f"{kind} {count}"] = team(lab, kind, count, seeds, single, quick=given.quick)
        rows += found
    result = {"target": TARGET, "rows": rows, "free_batch": batches, "tuning": tried}
    report("scaling", given, started, result, words(rows, batches))


def team(
    lab: Lab, kind: str, count: int, seeds: Sequence[int], single: float | None, *, quick: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Choose settings for `count` volunteers, of `auto` and of all other rules; then measure both with all seeds."""
    settings = QUICK_TOGETHER if quick else TOGETHER
    cells = [
        Cell(count, merge, (*COMMON, each), KINDS[kind], target=TARGET, seconds=PATIENCE[kind][count])
        for merge, each in settings
    ]
    auto = choose(lab, MODEL, [cell for cell in cells if cell.merge.name == "auto"], quick=quick)
    by_hand = choose(lab, MODEL, [cell for cell in cells if cell.merge.name != "auto"], quick=quick)
    rows = []
    for row, trials in lab.simulate(MODEL, [longer(auto.cell), longer(by_hand.cell)], seeds):
        speedup = single / row.seconds_to_target if single and row.seconds_to_target else None
        speed = sum(trial.outcome.speed for trial in trials) / len(trials)
        relative = speedup / speed if speedup else None
        rows.append({"devices": kind, "speedup_over_single": speedup, "relative": relative, **row_dict(row, trials)})
        progress(f"{kind} {count} {row.merge}: {row.seconds_to_target} s, {speedup} times")
    rows[0]["setting"], rows[1]["setting"] = auto.cell.settings[-1], by_hand.cell.settings[-1]
    return rows, [*auto.tried, *by_hand.tried]


def longer(cell: Cell) -> Cell:
    """Give a chosen setting time enough for every seed."""
    return Cell(cell.volunteers, cell.merge, cell.settings, cell.population, target=TARGET, seconds=3 * cell.seconds)


def free_batch(lab: Lab, size: int, cell: Cell, seeds: Sequence[int]) -> dict[str, Any]:
    """The single volunteer with another batch size, whose step takes in proportion to it."""
    settings = (*cell.settings, f"training.batchSize={size}")
    free = Cell(1, cell.merge, settings, {"secondsPerIteration": 0.18 * size / 64}, target=TARGET, seconds=120)
    [(row, trials)] = lab.simulate(MODEL, [free], seeds)
    return {"batch_size": size, **row_dict(row, trials)}


def words(rows: Sequence[dict[str, Any]], batches: Sequence[dict[str, Any]]) -> str:
    lines = [
        (
            row["devices"],
            row["volunteers"],
            row["merge"],
            row["seconds_to_target"],
            row["interval"],
            row["speedup_over_single"] if row["devices"] == "equal" else row["relative"],
            WANTED[row["devices"]].get(row["volunteers"]),
            row["busy"],
            row["accuracy"],
        )
        for row in rows
    ]
    columns = ("devices", "volunteers", "rule", "s to 97 %", "+-", "speed-up (spread: relative)", "wanted", "busy")
    free = table(
        ("batch size, one volunteer", "s to 97 %", "+-"),
        [(b["batch_size"], b["seconds_to_target"], b["interval"]) for b in batches],
    )
    return f"{table((*columns, 'accuracy'), lines)}\n\n{free}"


if __name__ == "__main__":
    main()
