"""Draw the figures of `docs/benchmarks.md` from the results that are kept: `docs/figures/*.svg`. Trains nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from common import HERE

from webnn.sim.figure import Axis, Line, draw

FIGURES = HERE.parent / "docs" / "figures"


def result(name: str) -> dict[str, Any] | None:
    """Read the whole result of a benchmark, else its quick one."""
    for file in (HERE / "results" / f"{name}.json", HERE / "results" / f"{name}-quick.json"):
        if file.exists():
            read: dict[str, Any] = json.loads(file.read_text("utf-8"))
            return read
    return None


def scaling(record: dict[str, Any], noise: dict[str, Any] | None) -> str:
    """Draw speed-up against volunteers, equal devices, beside the ideal and what noise allows at the end."""
    rows = [row for row in record["rows"] if row["devices"] == "equal" and row["speedup_over_single"]]
    together = [row for row in rows if row["volunteers"] > 1]
    lines = []
    for name, ours in (("auto", True), ("best other rule", False)):
        points = [(r["volunteers"], r["speedup_over_single"]) for r in together if (r["merge"] == "auto") is ours]
        lines.append(Line(name, [(1, 1.0), *points]))
    most = max(row["volunteers"] for row in rows)
    if noise is not None:
        last = noise["rows"][-1]["bounds"]
        bounds = [(1.0, 1.0), *((int(count), value) for count, value in last.items() if int(count) <= most)]
        lines.append(Line("noise allows, near 97 %", bounds))
    lines.append(Line("ideal", [(1, 1), (most, most)], dashed=True))
    y = Axis("speed-up over the best single volunteer", 0.0, float(most))
    return draw("mnist-cnn, to 97 %, equal devices", Axis("volunteers", 0.0, float(most)), y, lines)


def main() -> None:
    record = result("scaling")
    FIGURES.mkdir(parents=True, exist_ok=True)
    if record is not None:
        file: Path = FIGURES / "scaling.svg"
        file.write_text(scaling(record, result("noise_scale")), "utf-8")
        print(f"wrote {file.relative_to(HERE.parent)}")


if __name__ == "__main__":
    main()
