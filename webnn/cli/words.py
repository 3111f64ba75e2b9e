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
