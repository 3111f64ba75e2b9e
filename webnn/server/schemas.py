"""JSON Schema of Python types: typed dictionaries, lists, unions, enums, literals.

`Annotated[int, (("minimum", 0),)]` adds key words of JSON Schema.
"""

from __future__ import annotations

import inspect
import types
from enum import StrEnum
from functools import cache
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

Schema = dict[str, Any]

_PLAIN: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    Any: {},
}


@cache
def schema_of(kind: Any) -> Schema:
    """The schema of a type, complete in itself. What is returned must not be changed."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    if is_typeddict(kind):
        return _object(kind)
    if inspect.isclass(kind) and issubclass(kind, StrEnum):
        return {"type": "string", "enum": [member.value for member in kind]}
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return {**schema_of(arguments[0]), **{key: value for more in kind.__metadata__ for key, value in more}}
    if origin in (Required, NotRequired):
        return schema_of(arguments[0])
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is list:
        return {"type": "array", "items": schema_of(arguments[0])}
    if origin is dict:
        return _map(*arguments)
    if origin in (Union, types.UnionType):
        return {"anyOf": [schema_of(one) for one in arguments]}
    raise TypeError(f"no schema for {kind!r}")


def _object(kind: Any) -> Schema:
    hints = get_type_hints(kind, include_extras=True)
    schema = {
        "title": kind.__name__,
        "type": "object",
        "properties": {name: schema_of(hint) for name, hint in hints.items()},
        "required": [name for name, hint in hints.items() if get_origin(hint) is not NotRequired],
        "additionalProperties": False,
    }
    return schema | ({"description": inspect.getdoc(kind)} if kind.__doc__ else {})


def _map(key: Any, value: Any) -> Schema:
    schema: Schema = {"type": "object"}
    if key is not str:
        schema["propertyNames"] = schema_of(key)
    return schema if value is Any else schema | {"additionalProperties": schema_of(value)}
