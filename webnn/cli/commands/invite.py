"""`wnn invite [RUN]`: codes that let volunteers into a run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from webnn.cli import options
from webnn.cli.target import Target

if TYPE_CHECKING:
    from webnn.core.shapes import InviteView


@click.command(
    "invite",
    short_help="Make a code that lets volunteers into a run.",
)
@options.run_argument
@click.option("--uses", type=click.IntRange(1), help="How many volunteers may come with it [default: any number].")
@click.option("--expires", metavar="SPAN", help="End by itself after 12h, 7d, 2w [default: never].")
@click.option("--code", help="A code of your own, as a password for the run [default: one is drawn].")
@click.option("--list", "listed", is_flag=True, help="List the run's codes, without the codes themselves.")
@click.option("--revoke", type=click.IntRange(1), metavar="NUMBER", help="End a code; who came with it may not again.")
@click.option("--open", "opened", is_flag=True, help="Forget all codes: everyone may come, as before the first.")
@options.target_options
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
    target: Target,
    json_lines: bool,
) -> None:
    """Make a code for RUN and print it, with a link that has it. From then on the run takes only those who have a code.

    RUN is a run's id or its beginning; by default the run that is live. A server that is live heeds all this at once.
    Codes are kept as hashes, so each is shown only when it is made. Volunteers type it on the join page, or follow the
    link; `wnn worker URL --code CODE` takes it too.
    """
    from webnn.cli.invitation import invitations
    from webnn.cli.spans import read_expiry

    if sum([listed, revoke is not None, opened]) > 1:
        raise click.UsageError("--list, --revoke and --open exclude each other.")
    seconds = read_expiry(expires)
    invites = invitations(target, run)
    if listed:
        _list(invites.all(), json_lines)
    elif revoke is not None:
        invites.end(revoke)
        told = {"run": invites.run, "revoked": revoke}
        click.echo(json.dumps(told) if json_lines else f"Code {revoke} has ended.")
    elif opened:
        invites.open()
        told = {"run": invites.run, "open": True}
        click.echo(json.dumps(told) if json_lines else f"{invites.run} asks for no code any more.")
    else:
        made = invites.add(code, uses, seconds)
        click.echo(json.dumps(made) if json_lines else "\n".join(filter(None, (made["code"], made["link"]))))


def _list(found: Sequence[InviteView], json_lines: bool) -> None:
    from webnn.cli.spans import moment

    if json_lines:
        for one in found:
            click.echo(json.dumps(one))
    elif not found:
        click.echo("The run has no codes.")
    else:
        rows = [
            (str(one["number"]), str(one["uses"] or "any"), moment(one["created"]), moment(one["expires"]))
            for one in found
        ]
        for line in options.columns([("number", "volunteers", "made", "ends"), *rows]):
            click.echo(line)
