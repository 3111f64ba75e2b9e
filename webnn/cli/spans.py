"""Spans of time as a person writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from webnn.core.errors import WebNNError

_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def read_age(text: str, what: str = "An age") -> timedelta:
    """Read "12h", "30d" or "2w". Raises `WebNNError("settings")`, which says `what` is such a span."""
    found = _SPAN.fullmatch(text.strip().lower())
    if found is None:
        message = f'{what} is a number of hours, days or weeks, as in 12h, 30d or 2w, not "{text}".'
        raise WebNNError("settings", message)
    try:
        return float(found[1]) * _UNITS[found[2]]
    except OverflowError as error:
        raise WebNNError("settings", f"{text} is longer than there have been runs.") from error


def read_expiry(text: str | None) -> float | None:
    """Read after how many seconds something ends; None for never. Raises `WebNNError("settings")`."""
    return None if text is None else read_age(text, "What --expires says").total_seconds()


def moment(seconds: float | None) -> str:
    """A time (seconds since 1970) to the minute, in UTC; "never" for None."""
    if seconds is None:
        return "never"
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
