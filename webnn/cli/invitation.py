"""Which run somebody is invited to, and by which link."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from webnn.cli.remote import find_run, one_of
from webnn.server.resuming import find_runs
from webnn.server.tickets import read_place, read_tickets
from webnn.store.journal import Journal


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
