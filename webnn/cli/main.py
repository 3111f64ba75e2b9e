"""`wnn`: the group of commands, and what becomes of their errors."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from webnn import __version__
from webnn.cli.environment import check_environment
from webnn.cli.exits import ExitCode, exit_code_of
from webnn.cli.group import LazyGroup
from webnn.cli.pipes import forget_stdout
from webnn.core.errors import WebNNError


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `wnn demo`. Most options have an environment variable, which `wnn COMMAND --help` names.",
)
@click.version_option(__version__, "--version", "-V", prog_name="wnn", message="%(prog)s %(version)s")
def wnn() -> None:
    """Train one neural network in many volunteers' browsers."""


def run(arguments: Sequence[str]) -> int:
    """Run one command line. Returns the exit code; errors that a person can mend are said on stderr, in a paragraph."""
    try:
        check_environment(os.environ)
        result = wnn.main(list(arguments), prog_name="wnn", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return ExitCode.INTERRUPTED
    except WebNNError as error:
        click.echo(f"wnn: {error}", err=True)
        return exit_code_of(error.code)
    except BrokenPipeError:  # `wnn list | head`
        forget_stdout()
        return ExitCode.FAILED
    return result if isinstance(result, int) else ExitCode.OK


def main() -> NoReturn:
    sys.exit(run(sys.argv[1:]))
