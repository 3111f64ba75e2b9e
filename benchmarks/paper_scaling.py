"""WebNN report 2018, scaling: 1, 2, 4 and 8 clients, `mnist-cnn`, SGD 0.2, batch 64, to 98 % (quick: 96 %).

The report: one client is faster than 2, 4 or 8 in every case; average is clearly slower at 8 than at 4, weighted about
as fast.
"""

from __future__ import annotations

import time

from common import Cell, options, progress, report, row_dict, rule, simulate, table

PAPER = {1: "fastest", 2: "slower than 1", 4: "slower than 1", 8: "slower than 1; average clearly slower than at 4"}


def main() -> None:
    given, started = options(__doc__, seeds=4), time.time()
    target = 0.96 if given.quick else 0.98
    rows = []
    for name in ("weighted", "average", "auto"):
        alone = None
        for count in (1, 4, 8) if given.quick else (1, 2, 4, 8):
            seconds = 200 if given.quick else 600
            cell = Cell(count, rule(name), ("validation.everySeconds=1",), target=target, seconds=seconds)
            row, trials = simulate("mnist-cnn", cell, range(1, given.seeds + 1), given.data_dir)
            alone = row.seconds_to_target if count == 1 else alone
            times = alone / row.seconds_to_target if alone and row.seconds_to_target else None
            rows.append({"report": PAPER[count], "over_one": times, **row_dict(row, trials)})
            progress(f"{name} {count}: {row.seconds_to_target}")
    columns = ("rule", "clients", f"virtual s to {target:.0%}", "+-", "times as fast as 1", "report 2018")
    keys = ("merge", "volunteers", "seconds_to_target", "interval", "over_one", "report")
    text = table(columns, [[row[key] for key in keys] for row in rows])
    report("paper_scaling", given, started, {"target": target, "rows": rows}, text)


if __name__ == "__main__":
    main()
