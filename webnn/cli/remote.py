"""Which server and which run a command is about: one that was named, or the live one of a runs folder."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from webnn.cli.target import Target
from webnn.client import Client
from webnn.core.errors import WebNNError
from webnn.core.shapes import RunView
from webnn.core.states import RunState
from webnn.core.words import did_you_mean
from webnn.model.definition import load_model
from webnn.server.resuming import FoundRun, find_runs
from webnn.server.tickets import read_place
from webnn.store.journal import Journal

Answer = TypeVar("Answer")
RETRY_SECONDS, PATIENCE_SECONDS = 0.5, 60.0
GOING = frozenset({RunState.RUNNING, RunState.PAUSED})


def connect(target: Target) -> Client:
    """A client of the server that was named, or of the one that has the runs folder. Raises `WebNNError`."""
    if target.server is not None:
        return Client(target.server, target.token, cert=target.ca)
    place = read_place(target.runs_dir)
    if place is None:
        words = f"No server of many runs has {target.runs_dir}: begin one with `wnn serve`, or name one with --server."
        raise WebNNError("not_running", words)
    return _local(target, place["url"], place.get("tls_cert"))


def connect_to_run(target: Target, run: str | None, *, by_model: bool = False) -> tuple[Client, str]:
    """A client and the id of the run that `run` (an id, its beginning, or None) means. Raises `WebNNError`.

    With none named it is the one that goes on, or else the newest of a runs folder; `by_model`: a model's name means
    the newest run of it at a server.
    """
    if target.server is not None or read_place(target.runs_dir) is not None:
        client = connect(target)
        return client, choose(client.runs(), run, client.url, by_model=by_model)
    found = find_run(target.runs_dir, run)
    journal = Journal.look(found.folder)
    url = cert = None
    if journal is not None:
        url, cert = journal.fact("url"), journal.fact("tls_cert")
        journal.close()
    if not found.live or url is None:
        how = f" `wnn train {found.name} --resume` goes on with it." if found.resumable else ""
        raise WebNNError("not_running", f"No process serves the run {found.id} ({found.state}).{how}")
    return _local(target, url, cert), found.id


def model_to_send(name: str) -> str | dict[str, Any]:
    """The name of a server's model, or the definition in a file here, which is sent, with the topology that it names.

    Raises `WebNNError`.
    """
    if not (name.endswith(".json") and Path(name).is_file()):
        return name
    definition = load_model(name, ())
    return {**definition.raw, **({} if definition.topology is None else {"topology": definition.topology})}


def is_served(target: Target) -> bool:
    """Whether a server of many runs is to be asked: one that was named, or the live one of the runs folder."""
    return target.server is not None or read_place(target.runs_dir) is not None


def say_waiting(status: RunView, *, json_lines: bool) -> None:
    """Print that a new run waits, and where."""
    place = "" if status["order"] is None else f", {status['order']} before it"
    click.echo(json.dumps(status) if json_lines else f"{status['id']} is {status['state']}{place}.")


def patiently(ask: Callable[[], Answer]) -> Answer:
    """Ask a server for what it does for one at a time; again after a while where it is busy with another's."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return ask()
        except WebNNError as error:
            if error.code != "too_many" or time.monotonic() > until:
                raise
            time.sleep(RETRY_SECONDS)


def say_state(status: RunView, *, json_lines: bool) -> None:
    """Print how a run stands now."""
    click.echo(json.dumps(status) if json_lines else f"The run {status['id']} is {status['state']}.")


def choose(runs: Sequence[RunView], run: str | None, place: str, *, by_model: bool = False) -> str:
    """The run that is meant of those that a server lists. Raises `WebNNError("unknown_name")`."""
    newest = max((each["id"] for each in runs if by_model and each["name"] == run), default=None)
    if newest is not None:
        return newest  # ids of a model's runs begin alike, and go on with the time
    if run is not None:
        return one_of([each["id"] for each in runs], run, place)
    going = [each["id"] for each in runs if RunState(each["state"]) in GOING]
    if len(going) == 1:
        return going[0]
    if not runs:
        raise WebNNError("unknown_name", f"There are no runs at {place}.")
    if len(runs) == 1:
        return runs[0]["id"]
    names = ", ".join(going or [each["id"] for each in runs][-5:])
    raise WebNNError("unknown_name", f"Say which run is meant: {names}.")


def one_of(ids: Sequence[str], run: str, place: str) -> str:
    """The one id that is `run`, or begins with it. Raises `WebNNError("unknown_name")` with the nearest."""
    matches = [each for each in ids if each == run] or [each for each in ids if each.startswith(run)]
    if len(matches) > 1:
        names = ", ".join(matches[-5:])
        raise WebNNError("unknown_name", f'Several runs begin with "{run}": {names}. Write more of the one you mean.')
    if not matches:
        hint = did_you_mean(run, ids) if ids else " There are none."
        raise WebNNError("unknown_name", f'There is no run "{run}" {"at" if "://" in place else "in"} {place}.{hint}')
    return matches[0]


def find_run(runs_dir: Path, run: str | None) -> FoundRun:
    """Find a run of a runs folder; None: the one that is live, or else the newest. Raises `unknown_name`."""
    found = find_runs(runs_dir)
    if not found:
        raise WebNNError("unknown_name", f"There are no runs in {runs_dir}.")
    if run is None:
        live = [each for each in found if each.live]
        if len(live) > 1:
            names = ", ".join(each.id for each in live)
            raise WebNNError("unknown_name", f"Several runs are live; say which one: {names}.")
        return live[0] if live else found[-1]
    chosen = one_of([each.id for each in found], run, str(runs_dir))
    return next(each for each in found if each.id == chosen)


def own_token(runs_dir: Path) -> str | None:
    """The owner's token of a runs folder, None where there is none to read."""
    try:
        return (runs_dir / "owner-token").read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None


def _local(target: Target, url: str, cert: str | None) -> Client:
    token = target.token or own_token(target.runs_dir)
    if token is None:
        raise WebNNError("unauthorized", f"The owner's token cannot be read from {target.runs_dir / 'owner-token'}.")
    # the server's own certificate, which need not be for the address that we reach it by
    return Client(url, token, cert=None if cert is None else Path(cert), any_name=True)
