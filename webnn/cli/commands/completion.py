"""`wnn completion SHELL`: what makes a shell complete commands, options, models and runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from webnn.cli import options

if TYPE_CHECKING:
    from click.shell_completion import ShellComplete

SHELLS = ("bash", "zsh", "fish")


WHERE = """\b
Where it goes:
  bash  eval "$(wnn completion bash)" in ~/.bashrc
  zsh   eval "$(wnn completion zsh)" in ~/.zshrc
  fish  wnn completion fish > ~/.config/fish/completions/wnn.fish"""


@click.command("completion", short_help="Print what makes a shell complete commands of wnn.", epilog=WHERE)
@click.argument("shell", type=click.Choice(SHELLS))
@options.json_option
def command(shell: str, json_lines: bool) -> None:
    """Print a script for SHELL, which completes commands, options, names of models and ids of runs."""
    from click.shell_completion import get_completion_class

    from webnn.cli.main import wnn

    found = get_completion_class(shell)
    assert found is not None
    completer: ShellComplete = found(wnn, {}, "wnn", "_WNN_COMPLETE")
    script = completer.source_template % completer.source_vars()
    click.echo(json.dumps({"shell": shell, "script": script}) if json_lines else script)
