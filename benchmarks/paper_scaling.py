"""WebNN report 2018, scaling: 1, 2, 4 and 8 clients, `mnist-cnn`, SGD 0.2, batch 64, to 96 % as in its shipped example.

The report: one client is faster than 2, 4 or 8 in every case; average is clearly slower at 8 than at 4, weighted about
as fast.
"""

from __future__ import annotations

import time

from common import SGD_2018, Cell, Lab, options, report, row_dict, rule, table

PAPER = {1: "fastest", 2: "slower than 1", 4: "slower than 1", 8: "slower than 1; average clearly slower than at 4"}


def main() -> None:
    given, started = options(__doc__, seeds=3), time.time()
    target = 0.96
    cells = [
        Cell(count, rule(name), (*SGD_2018, "validation.everySeconds=1"), target=target, seconds=250)
        for name in ("weighted", "average", "auto")
        for count in ((1, 4, 8) if given.quick else (1, 2, 4, 8))
    ]
    rows, alone = [], None
    for row, trials in Lab(given).simulate("mnist-cnn", cells, range(1, given.seeds + 1)):
        alone = row.seconds_to_target if row.volunteers == 1 else alone
        times = alone / row.seconds_to_target if alone and row.seconds_to_target else None
        rows.append({"report": PAPER[row.volunteers], "over_one": times, **row_dict(row, trials)})
    columns = ("rule", "clients", f"virtual s to {target:.0%}", "+-", "times as fast as 1", "report 2018")
    keys = ("merge", "volunteers", "seconds_to_target", "interval", "over_one", "report")
    text = table(columns, [[row[key] for key in keys] for row in rows])
    report("paper_scaling", given, started, {"target": target, "rows": rows}, text)


if __name__ == "__main__":
    main()
