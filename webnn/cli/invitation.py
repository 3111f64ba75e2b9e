"""The codes of a run: those of a runs folder here, or those that a server elsewhere keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from webnn.cli.remote import connect_to_run, find_run, one_of
from webnn.cli.target import Target
from webnn.client import Client
from webnn.core.shapes import InviteView
from webnn.server.invites import Invites
from webnn.server.resuming import find_runs
from webnn.server.tickets import read_place, read_tickets
from webnn.store.journal import Journal


class Invitations(Protocol):
    """The codes of one run."""

    run: str

    def all(self) -> list[InviteView]:
        """List them, without the codes themselves."""

    def add(self, code: str | None, uses: int | None, seconds: float | None) -> dict[str, Any]:
        """Make one: `run`, `number`, `code` and `link`, which is None where no server is known."""

    def end(self, number: int) -> None:
        """End one."""

    def open(self) -> None:
        """Forget all."""


def invitations(target: Target, run: str | None) -> Invitations:
    """The codes of a run of the server that was named, or else of the runs folder. Raises `WebNNError`."""
    if target.server is not None:
        return _There(*connect_to_run(target, run))
    return _Here(target.runs_dir, find_run_to_join(target.runs_dir, run))


class _There:
    def __init__(self, client: Client, run: str) -> None:
        self.run = run
        self._client = client

    def all(self) -> list[InviteView]:
        return self._client.invites(self.run)

    def add(self, code: str | None, uses: int | None, seconds: float | None) -> dict[str, Any]:
        return dict(self._client.invite(self.run, code, uses=uses, seconds=seconds))

    def end(self, number: int) -> None:
        self._client.end_invite(self.run, number)

    def open(self) -> None:
        self._client.open_run(self.run)


class _Here:
    def __init__(self, runs_dir: Path, run: str) -> None:
        self.run = run
        self._runs_dir = runs_dir
        self._invites = Invites(runs_dir)

    def all(self) -> list[InviteView]:
        found = self._invites.of(self.run)
        return [InviteView(number=one.number, created=one.created, expires=one.expires, uses=one.uses) for one in found]

    def add(self, code: str | None, uses: int | None, seconds: float | None) -> dict[str, Any]:
        made = self._invites.add(self.run, code, uses=uses, seconds=seconds)
        number = self._invites.of(self.run)[-1].number
        return {"run": self.run, "number": number, "code": made, "link": link_of(self._runs_dir, self.run, made)}

    def end(self, number: int) -> None:
        self._invites.revoke(self.run, number)

    def open(self) -> None:
        self._invites.open(self.run)


def find_run_to_join(runs_dir: Path, run: str | None) -> str:
    """The id of a run of a runs folder, which may still wait for its turn; None: the live one, or the newest.

    Raises `WebNNError("unknown_name")`.
    """
    if run is None:
        return find_run(runs_dir, None).id
    ids = [found.id for found in find_runs(runs_dir)] + [ticket.id for ticket in read_tickets(runs_dir)]
    return one_of(ids, run, str(runs_dir))


def link_of(runs_dir: Path, run: str, code: str) -> str | None:
    """The link to a run's page with a code in its fragment, which no browser sends; None where no server is known."""
    journal = Journal.look(runs_dir / run)
    page = None
    if journal is not None:
        page = journal.fact("join_url")
        journal.close()
    place = read_place(runs_dir)
    if page is None and place is not None:
        page = f"{place['url']}/join/{quote(run, safe='')}"
    return None if page is None else f"{page}#code={quote(code, safe='')}"
