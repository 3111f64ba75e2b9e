"""The tables of the documentation, from the results that are kept: fills what lies between `<!-- table NAME -->` and
`<!-- end -->` in `docs/*.md`. Trains nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from common import HERE, show

DOCS = HERE.parent / "docs"
BLOCK = re.compile(r"(<!-- table (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)

Record = Mapping[str, Any]
Table = tuple[Sequence[str], Sequence[Sequence[object]]]


def read(name: str) -> Record | None:
    """The whole result of a benchmark, else its quick one."""
    for file in (HERE / "results" / f"{name}.json", HERE / "results" / f"{name}-quick.json"):
        if file.exists():
            record: Record = json.loads(file.read_text("utf-8"))
            return record
    return None


def seconds(mean: float | None, interval: float | None) -> str:
    """A mean, and half of its 95 % interval."""
    if mean is None:
        return "not reached"
    return f"{mean:.1f}" if interval is None else f"{mean:.1f} +- {interval:.1f}"


def accuracy(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}".removeprefix("0")


def percent(value: float, digits: int = 0) -> str:
    return f"{100 * value:.{digits}f} %"


def scaling(record: Record) -> Table:
    wanted = {"equal": {4: 3.0, 8: 5.0, 16: 7.0}, "spread": {4: 0.65, 8: 0.5, 16: 0.4}}
    names = {"equal": "equal", "spread": "10:1, 20 % drop-outs an hour"}
    alone, *together = record["rows"]
    rows = [["equal", 1, seconds(alone["seconds_to_target"], alone["interval"]), "1", "", ""]]
    others = {(r["devices"], r["volunteers"]): r for r in together if r["merge"] != "auto"}
    for row in together:
        if row["merge"] == "auto":
            where = (row["devices"], row["volunteers"])
            other = others[where]
            times = f"{row['speedup_over_single']:.1f}"
            if row["devices"] == "spread":
                times += f", of the sum of speeds {row['relative']:.2f}"
            best = f"{seconds(other['seconds_to_target'], other['interval'])}, `{other['merge'].partition('(')[0]}`"
            time = seconds(row["seconds_to_target"], row["interval"])
            rows.append([names[where[0]], where[1], time, times, show(wanted[where[0]][where[1]]), best])
    return ("devices", "volunteers", "s to 97 % with `auto`", "speed-up", "wanted", "the best other rule, s"), rows


def free_batch(record: Record) -> Table:
    rows = [(each["batch_size"], seconds(each["seconds_to_target"], each["interval"])) for each in record["free_batch"]]
    return ("batch size of a single volunteer", "s to 97 %"), rows


def bound(record: Record) -> Table:
    """What larger batches allow, beside what `auto` reaches by the last record of `scaling.py`."""
    reached = {row["count"]: row["auto"] for row in record["rows"]}
    for row in (read("scaling") or {"rows": ()})["rows"]:
        if row["devices"] == "equal" and row["merge"] == "auto":
            reached[row["volunteers"]] = row["seconds_to_target"]
    rows = [
        (
            *(64 * row["count"], f"{row['steps']:.0f}", seconds(row["seconds_to_target"], row["interval"])),
            *(f"{row['ceiling']:.1f}", f"{reached[row['count']]:.1f}"),
            percent(row["seconds_to_target"] / reached[row["count"]]),
        )
        for row in record["rows"]
    ]
    return ("batch", "steps to 97 %", "s", "ceiling of the speed-up", "`auto`, s", "of the ceiling"), rows


def halves(record: Record) -> Table:
    rows = [
        (each["count"], seconds(each["all"], each["all_interval"]), seconds(each["half"], each["half_interval"]))
        for each in record["halves"]
    ]
    return ("volunteers", "s to 97 %", "without the slower half"), rows


def noise(record: Record) -> Table:
    rows = [
        (
            *(row["step"], accuracy(row["accuracy"]), f"{row['noise_scale']:.0f}"),
            *(f"{row['bounds'][count]:.1f}" for count in ("4", "8", "16")),
        )
        for row in record["rows"]
    ]
    return ("step of one volunteer", "accuracy", "noise scale B, examples", "at most, 4", "8", "16"), rows


def bundled(record: Record) -> Table:
    rows = [
        (row["volunteers"], seconds(row["seconds_to_target"], row["interval"]), show(row["over_one"]))
        for row in record["rows"]
    ]
    return ("volunteers", "s to 98 %", "times as fast as one"), rows


def real(record: Record) -> Table:
    rows = [
        (row["workers"], seconds(row["seconds"], row["interval"]), show(row["speedup"]), f"{row['cores']:.2f}")
        for row in record["rows"]
    ]
    return ("workers", f"wall s to {percent(record['target'])}", "speed-up", "cores that they used"), rows


def merges(record: Record) -> Table:
    rows = [
        (row["merge"], seconds(row["seconds_to_target"], row["interval"]), row["report"] or "")
        for row in record["rows"]
    ]
    return ("rule", f"s to {percent(record['target'])}", "report"), rows


def clients(record: Record) -> Table:
    counts = sorted({row["volunteers"] for row in record["rows"]})
    rules = list(dict.fromkeys(row["merge"] for row in record["rows"]))
    found = {(row["merge"], row["volunteers"]): row for row in record["rows"]}
    rows = [
        [name, *(seconds(found[name, n]["seconds_to_target"], found[name, n]["interval"]) for n in counts)]
        for name in rules
    ]
    return (f"rule, s to {percent(record['target'])}", *(f"{n} client{'s' * (n > 1)}" for n in counts)), rows


def fitzgerald(record: Record) -> Table:
    rules = list(record["rows"][0]["together"])
    rows = [
        [
            *(row["varied"], row["value"], accuracy(row["alone"]), accuracy(row["paper"][0])),
            *(accuracy(each[i]) for i in (0, 1) for each in (*row["together"].values(), row["paper"][1:])),
        ]
        for row in record["rows"]
    ]
    beside = [f"{name} +{i}" for i in (1, 2) for name in (*(f"`{each}`" for each in rules), "published")]
    return ("varied", "value", "alone", "published", *beside), rows


def downpour(record: Record) -> Table:
    rows = [
        (
            *(row["rule"], row["nodes"], f"{row['seconds']:.2f}", percent(row["growth"], 1)),
            *(row["paper"], percent(row["paper_growth"], 1)),
        )
        for row in record["rows"]
    ]
    return ("rule", "nodes", "s per epoch", "growth", "published s", "growth"), rows


def synapse(record: Record) -> Table:
    rows = [
        (row["model"], row["rule"], f"{row['speedup']:.2f}", f"{row['efficiency']:.0f} %") for row in record["rows"]
    ]
    return ("model", "rule", "speed-up with 2", "efficiency"), rows


def late_joiners(record: Record) -> Table:
    rows = [(row["newcomers"], f"{row['accuracy_points']:.1f}", f"{row['loss']:.3f}") for row in record["rows"]]
    return ("newcomers", "accuracy falls, points", "held-out loss rises"), rows


def load(record: Record) -> Table:
    """What a merged update costs the server, beside the floor in turn: the median, and all turns' milliseconds."""
    rows = [
        (
            *(f"{row['params'] / 1e6:g} M", row["encoding"], f"{row['updates_per_second']:.3g}"),
            *(f"{row['server_cpu_ms_per_update']:.3g}", " ".join(f"{each:.3g}" for each in sorted(row["all_ms"]))),
            *(f"{row['floor_ms']:.3g}", f"{row['times_floor']:.2f}", f"{row['wanted_times_floor']:.2f}"),
            f"{row['bare_times_floor']:.2f}" if "bare_times_floor" in row else "",
            *(f"{row['server_rss_mb']:.0f}", percent(row["foreign_cpu_share"])),
        )
        for row in record["rows"]
    ]
    columns = ("parameters", "encoding", "updates/s", "server CPU ms/update", "of all turns", "floor, ms")
    return (*columns, "times the floor", "wanted", "bare, same encoding", "server RSS MB", "foreign CPU"), rows


