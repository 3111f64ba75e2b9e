"""`mnist-cnn` as it is bundled, to the 98 % at which it stops by itself: 1, 2, 4 and 8 volunteers with `auto`.

What an owner gets without choosing anything. Virtual time, equal devices: 180 ms a step, 50 ms one way, 20 Mbit/s.
"""

from __future__ import annotations

import time

from common import Cell, Lab, define, options, report, row_dict, rule, table

MODEL = "mnist-cnn"
COUNTS, QUICK_COUNTS = (1, 2, 4, 8), (1, 4)
SECONDS = 400.0


def main() -> None:
    given, started = options(__doc__, seeds=6), time.time()
    target = define(MODEL).training.stop.accuracy
    counts = QUICK_COUNTS if given.quick else COUNTS
    cells = [Cell(count, rule("auto"), target=target, seconds=SECONDS) for count in counts]
    rows, alone = [], None
    for row, trials in Lab(given).simulate(MODEL, cells, range(1, given.seeds + 1)):
        alone = row.seconds_to_target if row.volunteers == 1 else alone
        times = alone / row.seconds_to_target if alone and row.seconds_to_target else None
        rows.append({**row_dict(row, trials), "over_one": times})
    columns = ("volunteers", f"s to {target:.0%}", "+-", "times as fast as 1", "accuracy")
    keys = ("volunteers", "seconds_to_target", "interval", "over_one", "accuracy")
    text = table(columns, [[row[key] for key in keys] for row in rows])
    report("scaling_bundled", given, started, {"target": target, "rows": rows}, text)


if __name__ == "__main__":
    main()
