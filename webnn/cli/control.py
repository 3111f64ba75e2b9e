"""Commands to a run that a process serves: found by its journal, asked over HTTP with the owner's token."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from webnn.core.errors import ERRORS, WebNNError
from webnn.core.words import did_you_mean
from webnn.server.resuming import FoundRun, find_runs
from webnn.store.journal import Journal

TIMEOUT_SECONDS = 120.0


def find_run(runs_dir: Path, run: str | None) -> FoundRun:
    """Find a run by its id or the beginning of it; None: the one that is live, or else the newest.

    Raises `WebNNError("unknown_name")`.
    """
    found = find_runs(runs_dir)
    if not found:
        raise WebNNError("unknown_name", f"There are no runs in {runs_dir}.")
    if run is None:
        live = [each for each in found if each.live]
        if len(live) > 1:
            names = ", ".join(each.id for each in live)
            raise WebNNError("unknown_name", f"Several runs are live; say which one: {names}.")
        return live[0] if live else found[-1]
    matches = [each for each in found if each.id == run] or [each for each in found if each.id.startswith(run)]
    if len(matches) != 1:
        ids = [each.id for each in found]
        hint = did_you_mean(run, ids) or f" There are: {', '.join(ids[-5:])}."
        raise WebNNError("unknown_name", f"There is no one run {run!r} in {runs_dir}.{hint}")
    return matches[0]


def command_run(runs_dir: Path, run: str | None, action: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Ask the process that serves a run for `action`; its answer, the run's status.

    Raises `WebNNError`: `not_running` where no process serves it, or what the server says.
    """
    found = find_run(runs_dir, run)
    journal = Journal.look(found.folder)
    url = cert = None
    if journal is not None:
        url, cert = journal.fact("url"), journal.fact("tls_cert")
        journal.close()
    if not found.live or url is None:
        how = f" `wnn train {found.name} --resume` goes on with it." if found.resumable else ""
        raise WebNNError("not_running", f"No process serves the run {found.id} ({found.state}).{how}")
    return _post(f"{url}/api/v1/runs/{found.id}/{action}", _token(runs_dir), body, cert)


def _token(runs_dir: Path) -> str:
    try:
        return (runs_dir / "owner-token").read_text("ascii").strip()
    except OSError as error:
        raise WebNNError("unauthorized", f"The owner's token cannot be read: {error}.") from error


def _post(url: str, token: str, body: dict[str, Any] | None, cert: str | None) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body or {}).encode(), headers, method="POST")
    context = None
    if cert is not None:  # the server's own certificate, which need not be for the address that we reach it by
        context = ssl.create_default_context(cafile=cert)
        context.check_hostname = False
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS, context=context) as response:
            answer: dict[str, Any] = json.load(response)
            return answer
    except urllib.error.HTTPError as error:
        raise _refusal(error) from error
    except (OSError, ValueError) as error:
        raise WebNNError("not_running", f"The server at {url} does not answer: {error}.") from error


def _refusal(error: urllib.error.HTTPError) -> WebNNError:
    try:
        told = json.load(error)["error"]
        code, message = told["code"], told["message"]
    except (ValueError, KeyError, TypeError):
        return WebNNError("internal", f"The server answers {error.code} {error.reason}.")
    return WebNNError(code if code in ERRORS else "internal", message)