def crowd(record: Record) -> Table:
    """A thousand volunteers at a given rate."""
    [row] = record["rows"]
    line = (
        *(f"{row['volunteers']:,}", row["encoding"], f"{record['rate']:g}", f"{row['updates_per_second']:.0f}"),
        *(f"{row['server_cpu_ms_per_update']:.2f}", f"{row['lease_p50_ms']:.0f}", f"{row['lease_p99_ms']:.0f}"),
        *(f"{row['server_rss_mb']:.0f}", f"{row['server_rss_budget_mb']:.0f}"),
    )
    columns = ("volunteers", "encoding", "updates/s offered", "merged", "server CPU ms/update")
    return (*columns, "lease p50 ms", "p99 ms", "server RSS MB", "allowed MB"), [line]


def peer(record: Record) -> Table:
    """What a merged update costs our server and Flower's, in turn."""
    rows = [
        (
            *(f"{row['params'] / 1e6:g} M", row["volunteers"]),
            *(f"{row[name]:.3g}" if row[name] < 1000 else f"{row[name]:,.0f}" for name in ("webnn_ms", "flower_ms")),
            *(f"{row['times_cheaper']:.1f}", f"{row['webnn_updates_per_second']:.3g}"),
            *(f"{row['flower_updates_per_second']:.3g}", percent(row["foreign_cpu_share"])),
        )
        for row in record["rows"]
    ]
    columns = ("parameters", "volunteers", "server CPU ms/update", f"Flower {record['flower']}", "times cheaper")
    return (*columns, "updates/s", "Flower", "foreign CPU"), rows


