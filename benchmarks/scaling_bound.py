"""What no number of volunteers can beat on `mnist-cnn`: the steps that batches of 64 N need, exchanged for nothing.

One device trains batches of 64 N in 180 ms a step: N volunteers that exchange every gradient without latency,
transfer or staleness. The fewest steps to 97 % that any of twelve settings needs, over those of a single volunteer with
the setting that `scaling.py` chose for it, is the ceiling of the speed-up. What `auto` needed there is set beside it,
and what is missing is what exchanging and staleness cost.

Where speeds are spread 10:1, the other bound is that slow devices' steps come late: the time without the slower half
is set beside the time with all of them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from math import inf
from typing import Any

from common import HERE, Cell, Lab, options, progress, report, row_dict, rule, table
from scaling import ALONE, KINDS, MODEL, TARGET, adam, muon
from scaling import COMMON as TEAM
from tuning import Choice, choose

STEP = 0.18
COMMON = ("validation.everySeconds=0.17", "validation.examples=2000", f"training.leaseSeconds={STEP}")
NO_NETWORK = {"latencySeconds": 1e-4, "uploadMbit": 1e5, "downloadMbit": 1e5}
LARGE = [
    *(muon(rate, m) for rate, m in ((0.07, 0.8), (0.1, 0.8), (0.15, 0.8), (0.2, 0.8), (0.3, 0.8), (0.15, 0.7))),
    *(muon(rate, m) for rate, m in ((0.1, 0.9), (0.2, 0.7))),
    *(adam(rate, 0.8, 0.95) for rate in (0.015, 0.02, 0.03)),
    'optimizer={"sgd":{"learningRate":0.6}}',
]


def main() -> None:
    given, started = options(__doc__, seeds=5, quick_seeds=2), time.time()
    lab, rows = Lab(given), []
    record = kept_scaling()
    reached = times_reached(record)
    for count in (1, 8) if given.quick else (1, 4, 8, 16):
        settings = single_settings(record) if count == 1 else LARGE[1:3] if given.quick else LARGE
        cells = [
            Cell(1, rule("auto"), (*COMMON, f"training.batchSize={64 * count}", each), NO_NETWORK,
                 target=TARGET, seconds=60 if count == 1 else 20)
            for each in settings
        ]  # fmt: skip
        best = choose(lab, MODEL, cells, quick=given.quick) if len(cells) > 1 else Choice(cells[0], [])
        [(row, trials)] = lab.simulate(MODEL, [best.cell], range(1, given.seeds + 1))
        steps = None if row.seconds_to_target is None else row.seconds_to_target / STEP
        first = steps if count == 1 else rows[0]["steps"]
        ceiling = first / steps if first and steps else None
        needed = row.seconds_to_target
        part = needed / reached[count] if needed and count in reached else None
        own = {"count": count, "steps": steps, "ceiling": ceiling, "auto": reached.get(count), "part": part}
        rows.append({**row_dict(row, trials), **own, "setting": best.cell.settings[-1], "tried": best.tried})
        progress(f"batches of {64 * count}: {steps} steps, at most {ceiling} times")
    columns = ("volunteers", "setting", "steps to 97 %", "s", "+-", "ceiling", "auto, s", "% of the ceiling")
    keys = ("count", "setting", "steps", "seconds_to_target", "interval", "ceiling", "auto", "part")
    lines = [[row[key] * 100 if key == "part" and row[key] else row[key] for key in keys] for row in rows]
    halves = [fast_half(lab, row, range(1, given.seeds + 1)) for row in spread(record) if not given.quick]
    beside = table(
        ("volunteers 10:1", "s to 97 %", "+-", "without the slower half", "+-"),
        [[each[key] for key in ("count", "all", "all_interval", "half", "half_interval")] for each in halves],
    )
    result = {"rows": rows, "halves": halves}
    report("scaling_bound", given, started, result, f"{table(columns, lines)}\n\n{beside}")


def fast_half(lab: Lab, row: dict[str, Any], seeds: Sequence[int]) -> dict[str, Any]:
    """Leave out the slower half of a team whose speeds are spread; its setting stays."""
    population = {**KINDS["spread"], "secondsPerIteration": f"0.18:{0.18 * 10**0.5}"}
    count, settings = row["volunteers"], (*TEAM, row["setting"])
    cell = Cell(count // 2, rule("auto"), settings, population, target=TARGET, seconds=100)
    [(half, trials)] = lab.simulate(MODEL, [cell], seeds)
    progress(f"without the slower half of {count}: {half.seconds_to_target} s, with all {row['seconds_to_target']} s")
    return {
        "count": count,
        "all": row["seconds_to_target"],
        "all_interval": row["interval"],
        "half": half.seconds_to_target,
        "half_interval": half.interval,
        "each": row_dict(half, trials)["each"],
    }


def kept_scaling() -> dict[str, Any]:
    """The last whole run of `scaling.py`, else its last quick one."""
    for name in ("scaling", "scaling-quick"):
        file = HERE / "results" / f"{name}.json"
        if file.exists():
            record: dict[str, Any] = json.loads(file.read_text("utf-8"))
            return record
    return {"rows": [], "tuning": {}}


def single_settings(record: dict[str, Any]) -> list[str]:
    """The one that `scaling.py` chose for a single volunteer, or all that it may choose from."""
    tried: dict[str, list[float]] = {}
    for each in record["tuning"].get("single", ()):
        tried.setdefault(each["setting"], []).append(each["seconds_to_target"] or inf)
    most = max(map(len, tried.values()), default=0)
    last = {setting: times[-1] for setting, times in tried.items() if len(times) == most}
    return [min(last, key=lambda setting: last[setting])] if last else ALONE


def spread(record: dict[str, Any]) -> list[dict[str, Any]]:
    """What `scaling.py` reached with speeds that are spread, and `auto`."""
    return [row for row in record["rows"] if row["devices"] == "spread" and row["merge"] == "auto"]


def times_reached(record: dict[str, Any]) -> dict[int, float]:
    """The seconds that `auto` needed in `scaling.py` with equal devices, by their number."""
    return {
        row["volunteers"]: row["seconds_to_target"]
        for row in record["rows"]
        if row["devices"] == "equal" and row["merge"] == "auto" and row["seconds_to_target"]
    }


if __name__ == "__main__":
    main()
