"""Options that several commands share."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from webnn.cli.environment import option
from webnn.cli.target import Target
from webnn.core.errors import WebNNError

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
DIRECTORY: Any = click.Path(path_type=Path, file_okay=False)
FILE: Any = click.Path(path_type=Path, exists=True, dir_okay=False)


def together(*decorators: Callable[[Any], Any]) -> Callable[[Decorated], Decorated]:
    """One decorator of several, shown in the help in the order given."""

    def decorate(function: Decorated) -> Decorated:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


def check_prefix(context: click.Context, parameter: click.Parameter, value: str) -> str:
    stripped = value.strip("/")
    return f"/{stripped}" if stripped else ""


address_options = together(
    option("--host", default="127.0.0.1", show_default=True, help="Address to listen on."),
    option("--lan", is_flag=True, help="Listen for the local network, and show a QR code for phones."),
    option("--public-url", metavar="URL", help="Address that volunteers use, where it is another (proxy, tunnel)."),
    option("--path-prefix", default="", metavar="/PATH", callback=check_prefix, help="Serve under this path."),
    option("--tls-cert", type=FILE, help="Certificate (PEM) for https; needs --tls-key."),
    option("--tls-key", type=FILE, help="The certificate's private key (PEM)."),
    option(
        "--embed-origin",
        "embed_origins",
        multiple=True,
        metavar="ORIGIN",
        help="A site whose pages may show runs in a frame, such as https://example.org. Repeatable.",
    ),
    option(
        "--trusted-proxy",
        "trusted_proxies",
        multiple=True,
        metavar="CIDR",
        help="A proxy whose X-Forwarded-For is believed, such as 127.0.0.1 or 10.0.0.0/8. Repeatable.",
    ),
    option("--password", metavar="TEXT", help="Ask volunteers for this; better given by its variable."),
    option("--invite-only", is_flag=True, help="Take only volunteers with a code of `wnn invite`, from the beginning."),
    option(
        "--sign-in",
        metavar="MODULE:FUNCTION",
        help="Your function that names whoever sent a request, or returns None to refuse: see docs/operator.md.",
    ),
)

port_type = click.IntRange(0, 65535)

data_dir_option = option(
    "--data-dir", type=DIRECTORY, help="Folder of the datasets' files [default: the user's cache folder]."
)

runs_dir_option = option(
    "--runs-dir", type=DIRECTORY, default=Path("runs"), show_default=True, help="Folder that runs are written to."
)


def complete_models(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Names of models, for the shell."""
    from webnn.cli.places import model_search
    from webnn.model.files import list_models

    return sorted(name for name in list_models(model_search()) if name.startswith(incomplete))


