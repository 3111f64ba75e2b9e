"""WebNN report 2018, merge comparison: 4 clients, `mnist-cnn`, SGD 0.2, batch 64, to 98 % (quick: 96 %).

The report has curves only, of four runs each: weighted beats average, mimic is worst. In the code of that time a
client's own training was lost at each merge, so its ranking of the rules proves little.
"""

from __future__ import annotations

import time

from common import SGD_2018, Cell, Lab, options, report, row_dict, rule, table

PAPER = {"weighted": "first of three", "average": "second", "mimic": "last"}


def main() -> None:
    given, started = options(__doc__, seeds=3), time.time()
    target, seconds = (0.96, 150) if given.quick else (0.98, 400)
    cells = [
        Cell(4, rule(name), (*SGD_2018, "validation.everySeconds=1"), target=target, seconds=seconds)
        for name in ("weighted", "average", "mimic", "auto")
    ]
    results = Lab(given).simulate("mnist-cnn", cells, range(1, given.seeds + 1))
    rows = [{"report": PAPER.get(row.merge), **row_dict(row, trials)} for row, trials in results]
    columns = ("rule", f"virtual s to {target:.0%}", "+-", "reached", "accuracy", "staleness", "report 2018")
    keys = ("merge", "seconds_to_target", "interval", "reached", "accuracy", "staleness", "report")
    text = table(columns, [[row[key] for key in keys] for row in rows])
    report("paper_merges", given, started, {"target": target, "rows": rows}, text)


if __name__ == "__main__":
    main()
