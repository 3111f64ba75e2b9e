"""The environment variables that `wnn` reads: `WNN_` and the option's name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from webnn.core.errors import WebNNError
from webnn.core.words import did_you_mean

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

OPTIONS = frozenset(
    {
        "WNN_AT_MOST",
        "WNN_CA",
        "WNN_CODE",
        "WNN_COUNT",
        "WNN_DATA_DIR",
        "WNN_EMBED_ORIGIN",
        "WNN_HOST",
        "WNN_INVITE_ONLY",
        "WNN_LAN",
        "WNN_LOG_FORMAT",
        "WNN_LOG_LEVEL",
        "WNN_MEMORY",
        "WNN_MERGE",
        "WNN_NAME",
        "WNN_OPEN",
        "WNN_PASSWORD",
        "WNN_PATH_PREFIX",
        "WNN_PORT",
        "WNN_PUBLIC_URL",
        "WNN_RECORD",
        "WNN_RESUME",
        "WNN_RUNS_DIR",
        "WNN_SEED",
        "WNN_SERVER",
        "WNN_SHARE",
        "WNN_SIGN_IN",
        "WNN_STALL_SECONDS",
        "WNN_TLS_CERT",
        "WNN_TLS_KEY",
        "WNN_TOKEN",
        "WNN_TRUSTED_PROXY",
        "WNN_WEBHOOK",
        "WNN_WEBHOOK_SECRET",
        "WNN_WORKERS",
    }
)
"""Every variable that stands for an option of some command. A test holds it against the commands themselves."""


def option(*declarations: str, **attributes: Any) -> Callable[[Decorated], Decorated]:
    """`click.option`, with the environment variable `WNN_NAME` for a long option `--name`, named in the help."""
    long_name = next(name for name in declarations if name.startswith("--")).split("/")[0]
    variable = "WNN_" + long_name.removeprefix("--").upper().replace("-", "_")
    return click.option(*declarations, envvar=variable, show_envvar=True, **attributes)


def check_environment(environment: Mapping[str, str]) -> None:
    """Raise `WebNNError` ("settings") for a `WNN_` variable that no option has: a typo would be silently ignored.

    Variables for tests (`WNN_TEST_...`) and other people's purposes with an underscore first are let be.
    """
    for name in environment:
        if name.startswith("WNN_") and not name.startswith("WNN_TEST_") and name not in OPTIONS:
            raise WebNNError("settings", f"The environment variable {name} sets nothing.{did_you_mean(name, OPTIONS)}")
