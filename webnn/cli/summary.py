"""The words at the start and at the end of a run, the same for a terminal and for a file."""

from __future__ import annotations

from webnn.cli.happenings import Finished, Listening
from webnn.cli.words import decimal, duration, percent
from webnn.core.words import count


def listening_lines(listening: Listening) -> list[str]:
    """Where volunteers join; the first line is the one that matters."""
    return [f"Volunteers join at  {listening.join_url}", f"Watch the run at    {listening.watch_url}", *listening.notes]


def summary_lines(finished: Finished) -> list[str]:
    """How the run ended, what it reached and cost, and where its files are."""
    verb = {"finished": "Finished", "failed": "Failed", "stopped": "Stopped"}.get(finished.state, finished.state)
    lines = [f"{verb}: {finished.reason}"]
    reached = []
    if finished.accuracy is not None:
        reached.append(f"accuracy {percent(finished.accuracy)}")
    if finished.loss is not None:
        reached.append(f"loss {decimal(finished.loss)}")
    if reached:
        lines.append(f"Validation: {', '.join(reached)}")
    lines.append(
        f"{count(finished.iterations, 'iteration')} in {count(finished.merges, 'merge')} "
        f"by {count(finished.volunteers, 'volunteer')}, {duration(finished.seconds)}"
    )
    width = max((len(label) for label, _ in finished.files), default=0)
    lines += [f"{label.ljust(width)}  {path}" for label, path in finished.files]
    return lines
