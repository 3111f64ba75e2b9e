"""Whether `wnn train NAME` begins a run or goes on with one that was interrupted."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable

import click

from webnn.cli.settings import TrainSettings
from webnn.core.errors import WebNNError
from webnn.server.listening import bind_socket
from webnn.server.resuming import UNREADABLE, FoundRun, find_runs


def choose_run(settings: TrainSettings, model: str, tell: Callable[[str], None]) -> FoundRun | None:
    """Find the run of `model` to go on with; None: begin one. `tell` gets what the person should know.

    With `--resume` it is the newest, unless that is finished: so the same command can be given again and again. Without
    it a person at a terminal is asked about an interrupted one, and anyone else is told. Raises `WebNNError`:
    `run_in_use`, or `invalid_checkpoint` where what the run did cannot be read any more.
    """
    found = [run for run in find_runs(settings.runs_dir) if run.name == model]
    newest = found[-1] if found else None
    if newest is None:
        return None
    if settings.resume:
        if newest.live:
            raise WebNNError("run_in_use", f"The run {newest.id} is being served already.")
        if newest.state == UNREADABLE:
            words = f"The run {newest.id} cannot be gone on with: its journal is damaged ({newest.reason})."
            raise WebNNError("invalid_checkpoint", f"{words} Without --resume, another run begins.")
        return newest if newest.resumable else None
    if not newest.interrupted:
        return None
    words = f"The run {newest.id} was interrupted after {newest.iterations:,} iterations"
    if not settings.json_lines and sys.stdin.isatty():
        return newest if click.confirm(f"{words}. Go on with it?", default=True, err=True) else None
    tell(f"{words}; `--resume` goes on with it instead of beginning another")
    return None


def bind(settings: TrainSettings, resumed: FoundRun | None) -> socket.socket:
    """Bind the port that was asked for; where any would do, that of the run before, which its volunteers know."""
    if settings.port == 0 and resumed is not None and resumed.port is not None:
        try:
            return bind_socket(settings.listen_host, resumed.port)
        except WebNNError:
            pass
    return bind_socket(settings.listen_host, settings.port)
