"""WebNN report 2018, merge comparison: 4 clients, `mnist-cnn`, SGD 0.2, batch 64, to 98 % (quick: 96 %).

The report has curves only, of four runs each: weighted beats average, mimic is worst. In the code of that time a
client's own training was lost at each merge, so its ranking of the rules proves little.
"""

from __future__ import annotations

import time

from common import Cell, options, progress, report, row_dict, rule, simulate, table

PAPER = {"weighted": "first of three", "average": "second", "mimic": "last"}


def main() -> None:
    given, started = options(__doc__, seeds=4), time.time()
    target = 0.96 if given.quick else 0.98
    rows = []
    for name in ("weighted", "average", "mimic", "auto"):
        cell = Cell(4, rule(name), ("validation.everySeconds=1",), target=target, seconds=150 if given.quick else 600)
        row, trials = simulate("mnist-cnn", cell, range(1, given.seeds + 1), given.data_dir)
        rows.append({"report": PAPER.get(name), **row_dict(row, trials)})
        progress(f"{name}: {row.seconds_to_target}")
    columns = ("rule", f"virtual s to {target:.0%}", "+-", "reached", "accuracy", "staleness", "report 2018")
    keys = ("merge", "seconds_to_target", "interval", "reached", "accuracy", "staleness", "report")
    text = table(columns, [[row[key] for key in keys] for row in rows])
    report("paper_merges", given, started, {"target": target, "rows": rows}, text)


if __name__ == "__main__":
    main()
