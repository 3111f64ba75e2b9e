"""Values as JSON takes them, and back by their types: a new kind of event needs no line here."""

from __future__ import annotations

import dataclasses
import math
import types
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np

_NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def plain(value: Any, leave_out: frozenset[str] = frozenset()) -> Any:
    """Make dataclasses mappings, arrays lists, and numbers without a word in JSON `{"not_finite": ...}`, at any depth.

    `leave_out` names fields of the outermost value that are not written.
    """
    if dataclasses.is_dataclass(value):
        fields = (field.name for field in dataclasses.fields(value) if field.name not in leave_out)
        return {name: plain(getattr(value, name)) for name in fields}
    if isinstance(value, float) and not math.isfinite(value):
        return {"not_finite": str(value)}
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value


def typed(hint: Any, value: Any, **more: Any) -> Any:
    """Make of what `plain` made a value of type `hint`; `more` are fields that were left out.

    Raises `KeyError`, `TypeError` or `ValueError` for what is not one.
    """
    if isinstance(value, dict) and value.keys() == {"not_finite"}:
        return _NOT_FINITE[value["not_finite"]]
    if get_origin(hint) in (Union, types.UnionType):
        return None if value is None else typed(_part(hint), value)
    if get_origin(hint) in (tuple, list):
        return get_origin(hint)(typed(get_args(hint)[0], each) for each in value)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        hints = _hints(hint)
        return hint(**{name: typed(hints[name], each) for name, each in value.items()}, **more)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    if isinstance(value, dict):
        return {name: typed(Any, each) for name, each in value.items()}
    return value


def _part(hint: Any) -> Any:
    """Find the type in `X | None`; Any where there are several."""
    parts = [part for part in get_args(hint) if part is not types.NoneType]
    return parts[0] if len(parts) == 1 else Any


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
