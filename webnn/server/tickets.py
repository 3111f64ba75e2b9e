"""What was asked for: runs that wait, each in a folder of its own, and their order, kept across every kind of end."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from webnn.core.errors import WebNNError
from webnn.core.queue import Queue
from webnn.core.states import RunState
from webnn.model.definition import ModelDefinition, parse_again
from webnn.server.run_folder import make_run_folder
from webnn.store.durable import write_durably
from webnn.store.lock import is_live

QUEUE_FILE = "queue.json"
PLACE_FILE = "server.json"
TICKET_FILE = "ticket.json"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A run that was asked for and has not begun. One that could not, or was taken back, is over: `reason` says why."""

    folder: Path
    definition: ModelDefinition
    seed: int
    state: RunState = RunState.QUEUED
    reason: str | None = None

    @property
    def id(self) -> str:
        return self.folder.name


def write_ticket(runs_dir: Path, definition: ModelDefinition, seed: int) -> Ticket:
    """Make a folder for a run that is to wait. Blocks; raises `WebNNError("settings")` where that is not possible."""
    ticket = Ticket(make_run_folder(runs_dir, definition.name, datetime.now(UTC)), definition, seed)
    keep_ticket(ticket)
    return ticket


def keep_ticket(ticket: Ticket) -> None:
    """Write a ticket to its folder. Blocks."""
    path = ticket.definition.path
    _write(
        ticket.folder / TICKET_FILE,
        {
            "name": ticket.definition.name,
            "model": ticket.definition.raw,
            "model_file": None if path is None else str(path.resolve()),
            "seed": ticket.seed,
            "state": ticket.state,
            "reason": ticket.reason,
        },
    )


def read_ticket(folder: Path) -> Ticket | None:
    """Read a run that was asked for and never began; None where that is no such folder, or damaged. Blocks."""
    if (folder / "config.json").exists():
        return None
    try:
        told: Mapping[str, Any] = json.loads((folder / TICKET_FILE).read_text("utf-8"))
        file = None if told["model_file"] is None else Path(told["model_file"])
        path = file if file is not None and file.is_file() else None
        definition = parse_again(told["model"], str(folder / TICKET_FILE), path)
        return Ticket(folder, definition, int(told["seed"]), RunState(told["state"]), told["reason"])
    except (OSError, ValueError, KeyError, TypeError, WebNNError):
        return None


def read_tickets(runs_dir: Path) -> list[Ticket]:
    """Read all runs that were asked for and never began, oldest first. Blocks."""
    found = [read_ticket(path.parent) for path in sorted(runs_dir.glob(f"*/{TICKET_FILE}"), key=_age)]
    return [ticket for ticket in found if ticket is not None]


def remove_run(folder: Path) -> None:
    """Remove a run's folder and all that is in it. Blocks."""
    shutil.rmtree(folder)


def keep_queue(runs_dir: Path, queue: Queue, bound: set[str]) -> None:
    """Write down the order of the runs, and which are bound, so that it outlives a power cut. Blocks."""
    _write(runs_dir / QUEUE_FILE, {"running": queue.running, "waiting": queue.waiting, "bound": sorted(bound)})


def read_queue(runs_dir: Path) -> tuple[list[str], list[str], set[str]]:
    """Read the runs that went on, those that waited in their order, and those that are bound; empty where unreadable.

    Blocks.
    """
    try:
        told = json.loads((runs_dir / QUEUE_FILE).read_text("utf-8"))
        return (
            [str(run) for run in told["running"]],
            [str(run) for run in told["waiting"]],
            set(map(str, told["bound"])),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return [], [], set()


def keep_place(runs_dir: Path, place: Mapping[str, Any]) -> None:
    """Write down where the server of a runs folder answers. Blocks."""
    _write(runs_dir / PLACE_FILE, place)


def read_place(runs_dir: Path) -> Mapping[str, Any] | None:
    """Where the server of a runs folder answers: `url`, `port`, `pid`, `tls_cert`. None where none is live. Blocks."""
    if not is_live(runs_dir):
        return None
    try:
        place: Mapping[str, Any] = json.loads((runs_dir / PLACE_FILE).read_text("utf-8"))
        return place if isinstance(place.get("url"), str) else None
    except (OSError, ValueError, AttributeError):
        return None


def _age(path: Path) -> tuple[float, str]:
    return path.stat().st_mtime, path.parent.name


def _write(path: Path, value: Mapping[str, Any]) -> None:
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n"
    write_durably(path, lambda temporary: _fill(temporary, text))


def _fill(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
