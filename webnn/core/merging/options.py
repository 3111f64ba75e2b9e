"""Checking the options of a merge rule, as an owner wrote them."""

from __future__ import annotations

from collections.abc import Mapping

from webnn.core.errors import WebNNError
from webnn.core.words import did_you_mean


def refuse_unknown(rule: str, options: Mapping[str, object], known: tuple[str, ...] = ()) -> None:
    """Raise `WebNNError("settings")` for an option that `rule` does not have."""
    for key in options:
        if key not in known:
            hint = did_you_mean(key, known) if known else " It takes no options."
            raise WebNNError("settings", f'merge.{rule} has no option "{key}".{hint}')


def choice(rule: str, options: Mapping[str, object], key: str, choices: tuple[str, ...]) -> str:
    """Read one of `choices`, the first of them when the option is absent."""
    value = options.get(key, choices[0])
    if not isinstance(value, str) or value not in choices:
        raise WebNNError("settings", f"merge.{rule}.{key} must be one of {', '.join(choices)}, not {value!r}.")
    return value
