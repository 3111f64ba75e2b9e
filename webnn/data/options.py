"""Reading a dataset module's options with errors that help."""

from __future__ import annotations

from collections.abc import Mapping

from webnn.core.errors import WebNNError
from webnn.core.words import did_you_mean


def read_options(options: Mapping[str, object], defaults: Mapping[str, object]) -> dict[str, object]:
    """`defaults` with `options` laid over them. Raises `WebNNError("invalid_dataset")` for an unknown option (naming
    the nearest known one) and for a value that is not of its default's type; an integer serves where a float is wanted.
    """
    merged = dict(defaults)
    for name, value in options.items():
        if name not in defaults:
            raise WebNNError(
                "invalid_dataset",
                f'The dataset has no option "{name}" (value {value!r}).{did_you_mean(name, defaults)}',
            )
        merged[name] = _fitted(name, value, defaults[name])
    return merged


def _fitted(name: str, value: object, default: object) -> object:
    wanted = type(default)
    if default is None or type(value) is wanted:
        return value
    if wanted is float and type(value) is int:
        return float(value)
    raise WebNNError(
        "invalid_dataset",
        f'The dataset\'s option "{name}" must be of type {wanted.__name__} (by default {default!r}), not {value!r}.',
    )
