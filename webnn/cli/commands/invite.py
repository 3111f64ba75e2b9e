"""`wnn invite [RUN]`: codes that let volunteers into a run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from webnn.cli import options

if TYPE_CHECKING:
    from webnn.server.invites import Invite


@click.command(
    "invite",
    short_help="Make a code that lets volunteers into a run.",
    epilog="Example: wnn invite --uses 30 --expires 2d; wnn invite --list; wnn invite --revoke 1",
)
@options.run_argument
@click.option("--uses", type=click.IntRange(1), help="How many volunteers may come with it [default: any number].")
@click.option("--expires", metavar="SPAN", help="End by itself after 12h, 7d, 2w [default: never].")
@click.option("--code", help="A code of your own, as a password for the run [default: one is drawn].")
@click.option("--list", "listed", is_flag=True, help="List the run's codes, without the codes themselves.")
@click.option("--revoke", type=click.IntRange(1), metavar="NUMBER", help="End a code; who came with it may not again.")
@click.option("--open", "opened", is_flag=True, help="Forget all codes: everyone may come, as before the first.")
@options.runs_dir_option
@options.json_option
def command(
    *,
    run: str | None,
    uses: int | None,
    expires: str | None,
    code: str | None,
    listed: bool,
    revoke: int | None,
    opened: bool,
    runs_dir: Path,
    json_lines: bool,
) -> None:
    """Make a code for RUN and print it, with a link that has it. From then on the run takes only those who have a code.

    RUN is a run's id or its beginning; by default the run that is live. A server that is live heeds all this at once.
    Codes are kept as hashes, so each is shown only when it is made. Volunteers type it on the join page, or follow the
    link; `wnn worker URL --code CODE` takes it too.
    """
    from webnn.cli.invitation import find_run_to_join, link_of
    from webnn.cli.spans import read_expiry
    from webnn.server.invites import Invites

    if sum([listed, revoke is not None, opened]) > 1:
        raise click.UsageError("--list, --revoke and --open exclude each other.")
    found = find_run_to_join(runs_dir, run)
    invites = Invites(runs_dir)
    if listed:
        _list(invites.of(found), json_lines)
    elif revoke is not None:
        invites.revoke(found, revoke)
        click.echo(json.dumps({"run": found, "revoked": revoke}) if json_lines else f"Code {revoke} has ended.")
    elif opened:
        invites.open(found)
        click.echo(json.dumps({"run": found, "open": True}) if json_lines else f"{found} asks for no code any more.")
    else:
        made = invites.add(found, code, uses=uses, seconds=read_expiry(expires))
        link = link_of(runs_dir, found, made)
        told = {"run": found, "number": invites.of(found)[-1].number, "code": made, "link": link}
        click.echo(json.dumps(told) if json_lines else "\n".join(filter(None, (made, link))))


def _list(found: Sequence[Invite], json_lines: bool) -> None:
    from webnn.cli.spans import moment

    if json_lines:
        for one in found:
            told = {"number": one.number, "created": one.created, "expires": one.expires, "uses": one.uses}
            click.echo(json.dumps(told))
    elif not found:
        click.echo("The run has no codes.")
    else:
        rows = [(str(one.number), str(one.uses or "any"), moment(one.created), moment(one.expires)) for one in found]
        for line in options.columns([("number", "volunteers", "made", "ends"), *rows]):
            click.echo(line)
