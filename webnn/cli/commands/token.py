"""`wnn token`: the owner's tokens."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from webnn.cli import options

if TYPE_CHECKING:
    from webnn.server.tokens import TokenEntry, Tokens

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
SCOPES = ("watch", "control", "admin")

same_options: Callable[[Any], Any] = options.together(
    click.option("--runs-dir", type=options.DIRECTORY, help="Folder of the runs [default: that of `wnn token`]."),
    options.json_option,
)
expires_option = click.option("--expires", metavar="SPAN", help="End by itself after 12h, 7d, 2w [default: never].")
name_argument = click.argument("name")


@click.group(
    "token",
    short_help="Show the owner's token, or make others.",
    epilog="Example: wnn token new helper --scope control --expires 7d; wnn token list; wnn token revoke helper",
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
    also makes and removes runs. A server that is live heeds a change at once. Named tokens are kept as hashes, so each
    is shown only when it is made.
    """
    context.obj = (runs_dir, json_lines)
    if context.invoked_subcommand is None:
        tokens = _tokens(runs_dir)
        _tell(tokens.rotate_first() if rotate else tokens.first, json_lines)
    elif rotate:
        raise click.UsageError(f"--rotate is for `wnn token` alone, not for `wnn token {context.invoked_subcommand}`.")


@command.command("new", short_help="Make a token with a name and a scope.", epilog="Example: wnn token new helper")
@name_argument
@click.option("--scope", type=click.Choice(SCOPES), default="control", show_default=True, help="What it allows.")
@expires_option
@same_options
@click.pass_obj
def new(
    given: tuple[Path, bool], *, name: str, scope: str, expires: str | None, runs_dir: Path | None, json_lines: bool
) -> None:
    """Make a token called NAME and print it: nobody can read it later."""
    from webnn.cli.spans import read_expiry

    token = _tokens(runs_dir or given[0]).add(name, scope, read_expiry(expires))
    _tell(token, json_lines or given[1], name=name, scope=scope)


@command.command("rotate", short_help="Put a new token in a token's place.", epilog="Example: wnn token rotate helper")
@name_argument
@expires_option
@same_options
@click.pass_obj
def rotate(
    given: tuple[Path, bool], *, name: str, expires: str | None, runs_dir: Path | None, json_lines: bool
) -> None:
    """Make another token of the name and scope of NAME, which is worth nothing any more. --expires counts anew."""
    from webnn.cli.spans import read_expiry

    _tell(_tokens(runs_dir or given[0]).rotate(name, read_expiry(expires)), json_lines or given[1], name=name)


@command.command("revoke", short_help="End a token.", epilog="Example: wnn token revoke helper")
@name_argument
@same_options
@click.pass_obj
def revoke(given: tuple[Path, bool], *, name: str, runs_dir: Path | None, json_lines: bool) -> None:
    """End the token NAME, at once."""
    _tokens(runs_dir or given[0]).revoke(name)
    click.echo(json.dumps({"revoked": name}) if json_lines or given[1] else f'The token "{name}" has ended.')


@command.command("list", short_help="List the named tokens.", epilog="Example: wnn token list --json")
@same_options
@click.pass_obj
def list_tokens(given: tuple[Path, bool], *, runs_dir: Path | None, json_lines: bool) -> None:
    """List the named tokens, without the tokens themselves. The owner's first token is not among them."""
    found = _tokens(runs_dir or given[0]).all()
    if json_lines or given[1]:
        for entry in found:
            told = {"name": entry.name, "scope": entry.scope, "created": entry.created, "expires": entry.expires}
            click.echo(json.dumps(told))
        return
    for line in _table(found):
        click.echo(line)


def _tokens(runs_dir: Path) -> Tokens:
    from webnn.server.run_folder import check_runs_dir
    from webnn.server.tokens import Tokens

    check_runs_dir(runs_dir)
    return Tokens(runs_dir)


def _tell(token: str, json_lines: bool, **more: str) -> None:
    click.echo(json.dumps({"token": token, **more}) if json_lines else token)


def _table(found: Sequence[TokenEntry]) -> list[str]:
    from webnn.cli.spans import moment

    if not found:
        return ["There are no tokens but the owner's first."]
    rows = [(entry.name, str(entry.scope), moment(entry.created), moment(entry.expires)) for entry in found]
    return options.columns([("name", "scope", "made", "ends"), *rows])