def idle(record: Record) -> Table:
    """How much of its time a volunteer waits, over slow networks."""
    records = [record, *(each for each in map(read, ("idle-weighted", "idle-large")) if each is not None)]
    rows = [
        (
            *(f"{each['latency'] * 1000:g} ms, {each['mbit']:g} Mbit/s", f"{each['params']:,}", f"`{each['merge']}`"),
            *(row["volunteers"], percent(row["worst"], 1)),
        )
        for each in records
        for row in each["rows"]
    ]
    return ("network", "numbers", "rule", "volunteers", "of its time the worst of them waits"), rows


def attacks(record: Record) -> Table:
    """What three liars of ten cost, and who is found and accused."""
    rows = []
    for row in record["rows"]:
        lied = row["liars found"] is not None
        last = row["last found, s"]
        cost = (row["loss, points"], row["allowed"], row["liars found"].replace("/", " of ")) if lied else ("", "", "")
        when = "" if last is None else f"{last:.2g}" if last < 10 else f"{last:.0f}"
        what, accuracy = row["attack"] if lied else "only honest work", row["accuracy"].replace("%", " %")
        rows.append((what, accuracy, *cost, when, f"{row['honest accused']} of {row['seeds'] * (7 if lied else 10)}"))
    columns = ("three of ten send", "accuracy", "points lost", "allowed", "liars found", "the last after, s")
    return (*columns, "honest accused"), rows


TABLES: Mapping[str, tuple[str, Callable[[Record], Table]]] = {
    "scaling": ("scaling", scaling),
    "free_batch": ("scaling", free_batch),
    "bound": ("scaling_bound", bound),
    "halves": ("scaling_bound", halves),
    "noise": ("noise_scale", noise),
    "bundled": ("scaling_bundled", bundled),
    "real": ("scaling_real", real),
    "merges": ("paper_merges", merges),
    "clients": ("paper_scaling", clients),
    "fitzgerald": ("paper_fitzgerald", fitzgerald),
    "downpour": ("paper_downpour", downpour),
    "synapse": ("paper_synapse", synapse),
    "late_joiners": ("late_joiners", late_joiners),
    "attacks": ("attacks", attacks),
    "load": ("load", load),
    "load_compiled": ("load-compiled", load),
    "peer": ("against_flower", peer),
    "idle": ("idle", idle),
    "thousand": ("load-thousand", crowd),
    "thousand_int8": ("load-thousand-int8", crowd),
}
"""By name: the benchmark whose result it shows, and what makes it."""


def filled(text: str) -> str:
    """Write every table of a page anew; one whose benchmark has no result says how to get it."""
    return BLOCK.sub(lambda found: f"{found[1]}{block(found[2])}{found[3]}", text)


def block(name: str) -> str:
    benchmark, make = TABLES[name]
    record = read(benchmark)
    if record is None:
        return f"No result is kept: run `benchmarks/{benchmark}.py`.\n"
    columns, rows = make(record)
    lines = [columns, ["---"] * len(columns), *rows]
    body = "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)
    return f"{body}\n{origin(record)}\n"


def origin(record: Record) -> str:
    """Say where a result comes from."""
    if "seeds" not in record:
        return f"({record['machine']}, commit {record['commit']}, {record['date']})"
    seeds = f"{record['seeds']} seed{'s' * (record['seeds'] > 1)}"
    return f"({'`--quick`, ' * record['quick']}{seeds}, commit {record['commit']}, {record['date']})"


def pages() -> list[Path]:
    return [page for page in sorted(DOCS.glob("*.md")) if "<!-- table " in page.read_text("utf-8")]


def main() -> None:
    for page in pages():
        before = page.read_text("utf-8")
        after = filled(before)
        if after != before:
            page.write_text(after, "utf-8")
            print(f"wrote {page.relative_to(HERE.parent)}")


if __name__ == "__main__":
    main()
