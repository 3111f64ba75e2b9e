"""Numbers as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from webnn.core.words import count

MINUTE, HOUR = 60, 3600


def percent(fraction: float | None) -> str:
    """0.9812 -> "98.1 %"; None -> "-"."""
    return "-" if fraction is None else f"{100 * fraction:.1f} %"


def decimal(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def duration(seconds: float | None) -> str:
    """75 -> "1 min 15 s"; None -> "?"."""
    if seconds is None:
        return "?"
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE} s"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE} min"


def size(num_bytes: float) -> str:
    """123456 -> "123.5 kB"."""
    value = float(num_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def status_words(status: Mapping[str, Any]) -> str:
    """The live line: progress, accuracy, volunteers, examples a second, time left. `status` as in docs/protocol.md."""
    if status["volunteers"] == 0:
        return "waiting for volunteers"
    parts = [f"{100 * status['progress']:.0f} %"]
    if status["accuracy"] is not None:
        parts.append(f"accuracy {percent(status['accuracy'])}")
    elif status["loss"] is not None:
        parts.append(f"loss {decimal(status['loss'])}")
    parts.append(count(status["volunteers"], "volunteer"))
    parts.append(f"{status['examples_per_second']:,.0f} examples/s")
    if status["seconds_left"] is not None:
        parts.append(f"{duration(status['seconds_left'])} left")
    if status["state"] != "running":
        parts.append(str(status["state"]))
    return ", ".join(parts)


def status_rows(status: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A status in words, a row a subject."""
    state = str(status["state"]) + (f": {status['reason']}" if status["reason"] else "")
    place = "" if status.get("order") is None else f" ({count(status['order'], 'run')} before it)"
    measured = f"{percent(status['accuracy'])}, loss {decimal(status['loss'])}, best {percent(status['best_accuracy'])}"
    left = "" if status["seconds_left"] is None else f", {duration(status['seconds_left'])} left"
    return [
        ("run", f"{status['id']} ({status['name']} on {status['dataset']})"),
        ("state", f"{state}{place}"),
        ("progress", f"{100 * status['progress']:.0f} %, {duration(status['seconds'])} so far{left}"),
        ("accuracy", measured),
        (
            "done",
            f"{count(status['iterations'], 'iteration')}, {status['epochs']:.1f} epochs, version {status['version']}",
        ),
        ("speed", f"{status['examples_per_second']:,.0f} examples/s, staleness {status['staleness']:.1f}"),
        ("volunteers", f"{status['volunteers']} now, {status['volunteers_total']} in all"),
        ("traffic", f"{size(status['bytes_in'])} in, {size(status['bytes_out'])} out"),
    ]


def volunteer_words(volunteer: Mapping[str, Any]) -> str:
    """One volunteer in a line."""
    speed = volunteer["iterations_per_second"]
    parts = [
        str(volunteer["label"]).ljust(4),
        "here" if volunteer["here"] else "gone",
        str(volunteer["device"] or "a device"),
        *([str(volunteer["backend"])] if volunteer["backend"] else []),
        *([f"{speed:.1f} iterations/s"] if speed else []),
        count(volunteer["examples"], "example"),
        str(volunteer["standing"]),
    ]
    return f"{parts[0]} {', '.join(parts[1:])}"
