"""`wnn watch`: a dashboard in a terminal, lines elsewhere."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import click
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from webnn.cli.words import decimal, percent, status_rows, status_words, volunteer_words
from webnn.client import Client
from webnn.core.errors import WebNNError
from webnn.core.shapes import RunView, Volunteer
from webnn.core.states import RunState

T = TypeVar("T")
PATIENCE_SECONDS = 60.0
"""For so long a server that does not answer is asked again: it may be restarting."""

_LEVELS = "▁▂▃▄▅▆▇█"
_SHOWN_VOLUNTEERS, _SHOWN_EVENTS = 8, 8
_AWAY = frozenset({"not_running", "going_away"})


@dataclass(frozen=True, slots=True)
class Look:
    """A run at one moment. Of a run that does not go on there is only the status."""

    status: RunView
    curve: Sequence[float] = ()
    volunteers: Sequence[Volunteer] = ()
    events: Sequence[Sequence[Any]] = ()


def watch(
    client: Client,
    run: str,
    every_seconds: float,
    *,
    json_lines: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Show a run until it is over. Raises `WebNNError` where the server refuses, or is away for too long."""
    if json_lines or not sys.stdout.isatty():
        _watch_in_lines(client, run, every_seconds, json_lines, sleep)
        return
    with Live(console=Console(highlight=False), refresh_per_second=4) as display:
        while True:
            seen = _patiently(lambda: look(client, run), sleep)
            display.update(dashboard(seen), refresh=True)
            if RunState(seen.status["state"]).over:
                return
            sleep(every_seconds)


def look(client: Client, run: str) -> Look:
    """Ask for all that the dashboard shows."""
    status = client.run(run)
    points = client.metrics(run)["validation"]
    curve = [float(point[4] if point[4] is not None else -(point[3] or 0.0)) for point in points]
    if status["state"] in (RunState.QUEUED, RunState.CREATED):
        return Look(status, curve)
    try:
        return Look(status, curve, client.volunteers(run), client.events(run)["events"])
    except WebNNError as error:
        if error.code != "not_running":
            raise
        return Look(status, curve)  # over since long: its folder knows no volunteers


def dashboard(seen: Look) -> RenderableType:
    """A curve, the status, who takes part, and what happened last."""
    status = seen.status
    rows = Table.grid(padding=(0, 2))
    for name, words in status_rows(status):
        rows.add_row(Text(name, style="dim"), Text(words))
    parts: list[RenderableType] = [ProgressBar(total=1.0, completed=status["progress"], width=60), rows]
    if seen.curve:
        parts += [Text(), Text(sparkline(seen.curve, 60), style="green"), Text(curve_words(seen), style="dim")]
    here = [volunteer for volunteer in seen.volunteers if volunteer["here"]]
    if here:
        parts += [Text(), *(Text(volunteer_words(one)) for one in here[:_SHOWN_VOLUNTEERS])]
        if len(here) > _SHOWN_VOLUNTEERS:
            parts.append(Text(f"and {len(here) - _SHOWN_VOLUNTEERS} more", style="dim"))
    if seen.events:
        parts += [Text(), *(Text(event_words(event), style="dim") for event in seen.events[-_SHOWN_EVENTS:])]
    return Panel(Group(*parts), title=Text(status["id"]), border_style="green", expand=False)


def sparkline(values: Sequence[float], width: int) -> str:
    """A curve of at most `width` characters, from the lowest value to the highest."""
    step = max(1.0, len(values) / width)
    chosen = [values[min(len(values) - 1, int((place + 1) * step) - 1)] for place in range(min(width, len(values)))]
    low, high = min(chosen), max(chosen)
    scale = (len(_LEVELS) - 1) / (high - low) if high > low else 0.0
    return "".join(_LEVELS[round((value - low) * scale)] for value in chosen)


def curve_words(seen: Look) -> str:
    """What the curve shows, and between which values: accuracies, or losses, the lowest on top."""
    low, high = min(seen.curve), max(seen.curve)
    if seen.status["accuracy"] is None:
        return f"loss of each validation: {decimal(-low)} at the bottom, {decimal(-high)} on top"
    return f"accuracy of each validation, from {percent(low)} to {percent(high)}"


def event_words(event: Sequence[Any]) -> str:
    """[seconds, kind, sentence] as a line."""
    return f"{float(event[0]):8.1f} s  {event[2]}"


def _watch_in_lines(
    client: Client, run: str, every_seconds: float, json_lines: bool, sleep: Callable[[float], None]
) -> None:
    known = 0
    last = ""
    while True:
        status = _patiently(lambda: client.run(run), sleep)
        if json_lines:
            click.echo(json.dumps(status))
        else:
            known = _print_events(client, run, known)
            words = _line(status)
            if words != last:
                click.echo(words)
            last = words
        sys.stdout.flush()
        if RunState(status["state"]).over:
            return
        sleep(every_seconds)


def _print_events(client: Client, run: str, known: int) -> int:
    try:
        found = client.events(run, known)
    except WebNNError:
        return known  # it waits, is being prepared, or is over since long
    for event in found["events"]:
        click.echo(event_words(event))
    return found["count"]


def _line(status: Mapping[str, Any]) -> str:
    state = RunState(status["state"])
    if state in (RunState.QUEUED, RunState.CREATED) or state.over:
        return f"{state}: {status['reason'] or 'no reason given'}, accuracy {percent(status['accuracy'])}"
    return status_words(status)


def _patiently(ask: Callable[[], T], sleep: Callable[[float], None]) -> T:
    """Ask again for a while where the server is away."""
    waited = 0.0
    while True:
        try:
            return ask()
        except WebNNError as error:
            if error.code not in _AWAY or waited >= PATIENCE_SECONDS:
                raise
        sleep(2.0)
        waited += 2.0
