"""`wnn token`: the owner's tokens."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from webnn.cli import options
from webnn.cli.examples import examples_of
from webnn.cli.target import Target
from webnn.core.shapes import TokenView

if TYPE_CHECKING:
    from webnn.client import Client
    from webnn.server.tokens import Tokens

SCOPES = ("watch", "control", "admin")

same_options: Callable[[Any], Any] = options.together(
    click.option("--runs-dir", type=options.DIRECTORY, help="Folder of the runs [default: that of `wnn token`]."),
    options.elsewhere_options,
    options.json_option,
)
expires_option = click.option("--expires", metavar="SPAN", help="End by itself after 12h, 7d, 2w [default: never].")
name_argument = click.argument("name")


@dataclass(frozen=True, slots=True)
class Given:
    """What was said before the name of a command of `wnn token`."""

    runs_dir: Path
    json_lines: bool


@click.group(
    "token",
    short_help="Show the owner's token, or make others.",
    invoke_without_command=True,
)
@click.option("--rotate", is_flag=True, help="Make another token; the one before is worth nothing any more.")
@options.runs_dir_option
@options.json_option
@click.pass_context
def command(context: click.Context, *, rotate: bool, runs_dir: Path, json_lines: bool) -> None:
    """Print the owner's first token of a runs folder, which is made where there is none. Whoever has it can do
    everything.

    Other tokens have a name and a scope: "watch" downloads results, "control" also changes runs that are there, "admin"
    also makes and removes runs, and tokens. A server that is live heeds a change at once. Named tokens are kept as
    hashes, so each is shown only when it is made. With --server, after the command, they are those of that server.
    """
    context.obj = Given(runs_dir, json_lines)
    if context.invoked_subcommand is None:
        tokens = _tokens(runs_dir)
        _tell(tokens.rotate_first() if rotate else tokens.first, json_lines)
    elif rotate:
        raise click.UsageError(f"--rotate is for `wnn token` alone, not for `wnn token {context.invoked_subcommand}`.")


@command.command("new", short_help="Make a token with a name and a scope.", epilog=examples_of("token new"))
@name_argument
@click.option("--scope", type=click.Choice(SCOPES), default="control", show_default=True, help="What it allows.")
@expires_option
@same_options
@click.pass_obj
def new(
    given: Given,
    *,
    name: str,
    scope: Any,
    expires: str | None,
    runs_dir: Path | None,
    elsewhere: Target | None,
    json_lines: bool,
) -> None:
    """Make a token called NAME and print it: nobody can read it later."""
    from webnn.cli.spans import read_expiry

    seconds = read_expiry(expires)
    if elsewhere is None:
        token = _tokens(runs_dir or given.runs_dir).add(name, scope, seconds)
    else:
        token = _client(elsewhere).new_token(name, scope, seconds)["token"]
    _tell(token, json_lines or given.json_lines, name=name, scope=scope)


@command.command("rotate", short_help="Put a new token in a token's place.", epilog=examples_of("token rotate"))
@name_argument
@expires_option
@same_options
@click.pass_obj
def rotate(
    given: Given,
    *,
    name: str,
    expires: str | None,
    runs_dir: Path | None,
    elsewhere: Target | None,
    json_lines: bool,
) -> None:
    """Make another token of the name and scope of NAME, which is worth nothing any more. --expires counts anew."""
    from webnn.cli.spans import read_expiry

    seconds = read_expiry(expires)
    if elsewhere is None:
        token = _tokens(runs_dir or given.runs_dir).rotate(name, seconds)
    else:
        token = _client(elsewhere).rotate_token(name, seconds)["token"]
    _tell(token, json_lines or given.json_lines, name=name)


@command.command("revoke", short_help="End a token.", epilog=examples_of("token revoke"))
@name_argument
@same_options
@click.pass_obj
def revoke(given: Given, *, name: str, runs_dir: Path | None, elsewhere: Target | None, json_lines: bool) -> None:
    """End the token NAME, at once."""
    if elsewhere is None:
        _tokens(runs_dir or given.runs_dir).revoke(name)
    else:
        _client(elsewhere).end_token(name)
    said = json_lines or given.json_lines
    click.echo(json.dumps({"revoked": name}) if said else f'The token "{name}" has ended.')


@command.command("list", short_help="List the named tokens.", epilog=examples_of("token list"))
@same_options
@click.pass_obj
def list_tokens(given: Given, *, runs_dir: Path | None, elsewhere: Target | None, json_lines: bool) -> None:
    """List the named tokens, without the tokens themselves. The owner's first token is not among them."""
    if elsewhere is None:
        kept = _tokens(runs_dir or given.runs_dir).all()
        found = [
            TokenView(name=one.name, scope=one.scope.value, created=one.created, expires=one.expires) for one in kept
        ]
    else:
        found = _client(elsewhere).tokens()
    if json_lines or given.json_lines:
        for entry in found:
            click.echo(json.dumps(entry))
        return
    for line in _table(found):
        click.echo(line)


def _client(elsewhere: Target) -> Client:
    from webnn.cli.remote import connect

    return connect(elsewhere)


def _tokens(runs_dir: Path) -> Tokens:
    from webnn.server.run_folder import check_runs_dir
    from webnn.server.tokens import Tokens

    check_runs_dir(runs_dir)
    return Tokens(runs_dir)


def _tell(token: str, json_lines: bool, **more: str) -> None:
    click.echo(json.dumps({"token": token, **more}) if json_lines else token)


def _table(found: Sequence[TokenView]) -> list[str]:
    from webnn.cli.spans import moment

    if not found:
        return ["There are no tokens but the owner's first."]
    rows = [(entry["name"], entry["scope"], moment(entry["created"]), moment(entry["expires"])) for entry in found]
    return options.columns([("name", "scope", "made", "ends"), *rows])
