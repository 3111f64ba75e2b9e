"""`wnn worker URL`: a volunteer without a browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from webnn.cli import options
from webnn.cli.environment import option
from webnn.cli.exits import ExitCode


@click.command(
    "worker",
    short_help="Lend this machine to a run, without a browser.",
    epilog="Exit codes: 0 the run is over, 1 the worker broke, 2 bad input, 3 the server could not be reached, "
    "130 Ctrl-C.",
)
@click.argument("url")
@option("--count", type=click.IntRange(1, 256), default=1, show_default=True, help="Volunteers, each on one thread.")
@options.share_option
@option("--name", metavar="TEXT", help="What to call this machine on the run's page [default: what it is].")
@option("--code", metavar="TEXT", help="The code of the run, where it asks for one, or its password.")
@options.json_option
def command(*, url: str, count: int, share: float, name: str | None, code: str | None, json_lines: bool) -> int:
    """Train for the run at URL until it is over.

    URL is the address that the owner shares (http://host:8888/join/RUN), or the server's own where it has one run. A
    link that ends with #code=CODE brings the run's code along.
    """
    from webnn.evaluator.worker import run_workers

    ended = run_workers(url, count, share, json_printer() if json_lines else text_printer(count), name=name, code=code)
    if ended == ExitCode.INTERRUPTED:
        click.echo("Interrupted: the open lease was given back.", err=True)
    return ended


def json_printer() -> Callable[[int, Mapping[str, Any]], None]:
    """Print each event as it comes, with the worker's number."""
    import json

    return lambda number, event: click.echo(json.dumps({"worker": number, **event}))


def text_printer(count: int) -> Callable[[int, Mapping[str, Any]], None]:
    """Print what a person wants to know, once for each worker; errors go to stderr."""

    def tell(number: int, event: Mapping[str, Any]) -> None:
        words = in_words(event)
        if words is not None:
            failed = event["type"] in ("worker", "error") and event.get("state") != "started"
            click.echo(f"worker {number}: {words}" if count > 1 else words, err=failed)

    return tell


def in_words(event: Mapping[str, Any]) -> str | None:
    """Turn a session's event into a line for a person; None for what a person need not know."""
    match event:
        case {"type": "worker", "state": "started", "run": run, "base": base}:
            return f"joining {run} at {base}"
        case {"type": "worker" | "error", "message": message}:
            return str(message)
        case {"type": "connection", "state": "lost"}:
            return "connection lost; trying again"
        case {"type": "welcome", "run": {"name": name}, "num_weights": num_weights}:
            return f"joined {name} ({num_weights:,} weights)"
        case {"type": "backend", "name": name, "reason": reason}:
            return f"training on {name}: {reason}"
        case {"type": "outcome", "iterations": iterations, "outcome": outcome}:
            return f"{iterations} iterations {str(outcome).replace('_', ' ')}"
        case {"type": "waiting", "message": message}:
            return str(message)
        case {"type": "closed", "message": message}:
            return str(message)
    return None