def complete_datasets(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Names of datasets, for the shell."""
    from webnn.cli.places import dataset_search
    from webnn.data.loading import list_datasets

    return sorted(name for name in list_datasets(dataset_search()) if name.startswith(incomplete))


def complete_rules(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Names of merge rules, for the shell."""
    from webnn.core.merging import merge_schema

    return sorted(name for name in merge_schema() if name.startswith(incomplete))


def complete_runs(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Ids of runs, for the shell: folders that have a run's configuration, or that of one that waits."""
    runs_dir = Path(context.params.get("runs_dir") or "runs")
    return sorted(
        {path.parent.name for name in ("config", "ticket") for path in runs_dir.glob(f"{incomplete}*/{name}.json")}
    )


def complete_models_and_runs(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Names of models and ids of runs, for the shell."""
    return [*complete_models(context, parameter, incomplete), *complete_runs(context, parameter, incomplete)]


run_argument = click.argument("run", required=False, shell_complete=complete_runs)


_token_option = option("--token", help="The owner's token there; better in the environment than in a command line.")
_ca_option = option("--ca", type=FILE, help="Certificate (PEM) to trust, where the server's own is not vouched for.")


def elsewhere_options(function: Decorated) -> Decorated:
    """`--server`, `--token` and `--ca` of a command that without them does its work here, handed over as `elsewhere`:
    None, or a `Target`. The runs folder that the command has besides stays its own argument.
    """

    @functools.wraps(function)
    def called(server: str | None, token: str | None, ca: Path | None, **values: Any) -> Any:
        elsewhere = None if server is None else Target(server, token, ca, Path("runs"))
        return function(elsewhere=elsewhere, **values)

    decorate = together(
        option("--server", metavar="URL", help="Address of a server that is to do it [default: it is done here]."),
        _token_option,
        _ca_option,
    )
    return cast(Decorated, decorate(called))


def target_options(function: Decorated) -> Decorated:
    """`--server`, `--token`, `--ca` and `--runs-dir`, handed over as one `target`."""

    @functools.wraps(function)
    def called(server: str | None, token: str | None, ca: Path | None, runs_dir: Path, **values: Any) -> Any:
        return function(target=Target(server, token, ca, runs_dir), **values)

    decorate = together(
        option("--server", metavar="URL", help="Address of the server [default: the live one of the runs folder]."),
        _token_option,
        _ca_option,
        runs_dir_option,
    )
    return cast(Decorated, decorate(called))


trained_argument = click.argument("run", shell_complete=complete_runs)
name_argument = click.argument("name", shell_complete=complete_models)

which_option = click.option(
    "--weights",
    "which",
    type=click.Choice(["best", "final"]),
    default="best",
    show_default=True,
    help="Weights that did best on the validation split, or the last ones.",
)

resume_option = option("--resume", is_flag=True, help="Go on with the model's newest run, unless it is finished.")
record_option = option("--record", is_flag=True, help="Keep every event and update, for `wnn replay`.")

set_option = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a setting of the model file, such as training.batchSize=32. Repeatable.",
)

seed_option = option("--seed", type=click.IntRange(0, 2**32 - 1), help="Seed of the run [default: drawn].")

json_option = click.option("--json", "json_lines", is_flag=True, help="Print JSON, one object a line, nothing else.")

run_options = together(run_argument, target_options, json_option)
"""What every command takes that is about one run of a server."""

webhook_options = together(
    option("--webhook", metavar="URL", help="POST to this address when a run ends, fails or stalls."),
    option("--webhook-secret", metavar="TEXT", help="Sign what is posted; better given by its variable."),
    option(
        "--stall-seconds",
        type=click.FloatRange(0),
        default=600.0,
        show_default=True,
        help="Seconds without a merge that count as a stall for --webhook; 0: never.",
    ),
)

logging_options = together(
    option(
        "--log-level",
        type=click.Choice(["debug", "info", "warning", "error"]),
        default="warning",
        show_default=True,
        help="What the server logs, on stderr.",
    ),
    option(
        "--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How it is logged."
    ),
)

open_option = option(
    "--open/--no-open", "open_page", default=None, help="Open the page [default: if there is a screen]."
)


def workers_option_with(default: int) -> Callable[[Decorated], Decorated]:
    help_text = "Volunteers to run on this machine."
    return option("--workers", type=click.IntRange(0, 256), default=default, show_default=True, help=help_text)


workers_option = workers_option_with(0)
one_worker_option = workers_option_with(1)

share_option = option(
    "--share",
    type=click.FloatRange(0.0, 1.0, min_open=True),
    default=1.0,
    show_default=True,
    help="Part of the time that workers on this machine work.",
)


train_options = together(
    address_options,
    option("--port", type=port_type, default=8888, show_default=True, help="Port to listen on; 0: any free one."),
    workers_option,
    share_option,
    open_option,
    option(
        "--merge",
        metavar="RULE",
        shell_complete=complete_rules,
        help="Merge rule, instead of the model's: average, weighted, mimic ...",
    ),
    set_option,
    data_dir_option,
    runs_dir_option,
    seed_option,
    record_option,
    webhook_options,
    json_option,
    logging_options,
)
"""What every command takes that begins a run."""

yes_option = click.option("--yes", "-y", is_flag=True, help="Do not ask.")


def confirm(question: str, yes: bool) -> None:
    """Ask before something is lost. Raises `click.Abort` for a no, `WebNNError("settings")` where nobody can answer."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise WebNNError("settings", f"{question} Nobody is there to ask: give --yes to say so.")
    click.confirm(question, abort=True, err=True)


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Align columns: the first, which has names, to the left, the others to the right."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
